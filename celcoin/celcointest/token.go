package celcointest

import (
	"crypto/rand"
	"crypto/subtle"
	"maps"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// tokens are what the token endpoint gave out. The server's lock guards them.
type tokens struct {
	cfg      *config
	down     bool
	expiry   map[string]time.Time // by token, of those that were not revoked
	sweepAt  time.Time            // when the expired ones go, once a lifetime
	requests int
}

// tokenAnswer is a token, or what RFC 6749 has for a failed request: nothing is
// known of Celcoin's error bodies.
type tokenAnswer struct {
	AccessToken string `json:"access_token,omitempty"`
	ExpiresIn   int    `json:"expires_in,omitempty"`
	TokenType   string `json:"token_type,omitempty"`
	Error       string `json:"error,omitempty"`
	Description string `json:"error_description,omitempty"`
}

// serve answers POST /v5/token. Credentials count in the body only.
func (t *tokens) serve(r *simulator.Request) *simulator.Reply {
	if t.down {
		return refuse(http.StatusServiceUnavailable, "", "token endpoint down")
	}
	t.requests++
	if r.Header.Get("Authorization") != "" {
		return refuseToken(http.StatusUnauthorized, "invalid_client", "credentials belong in the body")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if t.cfg.multipartOnly && kind != "multipart/form-data" {
		return refuse(http.StatusUnsupportedMediaType, "", "multipart/form-data only")
	}
	err := r.HTTP.ParseForm()
	if err == nil && kind != "application/x-www-form-urlencoded" {
		err = r.HTTP.ParseMultipartForm(int64(len(r.Body)))
	}
	has := func(name, want string) bool { // in constant time, because people copy what they read
		return subtle.ConstantTimeCompare([]byte(r.HTTP.PostFormValue(name)), []byte(want)) == 1
	}
	switch {
	case err != nil:
		return refuseToken(http.StatusBadRequest, "invalid_request", "body is neither multipart/form-data nor urlencoded")
	case !has("grant_type", "client_credentials"):
		return refuseToken(http.StatusBadRequest, "unsupported_grant_type", "grant_type must be client_credentials")
	case !has("client_id", t.cfg.clientID) || !has("client_secret", t.cfg.clientSecret):
		return refuseToken(http.StatusUnauthorized, "invalid_client", "wrong credentials")
	}
	body := encode(tokenAnswer{AccessToken: t.issue(r.Time), ExpiresIn: int(t.cfg.tokenLifetime / time.Second), TokenType: "bearer"})
	return &simulator.Reply{Body: body, Verdict: simulator.VerdictOK}
}

func refuseToken(status int, code, description string) *simulator.Reply {
	return &simulator.Reply{Status: status, Body: encode(tokenAnswer{Error: code, Description: description}), Verdict: description}
}

func (t *tokens) issue(now time.Time) string {
	if t.cfg.singleToken {
		clear(t.expiry)
	}
	if !now.Before(t.sweepAt) {
		maps.DeleteFunc(t.expiry, func(_ string, expiry time.Time) bool { return !now.Before(expiry) })
		t.sweepAt = now.Add(t.cfg.tokenLifetime)
	}
	token := rand.Text()
	t.expiry[token] = now.Add(t.cfg.tokenLifetime)
	return token
}

// authorize checks the bearer token of a call. That these are the code and the
// status of each case is seen by integrators, the order of the codes is a guess.
func (t *tokens) authorize(r *simulator.Request) *simulator.Reply {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	expiry, known := t.expiry[token]
	switch {
	case scheme == "" && token == "":
		return refuse(http.StatusUnauthorized, codeTokenMissing, "token missing")
	case !strings.EqualFold(scheme, "bearer") || token == "" || strings.ContainsAny(token, " ,"):
		return refuse(http.StatusUnauthorized, codeTokenFormat, "token malformed")
	case !known:
		return refuse(http.StatusUnauthorized, codeTokenInvalid, "token unknown or revoked")
	case !r.Time.Before(expiry):
		return refuse(http.StatusUnauthorized, codeTokenExpired, "token expired")
	default:
		return nil
	}
}
