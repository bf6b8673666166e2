package celcoin_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

// hasty retries without much of a wait, for tests on real sockets.
var hasty = celcoin.WithRetryPolicy(celcoin.RetryPolicy{MinWait: time.Microsecond, MaxWait: time.Microsecond})

// abort breaks the connection off without an answer.
func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) } //nolint:forbidigo // how a handler breaks off

// half answers with less than it announces.
func half(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Write([]byte(`{"status":"SUCCESS","body":{`)) //nolint:errcheck,gosec // the connection breaks anyway
}

func TestALostAnswerOverRealSockets(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		for name, handler := range map[string]http.HandlerFunc{"a reset": abort, "a cut body": half} {
			t.Run(name+", HTTP/2 "+strconv.FormatBool(http2), func(t *testing.T) {
				t.Parallel()
				s := newServer(t, handler, func(s *httptest.Server) {
					s.EnableHTTP2 = http2
					s.Config.ErrorLog = discardLog
					s.StartTLS()
				})
				c := s.client(t, hasty)
				err := operations[2].do(t, c)
				assertCategories(t, err, celcoin.ErrOutcomeUnknown)
				assert.Len(t, s.calls(), 1, "never repeated")

				err = operations[2].do(t, c, celcoin.WithAtLeastOnce())
				assertCategories(t, err, celcoin.ErrOutcomeUnknown)
				assert.Len(t, s.calls(), 5)

				assertCategories(t, operations[1].do(t, c))
				assert.Len(t, s.calls(), 9)
			})
		}
	}
}

// closedPort is an address of this machine where nothing listens. It is the
// near end of a connection, so that no other program can take it meanwhile.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String()
}

func TestARefusedConnectionIsNotInDoubt(t *testing.T) {
	t.Parallel()
	c, err := celcoin.New(celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"})},
		celcoin.WithBaseURL("http://"+closedPort(t)), hasty)
	require.NoError(t, err)
	err = operations[2].do(t, c)
	assertCategories(t, err, celcoin.ErrUnavailable)
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	assert.Equal(t, "dial", op.Op)
	assert.Contains(t, err.Error(), ", 4 attempts")
}

// A transport of the user's may be another http.Client, whose errors have the
// whole URL in their text.
func TestTheURLOfATransportsErrorIsTakenOff(t *testing.T) {
	t.Parallel()
	f := &fake{call: []reply{func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Put", URL: r.URL.String(), Err: errReset}
	}}}
	err := operations[2].do(t, f.client(t))
	require.ErrorIs(t, err, errReset)
	assert.Equal(t, "celcoin: replay webhooks: connection reset by peer, 1 attempt; it is unknown whether it was carried out", err.Error())
}
