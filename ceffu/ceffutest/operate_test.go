package ceffutest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

func TestAMiddlewareAnswersUnrecorded(t *testing.T) {
	t.Parallel()
	server, _ := open(t, up, ceffutest.WithMiddleware(func(http.Handler) http.Handler { return http.NotFoundHandler() }))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	response, err := server.HTTPClient().Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	assert.Empty(t, server.Requests())
}

func TestFaultsTellHowOftenTheyStruck(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up)
	require.NoError(t, server.Inject(ceffutest.Fault{Status: http.StatusServiceUnavailable, Times: 2}))
	ask(t, server, clock, "1", noon)
	armed := server.Faults()
	require.Len(t, armed, 1)
	assert.Equal(t, 1, armed[0].Seen)
	assert.Equal(t, 1, armed[0].Struck)
	assert.False(t, armed[0].Spent)
	assert.Equal(t, http.StatusServiceUnavailable, armed[0].Fault.Status)
}
