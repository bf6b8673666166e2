package celcoin_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// tokenFixtures are answers of the token call, with the code and message that
// an error has; nil for a token.
var tokenFixtures = map[string]*celcoin.Error{
	"token-success.json":                         nil,
	"token-success-expires-as-string.json":       nil,
	"token-success-extra-fields.json":            nil,
	"token-success-without-expiry.json":          nil,
	"token-without-access-token.json":            {},
	"token-error-empty.txt":                      {},
	"token-error-envelope.json":                  {Code: "AUE002", Message: "Credenciais inválidas."},
	"token-error-gateway.json":                   {Message: "Unauthorized"},
	"token-error-empty-text.json":                {Message: "Unauthorized"},
	"token-error-legacy.json":                    {Code: "401", Message: "Usuário ou senha inválidos"},
	"token-error-oauth.json":                     {Code: "invalid_client", Message: "Client authentication failed"},
	"token-error-oauth-unauthorized-client.json": {Code: "unauthorized_client"},
	"html-502.html":                              {},
	"truncated.json":                             {},
	"error-cie999.json":                          {Code: "CIE999", Message: "Ocorreu um erro interno durante a chamada da api."},
	"error-as-string.json":                       {Code: "Ocorreu um erro."}, // taken for OAuth's
	"legacy-error-code-string-description.json":  {Code: "99", Message: "Erro não catalogado"},
}

func TestATokenIsTakenFromEveryShapeOfSuccess(t *testing.T) {
	t.Parallel()
	for file, failure := range tokenFixtures {
		if failure != nil {
			continue
		}
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			f := &fake{token: []reply{says(200, fixture(t, file))}}
			require.NoError(t, operations[0].do(t, f.client(t)))
			assert.Equal(t, "Bearer fake-access-token-for-tests-only", f.calls()[0].Header.Get("Authorization"))
		})
	}
}

func TestAFailedTokenCallIsAnErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	for file, want := range tokenFixtures {
		if want == nil {
			continue
		}
		for status, category := range map[int]error{
			200: celcoin.ErrServer, 400: celcoin.ErrInvalidRequest, 401: celcoin.ErrUnauthorized,
			403: celcoin.ErrForbidden, 404: celcoin.ErrNotFound, 429: celcoin.ErrRateLimited, 500: celcoin.ErrServer,
		} {
			code := want.Code
			if status == 429 {
				code = "" // a rate limit, whatever its code
			}
			switch code { // a code that is known counts before the status
			case "AUE002", "invalid_client", "unauthorized_client":
				category = celcoin.ErrUnauthorized
			case "CIE999":
				category = celcoin.ErrServer
			case "":
			default:
				if status == 200 {
					category = nil
				}
			}
			t.Run(fmt.Sprintf("%s with %d", file, status), func(t *testing.T) {
				t.Parallel()
				body := fixture(t, file)
				synctest.Test(t, func(t *testing.T) {
					f := &fake{token: []reply{says(status, body)}}
					c := f.client(t)
					for _, op := range operations {
						err := op.do(t, c)
						var e *celcoin.Error
						require.ErrorAs(t, err, &e)
						assert.Equal(t, "token", e.Op)
						assert.Equal(t, status, e.StatusCode)
						assert.Equal(t, want.Code, e.Code)
						assert.Equal(t, want.Message, e.Message)
						assert.Regexp(t, fmt.Sprintf("^celcoin: token: %d\\b", status), err.Error())
						if category == nil {
							assertCategories(t, err)
						} else {
							assertCategories(t, err, category)
						}
						assert.Equal(t, len(f.tokens()), e.Attempts)
						f.requests = nil
					}
					assert.Empty(t, f.calls())
				})
			})
		}
	}
}

func TestATokenThatNoHeaderCanCarryIsNotSent(t *testing.T) {
	t.Parallel()
	for _, token := range []string{`a\r\nX-Injected: 1`, `a b`, `ação`, ` a`, `a\u0000`} {
		f := &fake{token: []reply{says(200, `{"access_token":"`+token+`"}`)}}
		err := operations[0].do(t, f.client(t))
		var e *celcoin.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "token", e.Op)
		assertCategories(t, err, celcoin.ErrServer)
		assert.Empty(t, f.calls())
	}
}

func TestTheRetriesOfATokenCallAreNotThoseOfTheCall(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		token    reply
		policy   int
		opts     []celcoin.CallOption
		requests int
	}{
		"an error of the server, with the default policy": {says(500, ""), 0, nil, 4},
		"a call without retries keeps the token's":        {says(503, ""), 2, []celcoin.CallOption{celcoin.WithMaxRetries(0)}, 3},
		"a lost answer": {fails(errReset), 2, []celcoin.CallOption{celcoin.WithAtLeastOnce()}, 3},
		"a refusal":     {says(401, ""), 2, nil, 1},
		"a refusal in OAuth's words, whatever its status": {says(500, `{"error":"invalid_client"}`), 2, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{token: []reply{tc.token}}
				c := f.client(t, celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: tc.policy}))
				err := operations[2].do(t, c, tc.opts...)
				require.Error(t, err)
				require.NotErrorIs(t, err, celcoin.ErrOutcomeUnknown, "nothing was replayed")
				assert.Len(t, f.tokens(), tc.requests)
				assert.Empty(t, f.calls())
			})
		})
	}
}

var errReset = errors.New("connection reset by peer")
