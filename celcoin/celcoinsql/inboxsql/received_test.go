package inboxsql_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// The receiver took some of the webhooks and its answers were lost, so that
// Celcoin calls all of them pending: those alone are left to recover.
func TestARecoveryLeavesOutWhatTheInboxHas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := databases[0]
		db := d.open(t, d.dsn(t))
		in := inboxsql.New(db, d.dialect, effect)
		now := time.Now()
		server := celcointest.NewServer(t, celcointest.WithReceiver(inbox.NewHandler(in.Process)))
		require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, 60, now.Add(-time.Hour), now))
		client, err := server.Client()
		require.NoError(t, err)
		for _, w := range server.Webhooks()[:20] {
			require.NoError(t, inbox.Deliver(in.Process)(t.Context(), celcoin.Webhook{Request: w.Request}))
		}
		recoverer, err := recovery.New(client, recovery.WithReceived(in.Received))
		require.NoError(t, err)
		plan, err := recoverer.Plan(t.Context(), recovery.Request{
			Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, From: now.Add(-time.Hour), To: now.Add(time.Minute),
		})
		require.NoError(t, err)
		assert.Equal(t, 40, plan.Items)
		report, err := recoverer.Run(t.Context(), plan)
		require.NoError(t, err)
		require.NoError(t, report.Err())
		counts := effects(t, db)
		assert.Len(t, counts, 60)
		for id, n := range counts {
			assert.Equal(t, 1, n, id)
		}
	})
}
