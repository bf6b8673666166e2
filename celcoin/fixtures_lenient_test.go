package celcoin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// lenient are pages in which something is other than documented, with what has
// to come out of them all the same.
var lenient = map[string]func(*testing.T, *celcoin.WebhookPage){
	"details-null-fields.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 2)
		assert.Zero(t, p.Webhooks[0].HTTPStatusCode)
		assert.Empty(t, p.Webhooks[0].URL)
		assert.Empty(t, p.Webhooks[0].Response)
		assert.Equal(t, celcoin.Filter{}, p.Webhooks[0].Filter)
		assert.Equal(t, celcoin.StatusPending, p.Webhooks[0].Status)
		assert.Equal(t, celcoin.Webhook{ID: "00000000-0000-4000-8000-000000000002"}, p.Webhooks[1])
	},
	"details-missing-fields.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		assert.Equal(t, []celcoin.Webhook{{ID: "00000000-0000-4000-8000-000000000001"}, {}}, p.Webhooks)
	},
	"details-unknown-fields-and-status.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 1)
		assert.Equal(t, celcoin.Status("EM_PROCESSAMENTO"), p.Webhooks[0].Status)
		assert.Equal(t, "fake-1", p.Webhooks[0].Filter.ClientRequestID)
		assert.Equal(t, 1, p.TotalItems)
	},
	"details-status-code-as-string.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 4)
		for i, want := range []int{404, 0, 0, 200} {
			assert.Equal(t, want, p.Webhooks[i].HTTPStatusCode)
			assert.Equal(t, `{"success":false}`, p.Webhooks[i].Response, "the other fields are read all the same")
			assert.Equal(t, "2023-11-08T14:47:49.576Z", p.Webhooks[i].Created.Raw)
		}
	},
	"details-ids-as-numbers.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 1)
		assert.Equal(t, "9007199254740993", p.Webhooks[0].ID, "to the last digit")
		assert.Equal(t, celcoin.Filter{
			DocumentNumber: "0", Account: "9007199254740995", ID: "9007199254740997", ClientRequestID: "100011",
		}, p.Webhooks[0].Filter)
		assert.Equal(t, 500, p.Webhooks[0].HTTPStatusCode)
		assert.Equal(t, "https://receiver.example/webhooks", p.Webhooks[0].URL)
	},
	"details-counts-as-strings.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		assert.Equal(t, []int{1, 1, 200, 200, 1}, []int{p.Page, p.TotalPages, p.PageSize, p.Limit, p.TotalItems})
		assert.False(t, p.OnlyPending)
		assert.Len(t, p.Webhooks, 1)
	},
	"details-request-as-object.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 1)
		assert.JSONEq(t, `{"entity":"pix-payment-in","status":"CONFIRMED","body":{"id":9007199254740993}}`, p.Webhooks[0].Request)
		assert.Contains(t, p.Webhooks[0].Request, "9007199254740993", "as it came, not through a float")
		assert.JSONEq(t, `{"success":false}`, p.Webhooks[0].Response)
	},
	"details-response-html.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 1)
		assert.Contains(t, p.Webhooks[0].Response, "<html>\r\n<head><title>502 Bad Gateway")
	},
	"details-id-shapes.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 4)
		for i, want := range []string{
			"00000000-0000-4000-8000-000000000001", "0123456789abcdef0123456789abcdef",
			"fake/id with spaces?&#%2F", "7d413aa1-d02d-446e-99fd-e9a72dbd61253",
		} {
			assert.Equal(t, want, p.Webhooks[i].ID)
		}
	},
	"details-same-id-two-statuses.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 2)
		assert.Equal(t, p.Webhooks[0].ID, p.Webhooks[1].ID)
		assert.NotEqual(t, p.Webhooks[0].Status, p.Webhooks[1].Status)
	},
	"details-more-items-than-listed.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		assert.Len(t, p.Webhooks, 2)
		assert.Equal(t, 5, p.TotalItems)
		assert.Equal(t, 2, p.Limit)
	},
	"details-dates-without-suffix.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 3)
		for i, nanos := range []int{0, 576_000_000, 266_598_800} {
			assertMoment(t, time.Date(2023, 11, 8, 17, 47, 49, nanos, time.UTC), p.Webhooks[i].Created)
		}
	},
	"details-dates-fractions-of-0-3-7-digits.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 3)
		for i, nanos := range []int{0, 576_000_000, 266_598_800} {
			assertMoment(t, time.Date(2023, 11, 8, 14, 47, 49, nanos, time.UTC), p.Webhooks[i].Created)
		}
	},
	"details-dates-with-offset.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 1)
		for _, stamp := range []celcoin.Timestamp{p.Webhooks[0].Created, p.Webhooks[0].LastUpdated} {
			assertMoment(t, time.Date(2023, 11, 8, 17, 47, 49, 576_000_000, time.UTC), stamp)
		}
	},
	"details-dates-garbage.json": func(t *testing.T, p *celcoin.WebhookPage) {
		t.Helper()
		require.Len(t, p.Webhooks, 4)
		raws := []string{"ontem", "", "2023-13-45T99:99:99Z", "0001-01-01T00:00:00", "1699465669576", "false", "08/11/2023 14:47:49"}
		for i, want := range raws {
			stamp := p.Webhooks[i/2].Created
			if i%2 == 1 {
				stamp = p.Webhooks[i/2].LastUpdated
			}
			assert.Equal(t, want, stamp.Raw)
			assert.True(t, stamp.IsZero(), "%q", want)
		}
		assert.JSONEq(t, `{"$date":"2023-11-08"}`, p.Webhooks[3].LastUpdated.Raw)
		assert.Equal(t, "fake-4", p.Webhooks[3].Filter.ClientRequestID)
	},
}

