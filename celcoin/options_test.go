package celcoin_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// What makes no sense is known to internal/transport, and tested there.
func TestAnOptionThatMakesNoSenseIsAnErrorOfNew(t *testing.T) {
	t.Parallel()
	sandbox := celcoin.WithBaseURL(celcoin.SandboxURL)
	for name, opts := range map[string][]celcoin.Option{
		"no base URL":           nil,
		"a password in the URL": {celcoin.WithBaseURL("https://u:planted@celcoin.example")},
		"no http client":        {sandbox, celcoin.WithHTTPClient(nil)},
		"no logger":             {sandbox, celcoin.WithLogger(nil)},
		"an empty certificate":  {sandbox, celcoin.WithClientCertificate(tls.Certificate{})},
		"a negative timeout":    {sandbox, celcoin.WithAttemptTimeout(-1)},
		"an empty user agent":   {sandbox, celcoin.WithUserAgent(" ")},
		"a certificate beside a transport": {
			sandbox, celcoin.WithClientCertificate(authority.issue(t, "x")), celcoin.WithHTTPClient(&http.Client{Transport: &fake{}}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := celcoin.New(creds, opts...)
			require.ErrorContains(t, err, "celcoin: ")
			assert.Nil(t, c)
			assert.NotContains(t, err.Error(), "planted")
			assert.Equal(t, 1, strings.Count(err.Error(), "celcoin:"))
		})
	}
}

func TestBothEnvironmentsAndNilOptionsAreTaken(t *testing.T) {
	t.Parallel()
	for _, base := range []string{celcoin.SandboxURL, celcoin.ProductionURL} {
		c, err := celcoin.New(creds, nil, celcoin.WithBaseURL(base), nil)
		require.NoError(t, err)
		assert.Equal(t, "celcoin.Client{"+strings.TrimPrefix(base, "https://")+"}", c.String())
		assert.Equal(t, c.String(), fmt.Sprintf("%+v", c))
	}
	f := &fake{}
	_, err := f.client(t).CountWebhooks(t.Context(), somewhere, nil, celcoin.WithResponse(nil), nil)
	require.NoError(t, err)
}

func TestWithTransportSeesEveryAttemptTheTokensToo(t *testing.T) {
	t.Parallel()
	f, seen := &fake{}, 0
	c := f.client(t, celcoin.WithTransport(func(base http.RoundTripper) http.RoundTripper {
		return through(func(r *http.Request) (*http.Response, error) {
			seen++
			return base.RoundTrip(r)
		})
	}))
	require.NoError(t, operations[0].do(t, c))
	assert.Equal(t, 2, seen)
	assert.Len(t, f.requests, 2)
}

func TestWithResponseShowsTheLastAnswer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		replies []reply
		want    celcoin.Response
		fails   bool
	}{
		"of a success": {
			[]reply{says(200, `{"status":"SUCCESS","body":{"totalItems":3}}`, "X-Request-Id", "r-1", "X-Other", "o")},
			celcoin.Response{StatusCode: 200, RequestID: "r-1", Attempts: 1, Body: []byte(`{"status":"SUCCESS","body":{"totalItems":3}}`)}, false,
		},
		"after a retry": {
			[]reply{says(500, "", "X-Request-Id", "first"), says(200, `{"status":"SUCCESS","body":{"totalItems":3}}`)},
			celcoin.Response{StatusCode: 200, Attempts: 2, Body: []byte(`{"status":"SUCCESS","body":{"totalItems":3}}`)}, false,
		},
		"of before the answer was lost": {
			[]reply{says(500, "x"), fails(errReset)},
			celcoin.Response{StatusCode: 500, Attempts: 4, Body: []byte("x")}, true,
		},
		"as it was, without an answer": {
			[]reply{fails(errReset)}, celcoin.Response{RequestID: "as it was"}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{call: tc.replies}
				got := celcoin.Response{RequestID: "as it was"}
				err := operations[0].do(t, f.client(t), celcoin.WithResponse(&got))
				assert.Equal(t, tc.fails, err != nil)
				if name == "of a success" {
					assert.Equal(t, "o", got.Header.Get("X-Other"))
				}
				got.Header = nil
				assert.Equal(t, tc.want, got)
			})
		})
	}
}

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
	assert.Len(t, s.calls(), 1, "the failed second dial does not prove that the first try did not arrive")
}
