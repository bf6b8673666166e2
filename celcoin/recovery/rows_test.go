package recovery_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// 190 rows on a page of 200 are more than a client takes in one answer.
func TestPagesThatAreTooLargeAreAskedForInSmallerOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		require.NoError(t, s.server.Generate(celcointest.Batch{
			Count: 190, From: s.from, To: s.to, Response: strings.Repeat("x", 100<<10),
		}))
		report, err := s.recoverer(t).Recover(t.Context(), s.one("large"))
		drained(t, s, report, err)
		assert.Equal(t, 190, report.Totals.Delivered)
	})
}

// A page that takes a gateway too long is asked for in smaller ones as well.
func TestPagesThatAreTooSlowAreAskedForInSmallerOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 180)
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Operation: "details", Times: -1, Status: 504, DelayHeaders: 30 * time.Second, Match: sizeAbove(50),
		}))
		report, err := s.recoverer(t).Recover(t.Context(), s.one("slow"))
		drained(t, s, report, err)
		assert.Equal(t, 180, report.Totals.Delivered)
	})
}

// Such rows are one's own trouble: the rest of the window is recovered.
func TestRowsThatNoClientExpectsStopNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row  celcointest.Webhook
		lost bool // it cannot be asked for, or delivered
	}{
		"a date in the year 9999":        {celcointest.Webhook{CreateDate: "9999-12-31T23:59:59Z"}, false},
		"a date that is none":            {celcointest.Webhook{CreateDate: "yesterday"}, false},
		"a date in the year 1":           {celcointest.Webhook{CreateDate: "0001-01-01T00:00:00Z"}, false},
		"an id with a control character": {celcointest.Webhook{ID: "a\x00b\n\x1b[31m"}, true},
		"an id that is not UTF-8":        {celcointest.Webhook{ID: "a\xffb"}, true},
		"an id of a megabyte":            {celcointest.Webhook{ID: strings.Repeat("i", 1<<20)}, true},
		"no id":                          {celcointest.Webhook{NullID: true}, true},
		"an id of other alphabets":       {celcointest.Webhook{ID: "ção/?&#%20 +日本"}, false},
		"a payload that is not JSON":     {celcointest.Webhook{Request: "<xml>", ID: "xml"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t)
				s.miss(t, celcoin.EntityPixPaymentIn, 40)
				c.row.Created = s.from.Add(30 * time.Minute)
				s.server.Add(c.row)
				store := recovery.FileStore(t.TempDir())
				r := s.recoverer(t, recovery.WithStore(store))
				report, err := r.Recover(t.Context(), s.one("odd"))
				require.NoError(t, err)
				assert.Equal(t, 41, report.Totals.Planned)
				if c.lost {
					assert.Equal(t, recovery.StatePartial, report.State)
					assert.Equal(t, 40, report.Totals.Delivered)
					require.Len(t, report.Failures, 1)
					assert.NotEmpty(t, report.Failures[0].Error)
					assert.Less(t, len(report.Failures[0].ID), 1000)
				} else {
					drained(t, s, report, err)
				}
				n := 0
				for _, err := range r.Items(t.Context(), "odd") {
					require.NoError(t, err)
					n++
				}
				assert.Equal(t, 41, n)
			})
		})
	}
}

// What the client refuses to send is known not to have been sent.
func TestAWebhookThatCannotBeSentHasFailedForCertain(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]func(*celcoin.Client) error{
		"by our client": func(c *celcoin.Client) error {
			_, err := c.ReplayWebhooks(context.Background(), celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: "\x00"})
			return err
		},
		"by another": func(*celcoin.Client) error { return fmt.Errorf("the id: %w", celcoin.ErrInvalidRequest) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t)
				s.miss(t, celcoin.EntityPixPaymentIn, 20)
				api := &refusing{Client: s.client, id: s.server.Webhooks()[10].ID, err: refusal(s.client)}
				require.ErrorIs(t, api.err, celcoin.ErrInvalidRequest)
				r, err := recovery.New(api, recovery.WithSettle(10*time.Second))
				require.NoError(t, err)
				for range 2 { // also in a run that tries it again
					report, err := r.Recover(t.Context(), s.one("refused"))
					require.NoError(t, err)
					assert.Equal(t, recovery.StatePartial, report.State)
					assert.Equal(t, 19, report.Totals.Delivered)
					assert.Equal(t, 1, report.Totals.Failed)
					assert.Zero(t, report.Totals.Rejected, "Celcoin has not been asked")
					require.Len(t, report.Failures, 1)
					assert.Equal(t, api.id, report.Failures[0].ID)
					assert.Zero(t, report.Failures[0].Attempts)
					assert.NotEmpty(t, report.Failures[0].Error)
				}
			})
		})
	}
}

// refusing is a client that does not send one webhook's replays.
type refusing struct {
	*celcoin.Client
	id  string
	err error
}

func (r *refusing) ReplayWebhooks(ctx context.Context, req celcoin.ReplayRequest, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error) {
	if req.WebhookID == r.id {
		return nil, r.err
	}
	return r.Client.ReplayWebhooks(ctx, req, opts...)
}
