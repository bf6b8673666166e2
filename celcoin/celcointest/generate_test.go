package celcointest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestMissedWebhooksArePlausibleAndVisiblyFalse(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon), WithReceiver(http.NotFoundHandler()))
	from := noon.Add(-2 * time.Hour)
	entities := append(celcoin.PixEntities(), celcoin.EntityOnboardingCreate)
	for _, entity := range entities {
		require.NoError(t, s.AddMissed(entity, 50, from, noon))
	}
	webhooks := s.Webhooks()
	require.Len(t, webhooks, 50*len(entities))
	ids, digits, statuses := map[string]bool{}, map[int]bool{}, map[int]bool{}
	for _, w := range webhooks {
		ids[w.ID] = true
		statuses[w.HTTPStatusCode] = true
		digits[len(showDate(w.Created, true))] = true
		assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, w.ID)
		assert.Regexp(t, `^000\d{8}$`, w.Filter.DocumentNumber)
		assert.Regexp(t, `^999\d{9}$`, w.Filter.Account)
		assert.False(t, w.Created.Before(from) || !w.Created.Before(noon))
		assert.Equal(t, celcoin.StatusPending, w.Status)

		var payload struct {
			Entity    celcoin.Entity  `json:"entity"`
			WebhookID string          `json:"webhookId"`
			Body      json.RawMessage `json:"body"`
		}
		require.NoError(t, json.Unmarshal([]byte(w.Request), &payload))
		assert.Equal(t, w.Entity, payload.Entity)
		assert.Equal(t, w.ID, payload.WebhookID)
		assert.Contains(t, string(payload.Body), w.Filter.Account)
		for _, name := range regexp.MustCompile(`"name":"[^"]*"`).FindAllString(string(payload.Body), -1) {
			assert.Contains(t, name, " de Teste")
		}
		again, ok := s.Webhook(w.ID)
		assert.True(t, ok)
		assert.Equal(t, w, again)
	}
	assert.Len(t, ids, len(webhooks))
	assert.Equal(t, map[int]bool{0: true, 500: true, 503: true}, statuses, "down in every way")
	assert.Equal(t, map[int]bool{20: true, 24: true, 28: true}, digits, "fractions of 0, 3 and 7 digits")
}

func TestTheSameSeedGivesTheSameWebhooks(t *testing.T) {
	t.Parallel()
	world := func(seed uint64) []Webhook {
		s := NewServer(t, at(noon), WithSeed(seed))
		s.Add(Webhook{Entity: celcoin.EntityPixPaymentOut})
		require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentIn, 20, noon.Add(-time.Hour), noon))
		return s.Webhooks()
	}
	once, again, other := world(1), world(1), world(2)
	assert.Equal(t, once, again)
	assert.NotEqual(t, once[0].ID, other[0].ID)
}

func TestGeneratedWebhooksOfAnyKind(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	hour := noon.Add(-time.Hour)
	require.NoError(t, s.Generate(Batch{Product: celcoin.ProductBaaS, Entity: celcoin.EntityKYC, Count: 3, From: hour, To: noon, Status: celcoin.StatusSent}))
	require.NoError(t, s.Generate(Batch{Count: 4, From: noon, To: noon, Status: "CANCELADO"}))
	require.NoError(t, s.Generate(Batch{From: noon, To: noon}))
	w := direct(t, s)
	page := w.get("/baas/v2/webhook/replay/kyc/details" + day()).page(t)
	assert.Len(t, page.WebhookDetails, 3)
	assert.Equal(t, celcoin.StatusSent, page.WebhookDetails[0].Status)
	assert.Equal(t, 200, *page.WebhookDetails[0].HTTPStatusCode)
	page = w.get(paymentIn + "/details" + day()).page(t)
	assert.Len(t, page.WebhookDetails, 4)
	assert.Equal(t, celcoin.Status("CANCELADO"), page.WebhookDetails[3].Status)
	assert.Zero(t, s.Pending(""))

	for _, wrong := range []Batch{{Count: -1, From: hour, To: noon}, {Count: 1}, {Count: 1, From: noon, To: hour}} {
		assert.ErrorContains(t, s.Generate(wrong), "celcointest: generate: ")
	}
}

func TestGeneratedWebhooksAreFoundByFilter(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentOut, 500, noon.Add(-time.Hour), noon))
	w := direct(t, s)
	wanted := s.Webhooks()[321]
	for _, query := range []string{
		"webhookId=" + wanted.ID, "id=" + wanted.Filter.ID, "account=" + wanted.Filter.Account,
		"documentNumber=" + wanted.Filter.DocumentNumber, "clientRequestId=" + wanted.Filter.ClientRequestID,
	} {
		assert.Equal(t, []string{wanted.ID}, w.get(paymentOut+"/details"+day(query)).page(t).ids(), query)
	}
	assert.Equal(t, 0, w.get(paymentIn+day("webhookId="+wanted.ID)).total(t), "of another entity")
}

// BenchmarkStart measures start-up and end.
func BenchmarkStart(b *testing.B) {
	for name, opt := range map[string]Option{"plain": WithSeed(0), "tls": WithTLS()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, err := Start(opt)
				if err != nil {
					b.Fatal(err)
				}
				s.Close()
			}
		})
	}
}
