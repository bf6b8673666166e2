package celcoin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestEntityAndProductAreOneSegmentEach(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"a plain name":               {"pix-payment-in", "pix-payment-in"},
		"a slash":                    {"a/b", "a%2Fb"},
		"a way out":                  {"a/../../b", "a%2F..%2F..%2Fb"},
		"an escaped slash":           {"%2F", "%252F"},
		"an escaped way out":         {"%2e%2e", "%252e%252e"},
		"letters beyond ASCII":       {"ação", "a%C3%A7%C3%A3o"},
		"a space":                    {"a b", "a%20b"},
		"a question mark":            {"a?b", "a%3Fb"},
		"a hash":                     {"a#b", "a%23b"},
		"a colon, as if of a scheme": {"http://host", "http:%2F%2Fhost"},
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

func TestTheBaseURLMayHaveAPathWithOrWithoutASlash(t *testing.T) {
	t.Parallel()
	const path = "/common/v1/webhook/replay/PIX/pix-payment-out?webhookId=f933b0b1"
	for base, want := range map[string][2]string{
		"https://celcoin.example":            {"celcoin.example", path},
		"https://celcoin.example/":           {"celcoin.example", path},
		"https://celcoin.example:8443/a":     {"celcoin.example:8443", "/a" + path},
		"https://celcoin.example/a/b/":       {"celcoin.example", "/a/b" + path},
		"https://celcoin.example/a%2Fb/c%20": {"celcoin.example", "/a%2Fb/c%20" + path},
		"http://[::1]:1":                     {"[::1]:1", path},
	} {
		f := &fake{}
		_, err := clientOf(t, withToken, f, celcoin.WithBaseURL(base)).ReplayWebhooks(t.Context(), one)
		require.NoError(t, err)
		assert.Equal(t, want, [2]string{f.calls()[0].Host, f.calls()[0].URI})
	}
}
