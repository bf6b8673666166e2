package celcointest

import (
	"crypto/rand"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// token answers POST /v5/token. Credentials count in the body only.
func (v *vendor) token(r *simulator.Request) *simulator.Reply {
	if v.tokenDown {
		return refuse(http.StatusServiceUnavailable, "", "token endpoint down")
	}
	v.tokenRequests++
	if r.Header.Get("Authorization") != "" {
		return refuseToken(http.StatusUnauthorized, "invalid_client", "credentials belong in the body")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if v.cfg.multipartOnly && kind != "multipart/form-data" {
		return refuse(http.StatusUnsupportedMediaType, "", "multipart/form-data only")
	}
	err := r.HTTP.ParseForm()
	if err == nil && kind != "application/x-www-form-urlencoded" {
		err = r.HTTP.ParseMultipartForm(int64(len(r.Body)))
	}
	form := r.HTTP.PostForm
	switch {
	case err != nil:
		return refuseToken(http.StatusBadRequest, "invalid_request", "body is neither multipart/form-data nor urlencoded")
	case form.Get("grant_type") != "client_credentials":
		return refuseToken(http.StatusBadRequest, "unsupported_grant_type", "grant_type must be client_credentials")
	case form.Get("client_id") != v.cfg.clientID || form.Get("client_secret") != v.cfg.clientSecret:
		return refuseToken(http.StatusUnauthorized, "invalid_client", "wrong credentials")
	}
	if v.cfg.singleToken {
		clear(v.tokens)
	}
	token := rand.Text()
	v.tokens[token] = r.Time.Add(v.cfg.tokenLifetime)
	const format = `{"access_token":%q,"expires_in":%d,"token_type":"bearer"}`
	body := fmt.Appendf(nil, format, token, int(v.cfg.tokenLifetime.Seconds()))
	return &simulator.Reply{Body: body, Verdict: simulator.VerdictOK}
}

// refuseToken answers what RFC 6749 has: nothing is known of Celcoin's error bodies.
func refuseToken(status int, code, description string) *simulator.Reply {
	body := fmt.Appendf(nil, `{"error":%q,"error_description":%q}`, code, description)
	return &simulator.Reply{Status: status, Body: body, Verdict: description}
}

// authorize checks the bearer token of a call. That these are the code and the
// status of each case is seen by integrators, the order of the codes is a guess.
func (v *vendor) authorize(r *simulator.Request) *simulator.Reply {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	expiry, known := v.tokens[token]
	switch {
	case scheme == "" && token == "":
		return refuse(http.StatusUnauthorized, codeTokenMissing, "token missing")
	case !strings.EqualFold(scheme, "bearer") || token == "" || strings.ContainsAny(token, " ,"):
		return refuse(http.StatusUnauthorized, codeTokenFormat, "token malformed")
	case !known:
		return refuse(http.StatusUnauthorized, codeTokenInvalid, "token unknown or revoked")
	case !r.Time.Before(expiry):
		return refuse(http.StatusUnauthorized, codeTokenExpired, "token expired")
	}
	return nil
}
