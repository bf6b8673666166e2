package celcoin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestEntityAndProductAreOneSegmentEach(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"a plain name":                {"pix-payment-in", "pix-payment-in"},
		"a slash":                     {"a/b", "a%2Fb"},
		"a way out":                   {"a/../../b", "a%2F..%2F..%2Fb"},
		"an escaped slash":            {"%2F", "%252F"},
		"an escaped way out":          {"%2e%2e", "%252e%252e"},
		"three dots":                  {"...", "..."},
		"letters beyond ASCII":        {"ação", "a%C3%A7%C3%A3o"},
		"a semicolon":                 {"a;b", "a%3Bb"},
		"a plus":                      {"a+b", "a+b"},
		"a space":                     {"a b", "a%20b"},
		"a question mark":             {"a?b", "a%3Fb"},
		"a hash":                      {"a#b", "a%23b"},
		"a backslash":                 {`a\b`, "a%5Cb"},
		"a colon, as if of a scheme":  {"http://host", "http:%2F%2Fhost"},
		"a part that looks like ours": {"x/details", "x%2Fdetails"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, success)
			c := s.client(t)
			q := somewhere
			q.Product, q.Entity = celcoin.Product(tc.text), celcoin.Entity(tc.text)
			_, err := c.ListWebhooks(t.Context(), q, celcoin.PageOptions{})
			require.NoError(t, err)
			path, _, _ := strings.Cut(s.calls()[0].URI, "?")
			assert.Equal(t, prefix+"/common/v1/webhook/replay/"+tc.want+"/"+tc.want+"/details", path)
		})
	}
}

func TestTheProductChoosesThePath(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		product celcoin.Product
		want    string
	}{
		"none means Pix":                    {"", "/common/v1/webhook/replay/PIX/account-created"},
		"Pix":                               {celcoin.ProductPix, "/common/v1/webhook/replay/PIX/account-created"},
		"BaaS has paths without a product":  {celcoin.ProductBaaS, "/baas/v2/webhook/replay/account-created"},
		"BaaS by its older paths":           {celcoin.ProductBaaSV1, "/baas-webhookmanager/v1/webhook/replay/account-created"},
		"an unknown one is sent as written": {"Boleto", "/common/v1/webhook/replay/Boleto/account-created"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			c := f.client(t)
			q := somewhere
			q.Product, q.Entity = tc.product, celcoin.EntityAccountCreated
			_, err := c.CountWebhooks(t.Context(), q)
			require.NoError(t, err)
			_, err = c.ListWebhooks(t.Context(), q, celcoin.PageOptions{})
			require.NoError(t, err)
			_, err = c.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Product: q.Product, Entity: q.Entity, WebhookID: "w"})
			require.NoError(t, err)
			for i, want := range []string{http.MethodGet + " " + tc.want, http.MethodGet + " " + tc.want + "/details", http.MethodPut + " " + tc.want} {
				path, _, _ := strings.Cut(f.calls()[i].URI, "?")
				assert.Equal(t, want, f.calls()[i].Method+" "+strings.TrimPrefix(path, prefix))
			}
		})
	}
}

// text is anything that may be passed as an argument.
func text(shortest int) *rapid.Generator[string] {
	return rapid.StringN(shortest, 60, -1).Filter(func(s string) bool {
		return !strings.ContainsFunc(s, unicode.IsControl)
	})
}

func TestEveryArgumentDecodesToWhatWasGiven(t *testing.T) {
	t.Parallel()
	s := newServer(t, success)
	c := s.client(t)
	segment := text(1).Filter(func(s string) bool { return s != "." && s != ".." })
	rapid.Check(t, func(rt *rapid.T) {
		q := celcoin.Query{
			Product: celcoin.Product(segment.Filter(func(s string) bool { return s != "BAAS" }).Draw(rt, "product")),
			Entity:  celcoin.Entity(segment.Draw(rt, "entity")), From: from, To: to,
			WebhookID:      text(1).Draw(rt, "webhook id"),
			DocumentNumber: text(0).Draw(rt, "document number"), Account: text(0).Draw(rt, "account"),
			ID: text(0).Draw(rt, "id"), ClientRequestID: text(0).Draw(rt, "client request id"),
		}
		_, err := c.CountWebhooks(t.Context(), q)
		require.NoError(rt, err)
		filter := celcoin.Filter{DocumentNumber: q.DocumentNumber, Account: q.Account, ID: q.ID, ClientRequestID: q.ClientRequestID}
		_, err = c.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Product: q.Product, Entity: q.Entity, WebhookID: q.WebhookID, Filter: filter})
		require.NoError(rt, err)

		calls := s.calls()
		for _, r := range calls[len(calls)-2:] {
			u, err := url.ParseRequestURI(r.URI)
			require.NoError(rt, err)
			segments := strings.Split(u.EscapedPath(), "/")
			require.Len(rt, segments, len(strings.Split(prefix, "/"))+6)
			for i, want := range []string{string(q.Product), string(q.Entity)} {
				got, err := url.PathUnescape(segments[len(segments)-2+i])
				require.NoError(rt, err)
				require.Equal(rt, want, got)
			}
			values, err := url.ParseQuery(u.RawQuery)
			require.NoError(rt, err)
			require.Equal(rt, q.WebhookID, values.Get("webhookId"))
			got := celcoin.Filter{
				DocumentNumber: values.Get("documentNumber"), Account: values.Get("account"),
				ID: values.Get("id"), ClientRequestID: values.Get("clientRequestId"),
			}
			if r.Method == http.MethodPut {
				var body struct {
					Filter celcoin.Filter `json:"filter"`
				}
				require.NoError(rt, json.Unmarshal([]byte(r.Body), &body))
				require.Equal(rt, celcoin.Filter{}, got, "the filter of a replay is in the body alone")
				got = body.Filter
			}
			require.Equal(rt, filter, got)
		}
	})
}
