package celcoin_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
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

func TestATransportThatRetriesByItselfLeavesAReplayInDoubt(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, func(s *httptest.Server) {
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	})
	dead := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errRefused }}
	first := &http.Transport{}
	t.Cleanup(first.CloseIdleConnections)
	c := s.client(t, celcoin.WithHTTPClient(&http.Client{Transport: through(func(r *http.Request) (*http.Response, error) {
		if resp, err := first.RoundTrip(r); err == nil {
			return resp, nil
		}
		r.Body, _ = r.GetBody()
		return dead.RoundTrip(r)
	})}))
	_, err := c.ReplayWebhooks(t.Context(), one)
	require.ErrorIs(t, err, celcoin.ErrOutcomeUnknown)
	assert.Len(t, s.calls(), 1, "the failed second dial is no proof that the first try did not arrive")
}

func TestCallsThatWaitedForATokenKeepToTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent []time.Time
		f := &fake{
			token: []reply{after(time.Minute, says(200, `{"access_token":"t"}`))},
			call: []reply{func(r *http.Request) (*http.Response, error) {
				sent = append(sent, time.Now())
				return success200(r)
			}},
		}
		for _, err := range together(f.client(t, celcoin.WithRateLimit(1, 1)), background(t)) {
			require.NoError(t, err)
		}
		require.Len(t, sent, callers)
		for i := 1; i < callers; i++ {
			assert.GreaterOrEqual(t, sent[i].Sub(sent[i-1]), time.Second)
		}
	})
}
