package ceffu_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

// missed starts a Ceffu that has given up on n notifications of each event type
// of one webhook.
func missed(tb testing.TB, n int, receiver http.Handler, opts ...ceffutest.Option) (*ceffutest.Server, ceffu.ResendRequest) {
	tb.Helper()
	server := ceffutest.NewServer(tb, append([]ceffutest.Option{ceffutest.WithReceiver(receiver)}, opts...)...)
	hook, err := server.AddWebhook(ceffutest.Webhook{ID: testWebhookID})
	require.NoError(tb, err)
	for _, event := range ceffu.EventTypes() {
		require.NoError(tb, server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, EventType: event, Count: n}))
	}
	return server, ceffu.ResendRequest{WebhookID: hook.ID, EventType: ceffu.DepositSuccess, From: server.Now().Add(-2 * time.Hour)}
}

// counting is a receiver that is up.
type counting struct{ n atomic.Int64 }

func (c *counting) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	c.n.Add(1)
	w.WriteHeader(http.StatusOK)
}

func TestEveryMissedNotificationArrivesOverTLS(t *testing.T) {
	t.Parallel()
	var receiver counting
	url := httptest.NewServer(&receiver)
	t.Cleanup(url.Close)
	server := ceffutest.NewServer(t, ceffutest.WithTLS())
	hook, err := server.AddWebhook(ceffutest.Webhook{URL: url.URL})
	require.NoError(t, err)
	c, err := server.Client()
	require.NoError(t, err)
	for i, event := range ceffu.EventTypes() {
		require.NoError(t, server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, EventType: event, Count: 5}))
		result, err := c.ResendWebhooks(t.Context(), ceffu.ResendRequest{
			WebhookID: hook.ID, EventType: event, From: time.Now().Add(-2 * time.Hour),
		})
		require.NoError(t, err)
		assert.True(t, result.Accepted)
		server.Settle()
		assert.EqualValues(t, 5*(i+1), receiver.n.Load())
	}
	require.Len(t, server.Requests(), 4)
	assert.Equal(t, "HTTP/2.0", server.Requests()[0].Proto)
}

func TestTheClientComesThroughWhatCeffuDoes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		options    []ceffutest.Option
		faults     []ceffutest.Fault
		skew       time.Duration // of the server's clock to ours
		requests   int
		processed  int // of these
		categories []error
	}{
		"nothing": {requests: 1, processed: 1},
		"a clock that is 10 minutes ahead": {
			skew: 10 * time.Minute, requests: 2, processed: 1,
		},
		"a clock that is 10 minutes behind, told inside a 200": {
			options: []ceffutest.Option{ceffutest.WithBusinessErrorsIn200(true)}, skew: -10 * time.Minute, requests: 2, processed: 1,
		},
		"an outage": {
			faults: []ceffutest.Fault{{Status: 502, Body: []byte("<html>"), Times: 3}}, requests: 4, processed: 1,
		},
		"a rate limit with a hint": {
			faults: []ceffutest.Fault{{Code: "G20012", RetryAfter: "20"}}, requests: 2, processed: 1,
		},
		"a rate limit inside a 200": {
			faults: []ceffutest.Fault{{Code: "G20012", Status: 200}}, requests: 2, processed: 1,
		},
		"a lost answer: it is asked again": {
			faults: []ceffutest.Fault{{Reset: true, Processed: true}}, requests: 2, processed: 2,
		},
		"a cut answer: it is asked again": {
			faults: []ceffutest.Fault{{CutBody: true, Processed: true}}, requests: 2, processed: 2,
		},
		"nothing but lost answers": {
			faults: []ceffutest.Fault{{Reset: true, Processed: true, Times: -1}}, requests: 4, processed: 4,
			categories: []error{ceffu.ErrOutcomeUnknown},
		},
		"a hang": {
			faults: []ceffutest.Fault{{Hang: true}}, requests: 2, processed: 1,
		},
		"a duplicate": {
			faults: []ceffutest.Fault{{Code: "G20015"}}, requests: 2, processed: 1,
		},
		"no permission": {
			options: []ceffutest.Option{ceffutest.WithoutPermission()}, requests: 1, categories: forbidden,
		},
		"an address that is not allowed": {
			options: []ceffutest.Option{ceffutest.WithAllowedIPs()}, requests: 1, categories: forbidden,
		},
		"another key": {
			options: []ceffutest.Option{ceffutest.WithKey(testKey())}, requests: 1, categories: badSignature,
		},
		"a redirect": {
			faults: []ceffutest.Fault{{RedirectTo: "https://elsewhere.example"}}, requests: 1, categories: none,
		},
		"garbage": {
			faults: []ceffutest.Fault{{Garbage: []byte("\x00\x01\x02\r\n\r\n"), Times: -1}}, requests: 4,
			categories: []error{ceffu.ErrOutcomeUnknown},
		},
		"a gzip bomb": {
			faults: []ceffutest.Fault{{Bomb: 64 << 20}}, requests: 1, categories: inDoubt,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var receiver counting
				clock := ceffutest.WithClock(func() time.Time { return time.Now().Add(tt.skew) })
				server, req := missed(t, 3, &receiver, append(tt.options, clock)...)
				for _, fault := range tt.faults {
					require.NoError(t, server.Inject(fault))
				}
				creds := server.Credentials()
				if creds.Signer != nil { // the server expects another key than its own
					creds = ceffutest.NewServer(t).Credentials()
				}
				c, err := ceffu.New(creds, ceffu.WithBaseURL(server.URL), through(server.Transport()))
				require.NoError(t, err)
				_, err = c.ResendWebhooks(t.Context(), req)
				if tt.categories == nil {
					require.NoError(t, err)
				} else {
					require.Error(t, err)
					assertCategories(t, err, tt.categories)
				}
				server.Settle()
				requests := server.Requests()
				assert.Len(t, requests, tt.requests)
				var processed int
				for _, r := range requests {
					if r.Processed {
						processed++
					}
				}
				assert.Equal(t, tt.processed, processed)
				assert.EqualValues(t, 3*min(tt.processed, 1), receiver.n.Load(), "notifications that arrived")
			})
		})
	}
}

func TestACallCancelledAtCeffuIsInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, req := missed(t, 1, &counting{})
		require.NoError(t, server.Inject(ceffutest.Fault{Hang: true, Processed: true}))
		c, err := server.Client()
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err = c.ResendWebhooks(ctx, req)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ceffu.ErrOutcomeUnknown)
	})
}
