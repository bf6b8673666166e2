package celcointest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestOneEntityMisbehavesAndTheOthersDoNot(t *testing.T) {
	t.Parallel()
	const kyc = "/baas/v2/webhook/replay/kyc"
	for name, tt := range map[string]struct {
		fault  Fault
		status int
		code   string
	}{
		"504":             {EntityTimesOut(celcoin.EntityKYC), 504, ""},
		"mute":            {EntityMute(celcoin.EntityKYC), 404, codeNothing},
		"no subscription": {EntityRefused(celcoin.EntityKYC, 404, codeSubscription), 404, codeSubscription},
		"not allowed":     {EntityRefused(celcoin.EntityKYC, 403, codeForbidden), 403, codeForbidden},
		"unknown":         {EntityRefused(celcoin.EntityKYC, 400, "CBE206"), 400, "CBE206"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := NewServer(t, at(noon), WithReceiver(new(receiver)))
			id := s.Add(Webhook{Product: celcoin.ProductBaaS, Entity: celcoin.EntityKYC, Created: noon})[0]
			w := direct(t, s)
			require.NoError(t, s.Inject(tt.fault))
			for _, got := range []answer{w.get(kyc + day()), w.get(kyc + "/details" + day()), w.put(kyc+"?webhookId="+id, "")} {
				assert.Equal(t, tt.status, got.status)
				assert.Equal(t, tt.code, got.code(t))
			}
			assert.Equal(t, 200, w.get("/baas/v2/webhook/replay/limit"+day()).status)
			s.ClearFaults()
			assert.Equal(t, 1, w.get(kyc+day()).total(t))
		})
	}
}

func TestAnEntityHangsUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	w := direct(t, s)
	require.NoError(t, s.Inject(EntityHangs(celcoin.EntityPixPaymentIn)))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+paymentIn+day(), nil)
	require.NoError(t, err)
	_, err = w.client.Do(r) //nolint:bodyclose // there is no answer
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, 200, w.get(paymentOut+day()).status)
}

func TestAnEntityOfTheOtherProductIsUnknown(t *testing.T) {
	t.Parallel()
	for path, known := range map[string]bool{
		"/common/v1/webhook/replay/PIX/pix-med-refund": true,
		"/common/v1/webhook/replay/PIX/kyc":            false,
		"/common/v1/webhook/replay/PIX/pix-payment-on": false,
		"/baas/v2/webhook/replay/kyc":                  true,
		"/baas/v2/webhook/replay/pix-payment-in":       true,
		"/baas/v2/webhook/replay/pix-med-refund":       false,
		"/common/v1/webhook/replay/OTHER/anything":     true,
	} {
		strict := direct(t, NewServer(t, at(noon), WithProducts("PIX", "BAAS", "OTHER")))
		got := strict.get(path + day())
		if known {
			assert.Zero(t, got.total(t), path)
		} else {
			assert.Equal(t, http.StatusBadRequest, got.status, path)
			assert.Equal(t, codeField, got.code(t), path)
		}
		lenient := direct(t, NewServer(t, at(noon), WithProducts("PIX", "BAAS", "OTHER"), WithUnknownEntityEmpty(true)))
		assert.Zero(t, lenient.get(path+day()).total(t), path)
	}
}

func TestBothBaaSPathsShowTheSame(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon), WithReceiver(new(receiver)))
	s.Add(Webhook{Product: celcoin.ProductBaaSV1, Entity: celcoin.EntityKYC, Created: noon})
	client, err := s.Client(celcoin.WithHTTPClient(&http.Client{Transport: s.Transport()}))
	require.NoError(t, err)
	for _, product := range []celcoin.Product{celcoin.ProductBaaS, celcoin.ProductBaaSV1} {
		q := celcoin.Query{Product: product, Entity: celcoin.EntityKYC, From: noon.Add(-time.Hour), To: noon}
		page, err := client.ListWebhooks(t.Context(), q, celcoin.PageOptions{})
		require.NoError(t, err)
		require.Len(t, page.Webhooks, 1)
		_, err = client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Product: product, Entity: q.Entity, WebhookID: page.Webhooks[0].ID})
		require.NoError(t, err)
	}
	requests := s.Requests()
	assert.Equal(t, "/baas-webhookmanager/v1/webhook/replay/kyc?webhookId="+s.Webhooks()[0].ID, requests[len(requests)-1].URL)
}
