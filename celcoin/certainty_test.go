package celcoin_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// through is an http.RoundTripper of a function.
type through func(*http.Request) (*http.Response, error)

func (f through) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

const aToken = `{"access_token":"a-token","expires_in":2400}`

func TestATransportThatRetriesByItselfLeavesAReplayInDoubt(t *testing.T) {
	t.Parallel()
	var processed atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = io.WriteString(w, aToken)
			return
		}
		processed.Add(1)
		conn, _, err := http.NewResponseController(w).Hijack()
		if assert.NoError(t, err) {
			assert.NoError(t, conn.Close())
		}
	}))
	t.Cleanup(server.Close)
	dead := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}}
	first := &http.Transport{}
	t.Cleanup(first.CloseIdleConnections)
	client, err := celcoin.New(celcoin.Credentials{ClientID: "client", ClientSecret: "secret"},
		celcoin.WithBaseURL(server.URL),
		celcoin.WithHTTPClient(&http.Client{Transport: through(func(r *http.Request) (*http.Response, error) {
			if resp, err := first.RoundTrip(r); err == nil {
				return resp, nil
			}
			r.Body, _ = r.GetBody()
			return dead.RoundTrip(r)
		})}))
	require.NoError(t, err)
	_, err = client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Entity: "kyc", WebhookID: "1"})
	require.ErrorIs(t, err, celcoin.ErrOutcomeUnknown)
	assert.EqualValues(t, 1, processed.Load(), "the failed second dial is no proof that the first try did not arrive")
}

func TestCallsThatWaitedForATokenKeepToTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := make(chan time.Time, 50)
		client, err := celcoin.New(celcoin.Credentials{ClientID: "client", ClientSecret: "secret"},
			celcoin.WithBaseURL(celcoin.SandboxURL), celcoin.WithRateLimit(1, 1),
			celcoin.WithHTTPClient(&http.Client{Transport: through(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost {
					<-time.After(time.Minute)
					return answer(aToken), nil
				}
				sent <- time.Now()
				return answer(`{"body":{"totalItems":0},"status":"SUCCESS"}`), nil
			})}))
		require.NoError(t, err)
		now := time.Now()
		for range 50 {
			go func() {
				_, err := client.CountWebhooks(t.Context(), celcoin.Query{Entity: "kyc", From: now, To: now})
				assert.NoError(t, err)
			}()
		}
		last := <-sent
		for range 49 {
			next := <-sent
			assert.GreaterOrEqual(t, next.Sub(last), time.Second)
			last = next
		}
	})
}

func TestANilContextIsAnArgumentThatIsMissing(t *testing.T) {
	t.Parallel()
	client, err := celcoin.New(celcoin.Credentials{ClientID: "client", ClientSecret: "secret"}, celcoin.WithBaseURL(celcoin.SandboxURL))
	require.NoError(t, err)
	var none context.Context
	_, err = client.ReplayWebhooks(none, celcoin.ReplayRequest{Entity: "kyc", WebhookID: "1"})
	require.EqualError(t, err, "celcoin: replay webhooks: ctx is nil: invalid request")
	require.ErrorIs(t, err, celcoin.ErrInvalidRequest)
}
