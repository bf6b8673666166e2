package celcoin_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/celcoin"
)

// hasty retries without much of a wait, for tests on real sockets.
var hasty = celcoin.WithRetryPolicy(celcoin.RetryPolicy{MinWait: time.Microsecond, MaxWait: time.Microsecond})

// abort breaks the connection off without an answer.
func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) } // how a handler breaks off

// half answers with less than it announces.
func half(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Write([]byte(`{"status":"SUCCESS","body":{`)) //nolint:errcheck // the connection breaks anyway
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
