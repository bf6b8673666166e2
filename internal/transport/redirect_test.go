package transport_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// TestARedirectIsAnAnswer: net/http would take the signature and the API key
// along to wherever it points.
func TestARedirectIsAnAnswer(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{300, 301, 302, 303, 307, 308} {
		for _, location := range []string{"%elsewhere%", "/login", "ht\ttp://%zz:-1", ""} {
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", strings.Replace(location, "%elsewhere%", elsewhere.URL, 1))
				w.WriteHeader(status)
				_, _ = w.Write([]byte("moved"))
			})
			for _, method := range []string{http.MethodGet, http.MethodPut} {
				call := put(t, server.URL, transport.NonIdempotent)
				call.Method = method
				out := newClient(hasty(wireTransport(t))).Do(t.Context(), call)
				require.NoError(t, out.Err)
				assert.Equal(t, status, out.Response.Status)
				assert.Equal(t, "moved", string(out.Response.Body))
				assert.Equal(t, transport.Refused, out.Kind)
				assert.False(t, out.InDoubt)
			}
			assert.EqualValues(t, 2, server.requests.Load())
		}
	}
	assert.Zero(t, elsewhere.requests.Load(), "nothing is sent elsewhere")
}
