package transport_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// TestARedirectIsAnAnswer: net/http would take the signature and the API key
// along to wherever it points.
func TestARedirectIsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, location string // of which %elsewhere% is another server
		status         int
	}{
		{"307 to another host", "%elsewhere%", http.StatusTemporaryRedirect},
		{"308 to another host", "%elsewhere%", http.StatusPermanentRedirect},
		{"301 to another host", "%elsewhere%", http.StatusMovedPermanently},
		{"302 to the same host", "/login", http.StatusFound},
		{"303 to the same host", "/login", http.StatusSeeOther},
		{"307 to what is no URL", "ht\ttp://%zz:-1", http.StatusTemporaryRedirect},
		{"307 to nowhere", "", http.StatusTemporaryRedirect},
		{"300 with choices", "%elsewhere%", http.StatusMultipleChoices},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			t.Run(method+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				elsewhere := serve(t, func(http.ResponseWriter, *http.Request) {})
				location := tt.location
				if location == "%elsewhere%" {
					location = elsewhere.URL
				}
				server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", location)
					w.WriteHeader(tt.status)
					_, _ = w.Write([]byte("moved"))
				})
				call := put(t, server.URL, transport.NonIdempotent)
				call.Method = method
				out := newClient(hasty(wireTransport(t))).Do(t.Context(), call)
				require.NoError(t, out.Err)
				assert.Equal(t, tt.status, out.Response.Status)
				assert.Equal(t, "moved", string(out.Response.Body))
				assert.Equal(t, transport.Refused, out.Kind)
				assert.False(t, out.InDoubt)
				assert.EqualValues(t, 1, server.requests.Load())
				assert.Zero(t, elsewhere.requests.Load(), "nothing is sent elsewhere")
			})
		}
	}
}