func assertMoment(t *testing.T, want time.Time, got celcoin.Timestamp) {
	t.Helper()
	assert.True(t, want.Equal(got.Time), "%s was read as %s, not as %s", got.Raw, got.Time, want)
}

func TestAPageIsDecodedWhateverTheVendorChanges(t *testing.T) {
	t.Parallel()
	for file, check := range lenient {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			c, mock := answering(t, 200, fixture(t, file))
			p, err := c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{})
			require.NoError(t, err)
			check(t, p)
			assert.Equal(t, 2, mock.GetTotalCallCount())
		})
	}
}

func TestOddPagesOfOwnMaking(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want []celcoin.Webhook
	}{
		"a list that holds other things than objects": {
			`{"status":"SUCCESS","body":{"totalItems":4,"webhookDetails":["x",null,7,{"webhookId":"1"}]}}`,
			[]celcoin.Webhook{{}, {}, {}, {ID: "1"}},
		},
		"a list that is none": {`{"status":"SUCCESS","body":{"totalItems":4,"webhookDetails":{"0":{}}}}`, nil},
		"a filter that is none": {
			`{"status":"SUCCESS","body":{"webhookDetails":[{"webhookId":"1","filter":"x","status":"PENDENTE"}]}}`,
			[]celcoin.Webhook{{ID: "1", Status: celcoin.StatusPending}},
		},
		"another case of the status and names": {
			`{"Status":"Success","BODY":{"WebhookDetails":[{"WEBHOOKID":"1"}]}}`, []celcoin.Webhook{{ID: "1"}},
		},
		"a byte order mark": {
			"\xef\xbb\xbf" + `{"status":"SUCCESS","body":{"webhookDetails":[{"webhookId":"1"}]}}`, []celcoin.Webhook{{ID: "1"}},
		},
		"escapes and letters beyond ASCII": {
			`{"status":"SUCCESS","body":{"webhookDetails":[{"webhookId":1,"request":"{\"n\":\"S\u00e3o\"}","response":"São"}]}}`,
			[]celcoin.Webhook{{ID: "1", Request: `{"n":"São"}`, Response: "São"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := answering(t, 200, tc.body)
			p, err := c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{})
			require.NoError(t, err)
			assert.Equal(t, tc.want, p.Webhooks)
		})
	}
}

func TestAWebhookGoesThroughJSONAndBack(t *testing.T) {
	t.Parallel()
	c, _ := answering(t, 200, fixture(t, "details-success.json"))
	p, err := c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{})
	require.NoError(t, err)
	body := `{"status":"SUCCESS","body":{"webhookDetails":` + jsonOf(t, p.Webhooks) + `}}`
	c, _ = answering(t, 200, body)
	again, err := c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{})
	require.NoError(t, err)
	assert.Equal(t, p.Webhooks, again.Webhooks)
}
