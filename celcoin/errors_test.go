package celcoin_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// categories are all that there are for answers.
var categories = []error{
	celcoin.ErrInvalidRequest, celcoin.ErrUnauthorized, celcoin.ErrForbidden, celcoin.ErrNotFound,
	celcoin.ErrRateLimited, celcoin.ErrServer, celcoin.ErrOutcomeUnknown, celcoin.ErrUnavailable, celcoin.ErrIncomplete,
}

// assertCategories looks for exactly these.
func assertCategories(t *testing.T, err error, want ...error) {
	t.Helper()
	for _, category := range categories {
		assert.Equal(t, slices.Contains(want, category), errors.Is(err, category), "%v as a category of: %v", category, err)
	}
}

// fate is what an answer does to a call.
type fate struct {
	reads, replays int  // requests
	doubt          bool // about a replay
}

var (
	refused    = fate{1, 1, false}
	troubled   = fate{4, 1, true}
	throttled  = fate{4, 4, false}
	rejected   = fate{2, 2, false} // the token
	unreadable = fate{1, 1, true}
)

// shapes are all known shapes of errors, with each status that they come with.
var shapes = []struct {
	file          string
	status        int
	code, message string
	category      error
	fate          fate
}{
	{"error-cie999.json", 400, "CIE999", "Ocorreu um erro interno durante a chamada da api.", celcoin.ErrServer, troubled},
	{"error-cie999.json", 500, "CIE999", "Ocorreu um erro interno durante a chamada da api.", celcoin.ErrServer, troubled},
	{"error-cie999.json", 200, "CIE999", "Ocorreu um erro interno durante a chamada da api.", celcoin.ErrServer, troubled},
	{"error-oie999.json", 500, "OIE999", "Ocorreu um erro interno.", celcoin.ErrServer, troubled},
	{"error-cbe468.json", 403, "CBE468", "Cliente não permitido a usar esta API.", celcoin.ErrForbidden, refused},
	{"error-cbe468.json", 400, "CBE468", "Cliente não permitido a usar esta API.", celcoin.ErrForbidden, refused},
	{"error-cbe217.json", 404, "CBE217", "Inscrição de webhook não encontrada.", celcoin.ErrNotFound, refused},
	{"error-cbe066.json", 400, "CBE066", "O limite deve estar entre 1 e 200.", celcoin.ErrInvalidRequest, refused},
	{"error-cbe225.json", 400, "CBE225", "Campo inválido.", celcoin.ErrInvalidRequest, refused},
	{"error-cbe376.json", 400, "CBE376", "O período é maior que o permitido.", celcoin.ErrInvalidRequest, refused},
	{"error-obe003.json", 400, "OBE003", "Token inválido.", celcoin.ErrUnauthorized, rejected},
	{"error-aue002.json", 401, "AUE002", "Token inválido.", celcoin.ErrUnauthorized, rejected},
	{"error-message-nbsp.json", 403, "CBE468", "Cliente\u00a0não\u00a0permitido a\u00a0usar esta API.", celcoin.ErrForbidden, refused},
	{"error-in-200.json", 200, "CBE225", "Campo inválido.", celcoin.ErrInvalidRequest, refused},
	{"error-in-200-without-error.json", 200, "", "", celcoin.ErrServer, unreadable},
	{"error-unknown-code.json", 400, "XYZ999", "Um código que nenhuma lista tem.", celcoin.ErrInvalidRequest, refused},
	{"error-unknown-code.json", 404, "XYZ999", "Um código que nenhuma lista tem.", celcoin.ErrNotFound, refused},
	{"error-unknown-code.json", 500, "XYZ999", "Um código que nenhuma lista tem.", celcoin.ErrServer, troubled},
	{"error-unknown-code.json", 200, "XYZ999", "Um código que nenhuma lista tem.", nil, refused},
	{"error-code-number.json", 400, "999", "Erro.", celcoin.ErrInvalidRequest, refused},
	{"error-null-members.json", 500, "", "", celcoin.ErrServer, troubled},
	{"error-as-string.json", 400, "", "Ocorreu um erro.", celcoin.ErrInvalidRequest, refused},
	{"error-as-list.json", 400, "", "", celcoin.ErrInvalidRequest, refused},
	{"error-unknown-fields.json", 400, "CBE208", "Campo inválido.", celcoin.ErrInvalidRequest, refused},
	{"gateway-404.json", 404, "", "Resource not found", celcoin.ErrNotFound, refused},
	{"gateway-429.json", 429, "", "Rate limit is exceeded. Try again in 7 seconds.", celcoin.ErrRateLimited, throttled},
	{"gateway-status-as-string.json", 503, "", "Service unavailable", celcoin.ErrServer, troubled},
	{"gateway-401.json", 401, "", "Unauthorized. Access token is missing or invalid.", celcoin.ErrUnauthorized, rejected},
	{"gateway-403.json", 403, "", "Forbidden", celcoin.ErrForbidden, refused},
	{"gateway-500.json", 500, "", "Internal server error", celcoin.ErrServer, troubled},
	{"legacy-error-code-number-description.json", 400, "400", "Requisição inválida", celcoin.ErrInvalidRequest, refused},
	{"legacy-error-code-string.json", 400, "99", "Erro não catalogado", celcoin.ErrInvalidRequest, refused},
	{"legacy-error-code-string-description.json", 500, "99", "Erro não catalogado", celcoin.ErrServer, troubled},
	{"html-502.html", 502, "", "", celcoin.ErrServer, troubled},
	{"html-502.html", 200, "", "", celcoin.ErrServer, unreadable},
	{"plain-text.txt", 503, "", "", celcoin.ErrServer, troubled},
	{"plain-text.txt", 408, "", "", celcoin.ErrServer, troubled},
	{"empty.txt", 500, "", "", celcoin.ErrServer, troubled},
	{"empty.txt", 400, "", "", celcoin.ErrInvalidRequest, refused},
	{"empty.txt", 401, "", "", celcoin.ErrUnauthorized, rejected},
	{"empty.txt", 404, "", "", celcoin.ErrNotFound, refused},
	{"empty.txt", 200, "", "", celcoin.ErrServer, unreadable},
	{"empty.txt", 204, "", "", celcoin.ErrServer, unreadable},
	{"empty.txt", 302, "", "", nil, refused},
	{"json-null.json", 200, "", "", celcoin.ErrServer, unreadable},
	{"json-null.json", 500, "", "", celcoin.ErrServer, troubled},
	{"truncated.json", 200, "", "", celcoin.ErrServer, unreadable},
	{"count-success-without-body.json", 200, "", "", celcoin.ErrServer, unreadable},
	{"count-success-body-null.json", 200, "", "", celcoin.ErrServer, unreadable},
	{"count-unknown-envelope-status.json", 200, "", "", celcoin.ErrServer, unreadable},
	{"count-success.json", 500, "", "", celcoin.ErrServer, troubled},
}

