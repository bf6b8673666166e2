package celcoin_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// inner is Celcoin's way to say that something failed on its own side.
const inner = `{"error":{"errorCode":"CIE999","message":"Erro interno."}}`

func TestAnErrorSaysWhatToDoWhereThatIsKnown(t *testing.T) {
	t.Parallel()
	const (
		notOurs = "a proxy or gateway may have answered"
		login   = "check CELCOIN_CLIENT_ID and CELCOIN_CLIENT_SECRET"
		place   = "check WithBaseURL"
	)
	for name, tt := range map[string]struct {
		answer reply
		want   string
	}{
		"an error of Celcoin's own":   {says(400, inner), ""},
		"a new token refused":         {says(401, ""), login},
		"an address not allowed":      {says(403, ""), "allow list and a client certificate (WithClientCertificate)"},
		"no such path":                {says(404, ""), place},
		"no subscription":             {says(404, `{"error":{"errorCode":"CBE217","message":"Sem assinatura."}}`), "there is no subscription to this entity"},
		"a redirect":                  {says(302, "", "Location", "/login"), "a redirect is never followed; " + place},
		"a Location that is no URL":   {says(302, "", "Location", "%zz://"), "a redirect is never followed"},
		"a proxy's page":              {says(502, "<html>"), notOurs},
		"a page inside a 200":         {says(200, "<html>"), notOurs},
		"a success without a count":   {says(200, `{"status":"SUCCESS","body":{}}`), "lacks what was asked for"},
		"too many":                    {says(429, ""), ""},
		"nginx without a certificate": {says(400, nginx("No required SSL certificate was sent")), "requires a client certificate"},
		"nginx with a refused one":    {says(400, nginx("The SSL certificate error")), "refuses the client certificate"},
		"no certificate, 496":         {says(496, "{}"), "requires a client certificate"},
		"a bad certificate, 495":      {says(495, `{"message":"Forbidden"}`), "refuses the client certificate"},
		"a code not known so far":     {says(400, `{"error":{"errorCode":"CBE999","message":"Novo."}}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := (&fake{call: []reply{tt.answer}}).client(t).CountWebhooks(t.Context(), somewhere)
				assertAdvice(t, err, "celcoin: count webhooks: ", tt.want)
				if strings.Contains(tt.want, "client certificate") {
					assertCategories(t, err, celcoin.ErrForbidden)
				}
			})
		})
	}
	const sandbox, production = "the base URL, which is Celcoin's sandbox", "the base URL is Celcoin's production"
	for name, tt := range map[string]struct {
		baseURL string
		answer  reply
		want    []string
	}{
		"wrong credentials":         {celcoin.SandboxURL, says(401, ""), []string{login, sandbox}},
		"OAuth's refusal":           {celcoin.SandboxURL, says(400, `{"error":"invalid_client"}`), []string{login, sandbox}},
		"an error of Celcoin's own": {celcoin.SandboxURL, says(400, inner), []string{""}},
		"a proxy's page":            {celcoin.SandboxURL, says(502, "<html>"), []string{notOurs}},
		"an address not allowed":    {celcoin.ProductionURL, says(403, ""), []string{"WithClientCertificate", production}},
		"no such path":              {celcoin.ProductionURL, says(404, ""), []string{place, production}},
		"no path of Celcoin's":      {"https://open-api.ceffu.com", says(404, ""), []string{place, "Ceffu's, not Celcoin's"}},
		"no path of a proxy":        {"https://proxy.example", says(404, ""), []string{place, "neither Celcoin's sandbox nor its production"}},
	} {
		t.Run(name+", at the token call", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := (&fake{token: []reply{tt.answer}}).client(t, celcoin.WithBaseURL(tt.baseURL+prefix))
				_, err := c.CountWebhooks(t.Context(), somewhere)
				for _, want := range tt.want {
					assertAdvice(t, err, "celcoin: token: ", want)
				}
			})
		})
	}
}

// nginx finishes the handshake, and then answers 400 without a word of Celcoin's.
func nginx(what string) string {
	return "<html>\r\n<head><title>400 " + what + "</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n" +
		"<center>" + what + "</center>\r\n<hr><center>nginx/1.24.0</center>\r\n</body>\r\n</html>\r\n"
}

// assertAdvice finds what to do behind the number of attempts, or nothing.
func assertAdvice(t *testing.T, err error, begin, want string) {
	t.Helper()
	require.Error(t, err)
	assert.Regexp(t, "^"+begin+`\d{3}\b`, err.Error())
	_, advice, _ := strings.Cut(err.Error(), "; ")
	if want == "" {
		assert.Empty(t, advice)
	}
	assert.Contains(t, advice, want)
}
