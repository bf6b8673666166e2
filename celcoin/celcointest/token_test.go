package celcointest

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const urlencoded = "application/x-www-form-urlencoded"

func TestTokenCallTakesBothForms(t *testing.T) {
	t.Parallel()
	s := NewServer(t, WithCredentials("id", "secret ü&="), WithTokenLifetime(90*time.Second))
	w := &wire{t: t, client: s.HTTPClient(), base: s.URL}
	values := form(s.Credentials())

	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for name := range values {
		require.NoError(t, parts.WriteField(name, values.Get(name)))
	}
	require.NoError(t, parts.Close())

	for name, got := range map[string]answer{
		"urlencoded": w.askToken(values.Encode(), urlencoded),
		"multipart":  w.askToken(body.String(), parts.FormDataContentType()),
	} {
		require.Equal(t, http.StatusOK, got.status, name)
		var token tokenAnswer
		got.into(t, &token)
		assert.NotEmpty(t, token.AccessToken, name)
		assert.JSONEq(t, `{"access_token":"`+token.AccessToken+`","expires_in":90,"token_type":"bearer"}`, got.body, name)
	}
	assert.Equal(t, 2, s.TokenRequests())
}

func TestTokenCallRefuses(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	good := form(s.Credentials())
	changed := func(name, value string) string {
		values := url.Values{}
		for k := range good {
			values.Set(k, good.Get(k))
		}
		values.Set(name, value)
		return values.Encode()
	}
	basic := http.Header{"Content-Type": {urlencoded}}
	r := http.Request{Header: basic}
	r.SetBasicAuth(s.Credentials().ClientID, s.Credentials().ClientSecret)

	for name, tt := range map[string]struct {
		body   string
		header http.Header
		status int
		error  string
	}{
		"a wrong secret":                 {changed("client_secret", "x"), nil, 401, "invalid_client"},
		"a wrong id":                     {changed("client_id", "x"), nil, 401, "invalid_client"},
		"another grant":                  {changed("grant_type", "password"), nil, 400, "unsupported_grant_type"},
		"no grant":                       {changed("grant_type", ""), nil, 400, "unsupported_grant_type"},
		"credentials in Basic":           {"grant_type=client_credentials", basic, 401, "invalid_client"},
		"Basic beside those in the body": {good.Encode(), basic, 401, "invalid_client"},
		"JSON":                           {`{"grant_type":"client_credentials"}`, http.Header{"Content-Type": {"application/json"}}, 400, "invalid_request"},
		"no content type":                {good.Encode(), http.Header{"Content-Type": {""}}, 400, "invalid_request"},
		"a form that is none":            {"%zz", nil, 400, "invalid_request"},
		"a multipart that is none":       {"x", http.Header{"Content-Type": {"multipart/form-data; boundary=b"}}, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &wire{t: t, client: &http.Client{Transport: s.Transport()}, base: s.URL}
			header := tt.header
			if header == nil {
				header = http.Header{"Content-Type": {urlencoded}}
			}
			got := w.do(http.MethodPost, tokenPath, tt.body, header)
			assert.Equal(t, tt.status, got.status, got.body)
			var e tokenAnswer
			got.into(t, &e)
			assert.Equal(t, tt.error, e.Error)
		})
	}
}

func TestTokenEndsOnTheClock(t *testing.T) {
	t.Parallel()
	now := noon
	s := NewServer(t, WithClock(func() time.Time { return now }))
	w := direct(t, s)
	now = noon.Add(40*time.Minute - 1)
	assert.Equal(t, 0, w.get(paymentIn+day()).total(t))
	now = noon.Add(40 * time.Minute)
	got := w.get(paymentIn + day())
	assert.Equal(t, 401, got.status)
	assert.Equal(t, codeTokenExpired, got.code(t))
}

func TestTokensAreRevoked(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	w := direct(t, s)
	s.RevokeTokens()
	got := w.get(paymentIn + day())
	assert.Equal(t, 401, got.status)
	assert.Equal(t, codeTokenInvalid, got.code(t))
	w.login(s)
	assert.Equal(t, 200, w.get(paymentIn+day()).status)
}

func TestNewTokenRevokesTheOldOneIfWanted(t *testing.T) {
	t.Parallel()
	for single, want := range map[bool]int{false: 200, true: 401} {
		s := NewServer(t, WithSingleToken(single))
		first, second := direct(t, s), direct(t, s)
		assert.NotEqual(t, first.token, second.token)
		assert.Equal(t, want, first.get(paymentIn+day()).status, "single: %v", single)
		assert.Equal(t, 200, second.get(paymentIn+day()).status)
	}
}

func TestCallsWantABearerToken(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	w := direct(t, s)
	for name, tt := range map[string]struct{ header, code string }{
		"none":           {"", codeTokenMissing},
		"another scheme": {"Basic " + w.token, codeTokenFormat},
		"only a scheme":  {"Bearer", codeTokenFormat},
		"two tokens":     {"Bearer a b", codeTokenFormat},
		"a foreign one":  {"Bearer abc", codeTokenInvalid},
	} {
		header := http.Header{"Authorization": {tt.header}}
		if tt.header == "" {
			header = http.Header{"Authorization": nil}
		}
		got := w.do(http.MethodGet, paymentIn+day(), "", header)
		assert.Equal(t, 401, got.status, name)
		assert.Equal(t, tt.code, got.code(t), name)
	}
	got := w.do(http.MethodGet, paymentIn+day(), "", http.Header{"Authorization": {"bearer " + w.token}})
	assert.Equal(t, 200, got.status, "the scheme's case does not matter")
}

func TestATokenEndpointThatTakesMultipartOnly(t *testing.T) {
	t.Parallel()
	s := NewServer(t, WithTokenMultipartOnly(true))
	w := &wire{t: t, client: s.HTTPClient(), base: s.URL}
	values := form(s.Credentials())
	assert.Equal(t, http.StatusUnsupportedMediaType, w.askToken(values.Encode(), urlencoded).status)
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for name := range values {
		require.NoError(t, parts.WriteField(name, values.Get(name)))
	}
	require.NoError(t, parts.Close())
	assert.Equal(t, http.StatusOK, w.askToken(body.String(), parts.FormDataContentType()).status)
}

func TestATokenEndpointThatGoesDown(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	w := direct(t, s)
	s.SetTokenDown(true)
	assert.Equal(t, http.StatusServiceUnavailable, w.askToken(form(s.Credentials()).Encode(), urlencoded).status)
	assert.Equal(t, 200, w.get(paymentIn+day()).status, "the token that there is goes on being valid")
	s.SetTokenDown(false)
	w.token = ""
	assert.Equal(t, 200, w.askToken(form(s.Credentials()).Encode(), urlencoded).status)
}
