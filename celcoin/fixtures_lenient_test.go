package celcoin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// brief is a webhook on one line: id, status, the receiver's, created, and the
// filter.
func brief(w celcoin.Webhook) string {
	created := "-"
	if !w.Created.IsZero() {
		created = w.Created.Time.UTC().Format("15:04:05.9999999")
	}
	return fmt.Sprintf("%s %s %d %s %s/%s/%s/%s", strings.TrimPrefix(w.ID, "00000000-0000-4000-8000-00000000000"), w.Status, w.HTTPStatusCode,
		created, w.Filter.DocumentNumber, w.Filter.Account, w.Filter.ID, w.Filter.ClientRequestID)
}

// lenient are pages in which something is other than documented, with what has
// to come out of them all the same.
var lenient = map[string][]string{
	"details-null-fields.json":               {"1 PENDENTE 0 14:47:49.576 ///", "2  0 - ///"},
	"details-missing-fields.json":            {"1  0 - ///", "  0 - ///"},
	"details-unknown-fields-and-status.json": {"1 EM_PROCESSAMENTO 500 14:47:49.576 " + number1},
	"details-status-code-as-string.json": {
		"1 PENDENTE 404 14:47:49.576 " + number1, "2 PENDENTE 0 14:47:49.576 " + number2,
		"3 PENDENTE 0 14:47:49.576 " + number3, "4 PENDENTE 200 14:47:49.576 " + number4,
	},
	"details-ids-as-numbers.json": {"9007199254740993 PENDENTE 500 14:47:49.576 0/9007199254740995/9007199254740997/100011"}, // to the last digit
	"details-id-shapes.json": {
		"1 PENDENTE 500 14:47:49.576 " + number1, "0123456789abcdef0123456789abcdef PENDENTE 500 14:47:49.576 " + number2,
		"fake/id with spaces?&#%2F PENDENTE 500 14:47:49.576 " + number3, "7d413aa1-d02d-446e-99fd-e9a72dbd61253 PENDENTE 500 14:47:49.576 " + number4,
	},
	"details-same-id-two-statuses.json":   {"1 PENDENTE 500 14:47:49.576 " + number1, "1 ENVIADO 200 14:47:49.576 " + number1},
	"details-more-items-than-listed.json": {"1 PENDENTE 500 14:47:49.576 " + number1, "2 PENDENTE 500 14:47:49.576 " + number2},
	"details-counts-as-strings.json":      {"1 PENDENTE 500 14:47:49.576 " + number1},
	"details-request-as-object.json":      {"1 PENDENTE 500 14:47:49.576 " + number1},
	"details-response-html.json":          {"1 PENDENTE 502 14:47:49.576 " + number1},
	"details-dates-with-offset.json":      {"1 PENDENTE 500 17:47:49.576 " + number1},
	"details-dates-without-suffix.json": {
		"1 PENDENTE 500 17:47:49 " + number1, "2 PENDENTE 500 17:47:49.576 " + number2, "3 PENDENTE 500 17:47:49.2665988 " + number3,
	},
	"details-dates-fractions-of-0-3-7-digits.json": {
		"1 PENDENTE 500 14:47:49 " + number1, "2 PENDENTE 500 14:47:49.576 " + number2, "3 PENDENTE 500 14:47:49.2665988 " + number3,
	},
	"details-dates-garbage.json": {
		"1 PENDENTE 500 - " + number1, "2 PENDENTE 500 - " + number2, "3 PENDENTE 500 - " + number3, "4 PENDENTE 500 - " + number4,
	},
}

const (
	numberN = "00000000000/0000000000001//fake-"
	number1 = numberN + "1"
	number2 = numberN + "2"
	number3 = numberN + "3"
	number4 = numberN + "4"
)

func TestAPageIsDecodedWhateverTheVendorChanges(t *testing.T) {
	t.Parallel()
	for file, want := range lenient {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			c, mock := answering(t, 200, fixture(t, file))
			p, err := c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{})
			require.NoError(t, err)
			var got []string
			for _, w := range p.Webhooks {
				got = append(got, brief(w))
			}
			assert.Equal(t, want, got)
			assert.Len(t, mock.requests, 2)
			assert.Equal(t, []int{1, 1}, []int{p.Page, p.TotalPages})
			switch file {
			case "details-counts-as-strings.json":
				assert.Equal(t, []int{200, 200, 1}, []int{p.PageSize, p.Limit, p.TotalItems})
			case "details-more-items-than-listed.json":
				assert.Equal(t, []int{2, 2, 5}, []int{p.PageSize, p.Limit, p.TotalItems})
			case "details-request-as-object.json":
				assert.JSONEq(t, `{"entity":"pix-payment-in","status":"CONFIRMED","body":{"id":9007199254740993}}`, p.Webhooks[0].Request)
				assert.Contains(t, p.Webhooks[0].Request, "9007199254740993", "as it came, not through a float")
				assert.JSONEq(t, `{"success":false}`, p.Webhooks[0].Response)
			case "details-response-html.json":
				assert.Contains(t, p.Webhooks[0].Response, "<html>\r\n<head><title>502 Bad Gateway")
			case "details-status-code-as-string.json":
				assert.Equal(t, `{"success":false}`, p.Webhooks[0].Response, "the other fields are read all the same")
				assert.Equal(t, "2023-11-08T14:47:49.576Z", p.Webhooks[0].Created.Raw)
			}
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
		"another case of the names, and another type": {
			`{"status":"SUCCESS","body":{"WebhookDetails":[{"WEBHOOKID":1,"Filter":{"Account":2}}]}}`,
			[]celcoin.Webhook{{ID: "1", Filter: celcoin.Filter{Account: "2"}}},
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
