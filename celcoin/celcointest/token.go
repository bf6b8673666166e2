package celcointest

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
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

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
	TokenType   string `json:"token_type"`
}

// tokenError is what RFC 6749 has for a failed token request. Nothing is known
// of the real one's error bodies.
type tokenError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// serve answers POST /v5/token. Credentials count in the body only.
func (t *tokens) serve(r *simulator.Request) simulator.Reply {
	if t.down {
		return (&refusal{status: http.StatusServiceUnavailable, verdict: "token endpoint down"}).reply()
	}
	t.requests++
	if r.Header.Get("Authorization") != "" {
		return refuseToken(http.StatusUnauthorized, "invalid_client", "credentials belong in the body")
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t.cfg.multipartOnly && kind != "multipart/form-data" {
		return (&refusal{status: http.StatusUnsupportedMediaType, verdict: "multipart/form-data only"}).reply()
	}
	form, ok := parseForm(r)
	if !ok {
		return refuseToken(http.StatusBadRequest, "invalid_request", "body is neither multipart/form-data nor urlencoded")
	}
	if form.Get("grant_type") != "client_credentials" {
		return refuseToken(http.StatusBadRequest, "unsupported_grant_type", "grant_type must be client_credentials")
	}
	if !equal(form.Get("client_id"), t.cfg.clientID) || !equal(form.Get("client_secret"), t.cfg.clientSecret) {
		return refuseToken(http.StatusUnauthorized, "invalid_client", "wrong credentials")
	}
	token := t.issue(r.Time)
	answer := tokenAnswer{AccessToken: token, ExpiresIn: int(t.cfg.tokenLifetime / time.Second), TokenType: "bearer"}
	return plain(http.StatusOK, answer, simulator.VerdictOK)
}

func refuseToken(status int, code, description string) simulator.Reply {
	return plain(status, tokenError{Error: code, Description: description}, description)
}

// equal compares in constant time, because people copy what they read.
func equal(given, want string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}

// parseForm reads the body of a token request in either of its two forms.
func parseForm(r *simulator.Request) (url.Values, bool) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, false
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(r.Body))
		return form, err == nil
	case "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(r.Body), parameters["boundary"]).ReadForm(int64(len(r.Body)))
		if err != nil {
			return nil, false
		}
		return form.Value, true
	default:
		return nil, false
	}
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
func (t *tokens) authorize(r *simulator.Request) *refusal {
	refuse := func(code, verdict string) *refusal {
		return &refusal{status: http.StatusUnauthorized, code: code, verdict: verdict}
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return refuse(codeTokenMissing, "token missing")
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "bearer") || token == "" || strings.ContainsAny(token, " ,") {
		return refuse(codeTokenFormat, "token malformed")
	}
	expiry, known := t.expiry[token]
	if !known {
		return refuse(codeTokenInvalid, "token unknown or revoked")
	}
	if !r.Time.Before(expiry) {
		return refuse(codeTokenExpired, "token expired")
	}
	return nil
}

func plain[T any](status int, body T, verdict string) simulator.Reply {
	return simulator.Reply{Status: status, Body: []byte(encode(body)), Verdict: verdict}
}
