package celcointest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestRowsThatNoClientExpects(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon), WithReceiver(new(receiver)))
	const never = "9999-12-31T23:59:59Z"
	long := strings.Repeat("x", 1<<20)
	s.Add(
		Webhook{ID: "dated", CreateDate: never},
		Webhook{ID: "a\x00b\n"},
		Webhook{ID: long},
		Webhook{ID: "hidden", NullID: true},
		Webhook{ID: "twice", PayloadStatus: "PROCESSING"},
		Webhook{ID: "twice"},
	)
	rows := direct(t, s).get(paymentIn + "/details" + day()).page(t).WebhookDetails
	require.Len(t, rows, 6)
	assert.Equal(t, never, rows[0].CreateDate)
	assert.Equal(t, "a\x00b\n", *rows[1].WebhookID)
	assert.Equal(t, long, *rows[2].WebhookID)
	assert.Nil(t, rows[3].WebhookID)
	assert.Equal(t, rows[4].WebhookID, rows[5].WebhookID)
	assert.Contains(t, rows[4].Request, `"status":"PROCESSING"`)
	assert.Contains(t, rows[5].Request, `"status":"CONFIRMED"`)
	assert.Equal(t, 2, direct(t, s).put(paymentIn+"?webhookId=twice", "").total(t))
	s.Settle()
}

func TestReceiversAnswersOfAnySize(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	long := strings.Repeat("<", 100<<10)
	require.NoError(t, s.Generate(Batch{Count: 200, From: noon.Add(-time.Hour), To: noon, Response: long}))
	got := direct(t, s).get(paymentIn + "/details" + day("OnlyPending=true"))
	assert.Greater(t, len(got.body), 16<<20)
	assert.Equal(t, 200, strings.Count(got.body, long))
}

// Two servers are two environments: each has its own credentials, tokens and webhooks.
func TestTwoEnvironmentsSideBySide(t *testing.T) {
	t.Parallel()
	production := NewServer(t, at(noon), WithCredentials("id", "of production"), WithReceiver(new(receiver)))
	sandbox := NewServer(t, at(noon), WithCredentials("id", "of the sandbox"), WithSeed(1), WithReceiver(new(receiver)))
	for _, s := range []*Server{production, sandbox} {
		require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentIn, 3, noon.Add(-time.Hour), noon))
	}
	there, here := direct(t, production), direct(t, sandbox)
	for _, id := range walk(there) {
		assert.Zero(t, here.put(paymentIn+"?webhookId="+id, "").total(t), "one environment does not know the other's ids")
	}
	here.token = there.token
	assert.Equal(t, codeTokenInvalid, here.get(paymentIn+day()).code(t))
	here.token = ""
	assert.Equal(t, 401, here.askToken(form(production.Credentials()).Encode(), urlencoded).status)
}
