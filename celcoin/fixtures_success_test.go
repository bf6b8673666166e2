package celcoin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// answering is a client of a Celcoin that has one answer to every call.
func answering(t *testing.T, status int, body string) (*celcoin.Client, *fake) {
	t.Helper()
	f := &fake{call: []reply{says(status, body)}}
	return f.client(t), f
}

// utc is a moment of 2023, at half past.
func utc(month time.Month, day, hour int) time.Time {
	return time.Date(2023, month, day, hour, 30, 0, 0, time.UTC)
}

// summaries are the answers to a count or a replay that are successes of either.
var summaries = map[string]celcoin.ReplaySummary{
	"count-success.json":                {Entity: "onboarding-create", From: utc(10, 3, 9), To: utc(11, 3, 9), TotalItems: 5},
	"count-success-zero.json":           {Entity: "pix-payment-in", From: utc(11, 3, 9), To: utc(11, 3, 10), OnlyPending: true},
	"count-success-strings.json":        {Entity: "pix-payment-in", From: utc(11, 3, 9), To: utc(11, 3, 10), OnlyPending: true, TotalItems: 5},
	"count-success-missing-fields.json": {TotalItems: 5},
	"replay-success.json":               {Entity: "onboarding-create", From: utc(11, 3, 9), To: utc(11, 30, 9), TotalItems: 1},
	"replay-success-zero.json":          {Entity: "pix-payment-in", From: utc(11, 3, 9), To: utc(11, 3, 10)},
}

func TestACountAndAReplayDecodeEveryField(t *testing.T) {
	t.Parallel()
	for file, want := range summaries {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			c, mock := answering(t, 200, fixture(t, file))
			counted, err := c.CountWebhooks(t.Context(), somewhere)
			require.NoError(t, err)
			assert.Equal(t, want, *counted)
			replayed, err := c.ReplayWebhooks(t.Context(), one)
			require.NoError(t, err)
			assert.Equal(t, want, *replayed)
			assert.Len(t, mock.requests, 3, "token, count, replay")
		})
	}
}

func TestTheDocumentedPageDecodesEveryField(t *testing.T) {
	t.Parallel()
	c, _ := answering(t, 200, fixture(t, "details-success.json"))
	got, err := c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{})
	require.NoError(t, err)
	const payload = `{"entity":"pix-payment-out","createTimestamp":"2023-11-08T17:47:49.2665988","status":"CONFIRMED","body":{` +
		`"account":{"branch":"0001","account":"300540655630","name":"Nome Sobrenome","documentNumber":"04072747580"},` +
		`"onboardingId":"84c5fc12-c2e4-4582-9566-9b334a7486a0","clientCode":"100011","createDate":"2023-11-08T17:47:49.2665988"}}`
	assert.Equal(t, celcoin.Webhook{
		ID: "84c5fc12-c2e4-4582-9566-9b334a7486a0", Status: celcoin.StatusPending, HTTPStatusCode: 404,
		URL: "https://webhook.site/3bc30e7c-0cf6-427d-86c8-ba5ae044c4c7", Request: payload,
		Response: `{"success":false,"error":{"message":"Token not found","id":null}}`,
		Created:  celcoin.ParseTimestamp("2023-11-08T17:47:49.576Z"), LastUpdated: celcoin.ParseTimestamp("2023-11-08T18:02:50.237Z"),
		Filter: celcoin.Filter{DocumentNumber: "04072747580", Account: "300540655630", ClientRequestID: "100011"},
	}, got.Webhooks[0])
	assert.Equal(t, "9d7cd74a-ae11-402d-9562-8df18a3419e5 ENVIADO 200 09:33:37.714 74756495559/300540655671//100111", brief(got.Webhooks[1]))
	assert.Equal(t, "f933b0b1-86fa-4acd-b198-bdb9135da5ec ENVIADO 200 17:55:32.778 82203566183/300540655648//100012", brief(got.Webhooks[2]))
	got.Webhooks = nil
	assert.Equal(t, &celcoin.WebhookPage{
		ReplaySummary: celcoin.ReplaySummary{
			Entity: celcoin.EntityPixPaymentOut, From: utc(11, 3, 9), To: utc(11, 30, 9), TotalItems: 3,
		},
		Page: 1, TotalPages: 1, PageSize: 200, Limit: 200,
	}, got)
}

func TestNothingFoundIsAnEmptyPageAndACountOfNought(t *testing.T) {
	t.Parallel()
	q := somewhere
	q.OnlyPending = new(true)
	for file, status := range map[string]int{
		"details-cbe238-nothing-found.json": 404,
		"details-empty-list.json":           200,
		"details-list-null.json":            200,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			c, mock := answering(t, status, fixture(t, file))
			var resp celcoin.Response
			page, err := c.ListWebhooks(t.Context(), q, celcoin.PageOptions{Page: 1, PageSize: 50}, celcoin.WithResponse(&resp))
			require.NoError(t, err)
			assert.Empty(t, page.Webhooks)
			assert.Equal(t, []int{1, 0, 0}, []int{page.Page, page.TotalPages, page.TotalItems})
			assert.Equal(t, status, resp.StatusCode)
			count, err := c.CountWebhooks(t.Context(), q)
			require.NoError(t, err)
			assert.Zero(t, count.TotalItems)
			ids, err := collect(t, c.Webhooks(t.Context(), q))
			require.NoError(t, err)
			assert.Empty(t, ids)
			assert.Len(t, mock.requests, 4, "a token, and no retries")
		})
	}
	t.Run("where the answer has no summary, it is that of the question", func(t *testing.T) {
		t.Parallel()
		c, _ := answering(t, 404, fixture(t, "details-cbe238-nothing-found.json"))
		page, err := c.ListWebhooks(t.Context(), q, celcoin.PageOptions{Page: 7, PageSize: 50, Limit: 9})
		require.NoError(t, err)
		asked := celcoin.ReplaySummary{Entity: q.Entity, From: q.From, To: q.To, OnlyPending: true}
		assert.Equal(t, &celcoin.WebhookPage{ReplaySummary: asked, Page: 7, PageSize: 50, Limit: 9}, page)
		count, err := c.CountWebhooks(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, asked, *count)
	})
	t.Run("but a replay of nothing is not found", func(t *testing.T) {
		t.Parallel()
		c, mock := answering(t, 404, fixture(t, "details-cbe238-nothing-found.json"))
		_, err := c.ReplayWebhooks(t.Context(), one)
		require.ErrorIs(t, err, celcoin.ErrNotFound)
		require.NotErrorIs(t, err, celcoin.ErrOutcomeUnknown)
		assert.Len(t, mock.requests, 2)
	})
}
