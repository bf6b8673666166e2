package celcoin_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestTheBaseURLMayHaveAPathWithOrWithoutASlash(t *testing.T) {
	t.Parallel()
	const path = "/common/v1/webhook/replay/PIX/pix-payment-out?webhookId=f933b0b1"
	for base, want := range map[string]string{
		"https://celcoin.example":            path,
		"https://celcoin.example/":           path,
		"https://celcoin.example:8443/a":     "/a" + path,
		"https://celcoin.example/a/b/":       "/a/b" + path,
		"https://celcoin.example/a%2Fb/c%20": "/a%2Fb/c%20" + path,
		"http://localhost:1/a":               "/a" + path,
		"http://[::1]:1":                     path,
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			c, err := celcoin.New(celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"})},
				celcoin.WithBaseURL(base), celcoin.WithHTTPClient(&http.Client{Transport: f}))
			require.NoError(t, err)
			_, err = c.ReplayWebhooks(t.Context(), one)
			require.NoError(t, err)
			u, err := url.Parse(base)
			require.NoError(t, err)
			assert.Equal(t, u.Host, f.calls()[0].Host)
			assert.Equal(t, want, f.calls()[0].URI)
		})
	}
}
