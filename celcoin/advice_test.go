package celcoin_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// inner is Celcoin's way to say that something failed on its own side.
const inner = `{"error":{"errorCode":"CIE999","message":"Erro interno."}}`

func TestAnErrorSaysWhatToDoWhereThatIsKnown(t *testing.T) {
	t.Parallel()
	const (
		notOurs = "; the answer is not Celcoin's JSON; something before it may have answered"
		login   = "; check client id and secret, and that they belong to this environment"
	)
	for name, tt := range map[string]struct {
		answer reply
		want   string
	}{
		"an error of Celcoin's own": {says(400, inner), "400 Bad Request, code CIE999: Erro interno, 4 attempts"},
		"a fresh token refused": {says(401, ""),
			"401 Unauthorized, 2 attempts; a fresh token was refused; do the credentials belong to this environment?"},
		"a door that stays shut": {says(403, ""),
			"403 Forbidden, 1 attempt; production wants a client certificate and an address on Celcoin's allow list"},
		"no such path": {says(404, ""),
			"404 Not Found, 1 attempt; the path is wrong, or the product is not enabled for this client"},
		"no subscription": {says(404, `{"error":{"errorCode":"CBE217","message":"Sem assinatura."}}`),
			"404 Not Found, code CBE217: Sem assinatura, 1 attempt; there is no subscription to this entity"},
		"a redirect":              {says(302, "", "Location", "/login"), "302 Found, 1 attempt; a redirect is never followed; check the base URL"},
		"nothing new":             {says(304, ""), "304 Not Modified, 1 attempt" + notOurs},
		"a proxy's page":          {says(502, "<html>"), "502 Bad Gateway, 4 attempts" + notOurs},
		"a page inside a 200":     {says(200, "<html>"), "200 OK, 1 attempt; the answer is not Celcoin's JSON, lacks what was asked for, or is larger than 16 MiB"},
		"too many":                {says(429, ""), "429 Too Many Requests, 4 attempts"},
		"another protocol":        {says(101, ""), "101 Switching Protocols, 1 attempt" + notOurs},
		"a code not known so far": {says(400, `{"error":{"errorCode":"CBE999","message":"Novo."}}`), "400 Bad Request, code CBE999: Novo, 1 attempt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := (&fake{call: []reply{tt.answer}}).client(t).CountWebhooks(t.Context(), somewhere)
				require.EqualError(t, err, "celcoin: count webhooks: "+tt.want)
			})
		})
	}
	for name, tt := range map[string]struct {
		answer reply
		want   string
	}{
		"wrong credentials":         {says(http.StatusUnauthorized, ""), "401 Unauthorized, 1 attempt" + login},
		"OAuth's refusal":           {says(400, `{"error":"invalid_client"}`), "400 Bad Request, code invalid_client, 1 attempt" + login},
		"an error of Celcoin's own": {says(400, inner), "400 Bad Request, code CIE999: Erro interno, 4 attempts"},
		"a proxy's page":            {says(502, "<html>"), "502 Bad Gateway, 4 attempts" + notOurs},
	} {
		t.Run(name+", at the token call", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := (&fake{token: []reply{tt.answer}}).client(t).CountWebhooks(t.Context(), somewhere)
				require.EqualError(t, err, "celcoin: token: "+tt.want)
				var e *celcoin.Error
				require.ErrorAs(t, err, &e)
			})
		})
	}
}