func TestEveryShapeOfErrorBecomesAnErrorOfItsCategory(t *testing.T) {
	t.Parallel()
	for _, tc := range shapes {
		for _, op := range operations {
			t.Run(fmt.Sprintf("%s with %d, %s", tc.file, tc.status, op.name), func(t *testing.T) {
				t.Parallel()
				body := fixture(t, tc.file)
				synctest.Test(t, func(t *testing.T) {
					f := &fake{call: []reply{says(tc.status, body, "X-Request-Id", "request-1")}}
					err := op.do(t, f.client(t))
					requests, want := tc.fate.reads, []error{tc.category}
					if op.replay {
						requests = tc.fate.replays
						if tc.fate.doubt {
							want = append(want, celcoin.ErrOutcomeUnknown)
						}
					}
					assert.Len(t, f.calls(), requests)
					assertCategories(t, err, want...)
					var e *celcoin.Error
					require.ErrorAs(t, err, &e)
					assert.Equal(t, op.name, e.Op)
					assert.Equal(t, tc.status, e.StatusCode)
					assert.Equal(t, tc.code, e.Code)
					assert.Equal(t, tc.message, e.Message)
					assert.Equal(t, "request-1", e.RequestID)
					assert.Equal(t, requests, e.Attempts)
					assert.Equal(t, body, string(e.Body))
					assert.Regexp(t, fmt.Sprintf("^celcoin: %s: %d\\b", op.name, tc.status), err.Error())
				})
			})
		}
	}
}

func TestACountMustSayHowMany(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		fixture(t, "count-success-null-fields.json"),
		`{"status":"SUCCESS","body":{}}`,
		`{"status":"SUCCESS","body":{"totalItems":"many"}}`,
		`{"status":"SUCCESS","body":{"totalItems":1.5}}`,
	} {
		c, mock := answering(t, 200, body)
		replayed, err := c.ReplayWebhooks(t.Context(), one)
		require.NoError(t, err)
		assert.Equal(t, -1, replayed.TotalItems, "a replay need not")
		_, err = c.CountWebhooks(t.Context(), somewhere)
		assertCategories(t, err, celcoin.ErrServer)
		_, err = c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{})
		assertCategories(t, err, celcoin.ErrServer)
		assert.Len(t, mock.requests, 4)
	}
}

func TestAnErrorKeepsTheBeginningOfALargeAnswer(t *testing.T) {
	t.Parallel()
	for size, kept := range map[int]int{64 << 10: 64 << 10, 64<<10 + 1: 64 << 10, 2 << 20: 64 << 10} {
		f := &fake{call: []reply{says(403, strings.Repeat("x", size))}}
		var resp celcoin.Response
		err := operations[0].do(t, f.client(t), celcoin.WithResponse(&resp))
		var e *celcoin.Error
		require.ErrorAs(t, err, &e)
		assert.Len(t, e.Body, kept)
		assert.Len(t, resp.Body, min(size, 1<<20), "a failure is read up to 1 MiB")
		assertCategories(t, err, celcoin.ErrForbidden)
	}
}

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
		"an error of Celcoin's own":    {says(400, inner), ""},
		"a new token refused":          {says(401, ""), login},
		"an address not allowed":       {says(403, ""), "allow list and a client certificate (WithClientCertificate)"},
		"no such path":                 {says(404, ""), place},
		"no subscription":              {says(404, `{"error":{"errorCode":"CBE217","message":"Sem assinatura."}}`), "there is no subscription to this entity"},
		"a redirect":                   {says(302, "", "Location", "/login"), "a redirect is never followed; " + place},
		"a Location that is not a URL": {says(302, "", "Location", "%zz://"), "a redirect is never followed"},
		"a proxy's page":               {says(502, "<html>"), notOurs},
		"a page inside a 200":          {says(200, "<html>"), notOurs},
		"a success without a count":    {says(200, `{"status":"SUCCESS","body":{}}`), "lacks what was asked for"},
		"too many":                     {says(429, ""), ""},
		"nginx without a certificate":  {says(400, nginx("No required SSL certificate was sent")), "requires a client certificate"},
		"nginx with a refused one":     {says(400, nginx("The SSL certificate error")), "refuses the client certificate"},
		"no certificate, 496":          {says(496, "{}"), "requires a client certificate"},
		"a bad certificate, 495":       {says(495, `{"message":"Forbidden"}`), "refuses the client certificate"},
		"a code not known so far":      {says(400, `{"error":{"errorCode":"CBE999","message":"Novo."}}`), ""},
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
