package ceffu_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/cost"
)

// What retries, checks, limits and errors cost a call in which they have nothing
// to do is bounded.
func TestAResendAllocatesLittleMoreThanAHandWrittenOne(t *testing.T) { //nolint:paralleltest // it counts for the whole process
	s := cost.Serve(t, cost.Same(success))
	f, req := newFloor(t, s.URL), testRequest()
	c, err := ceffu.New(testCredentials(), ceffu.WithBaseURL(s.URL))
	require.NoError(t, err)
	floor := cost.Of(t, func() error {
		return f.resend(t.Context(), req.WebhookID, string(req.EventType), req.From)
	})
	ours := cost.Of(t, func() error {
		result, err := c.ResendWebhooks(t.Context(), req)
		if err == nil && !result.Accepted {
			err = errNoSuccess
		}
		return err
	})
	t.Logf("floor %+v, ours %+v", floor, ours)
	assert.LessOrEqual(t, ours.Allocs-floor.Allocs, 15.0, "allocations")
	assert.LessOrEqual(t, ours.Bytes-floor.Bytes, 1024.0, "bytes")
}
