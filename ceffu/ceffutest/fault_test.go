package ceffutest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

func TestFaultsSpeakCeffu(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  ceffutest.Fault
		opts   []ceffutest.Option
		status int
		body   string
	}{
		{"a code has the status that the server gives it", ceffutest.Fault{Code: "G20001"}, nil, 500, refused("G20001", "Internal system error")},
		{"and under the other reading 200", ceffutest.Fault{Code: "G20001"}, []ceffutest.Option{ceffutest.WithBusinessErrorsIn200(true)}, 200, refused("G20001", "Internal system error")},
		{"or what was asked for", ceffutest.Fault{Code: "G20001"}, []ceffutest.Option{ceffutest.WithStatus("G20001", 503)}, 503, refused("G20001", "Internal system error")},
		{"a status wins", ceffutest.Fault{Code: "G20012", Status: 418}, nil, 418, refused("G20012", "Rate limit exceeded")},
		{"an unknown code passes", ceffutest.Fault{Code: "G29999"}, nil, 200, refused("G29999", "Business error")},
		{"a message replaces the code's", ceffutest.Fault{Code: "G20013", Message: "no"}, nil, 403, refused("G20013", "no")},
		{"401 alone", ceffutest.Fault{Status: 401}, nil, 401, refused("G20010", "Invalid API Key")},
		{"403 alone", ceffutest.Fault{Status: 403}, nil, 403, refused("G20016", "No permission access this endpoint")},
		{"429 alone", ceffutest.Fault{Status: 429}, nil, 429, refused("G20012", "Rate limit exceeded")},
		{"503 alone", ceffutest.Fault{Status: 503}, nil, 503, refused("G20001", "Internal system error")},
		{"a message alone", ceffutest.Fault{Message: "no"}, nil, 400, refused("G20002", "no")},
		{"no token can be revoked", ceffutest.Fault{RevokeToken: true}, nil, 200, success},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, clock := open(t, up, test.opts...)
			require.NoError(t, server.Inject(test.fault))
			got := ask(t, server, clock, "1", noon)
			assert.Equal(t, test.status, got.status)
			assert.Equal(t, test.body, got.body)
			assert.NotEmpty(t, got.header.Get("x-request-id"))
			assert.Equal(t, success, ask(t, server, clock, "1", noon).body)
		})
	}
}

// witness is a testing.TB that notes whether it failed.
type witness struct {
	testing.TB
	said string
}

func (w *witness) Error(args ...any) { w.said = fmt.Sprint(args...) }

func TestAFaultThatContradictsItselfFailsTheTest(t *testing.T) {
	t.Parallel()
	const want = "ceffutest: inject: fault: Reset and Code exclude each other"
	w := &witness{TB: t}
	server := ceffutest.NewServer(w)
	require.EqualError(t, server.Inject(ceffutest.Fault{Reset: true, Code: "G20001"}), want)
	assert.Equal(t, want, w.said)

	program, err := ceffutest.Start()
	require.NoError(t, err)
	t.Cleanup(program.Close)
	require.EqualError(t, program.Inject(ceffutest.Fault{Reset: true, Code: "G20001"}), want)
}

func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	t.Cleanup(receiver.Close)
	server := ceffutest.NewServer(t, ceffutest.WithSeed(7))
	require.NoError(t, server.Inject(ceffutest.Fault{Status: 503, Probability: 0.2}))
	client, err := server.Client(ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond, MaxRetries: 20}))
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		hook, err := server.AddWebhook(ceffutest.Webhook{URL: receiver.URL})
		require.NoError(t, err)
		wg.Go(func() {
			for range 5 {
				added := server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, Count: 2})
				_, resent := client.ResendWebhooks(t.Context(), ceffu.ResendRequest{
					WebhookID: hook.ID, EventType: ceffu.DepositSuccess, From: server.Now().Add(-2 * time.Hour),
				})
				if err := errors.Join(added, resent); err != nil {
					t.Error(err)
				}
				server.Webhooks()
				server.Requests()
			}
		})
	}
	wg.Wait()
	server.Settle()
	assert.EqualValues(t, 80, arrived.Load())
	assert.Equal(t, map[ceffutest.Status]int{ceffutest.StatusDelivered: 80}, tally(server))
}
