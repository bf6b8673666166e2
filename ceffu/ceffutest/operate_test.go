package ceffutest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
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

func TestAResendWithoutARequestDeliversWhatFailed(t *testing.T) {
	t.Parallel()
	server, _ := open(t, up)
	now := server.Now()
	require.NoError(t, server.AddFailed(ceffutest.Batch{WebhookID: hookID, EventType: ceffu.DepositFailed, Count: 4}))
	count, err := server.Resend(hookID, ceffu.DepositFailed, now.Add(-2*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, 4, count)
	server.Settle()
	assert.Equal(t, map[ceffutest.Status]int{ceffutest.StatusDelivered: 4}, tally(server))
	assert.Empty(t, server.Requests())

	_, err = server.Resend("7", ceffu.DepositFailed, now)
	require.ErrorContains(t, err, `no webhook "7"`)
}
