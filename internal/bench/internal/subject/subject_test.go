package subject

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
)

// seen is what a client sent.
type seen struct {
	method, path string
	query        url.Values
	header       http.Header
	body         []byte
}

// record serves the fixed answers below a path prefix, and keeps the requests
// that are not for a token.
func record(t *testing.T) (target *Target, requests func() []seen) {
	t.Helper()
	answers := server.NewHandler(server.Behaviour{})
	var mu sync.Mutex
	var all []seen
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		if !strings.HasSuffix(r.URL.Path, "/v5/token") {
			mu.Lock()
			all = append(all, seen{r.Method, r.URL.Path, r.URL.Query(), r.Header.Clone(), body})
			mu.Unlock()
		}
		answers.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	target, err := NewTarget(s.URL+"/n-200", nil)
	require.NoError(t, err)
	return target, func() []seen {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

func TestEverySubjectMakesTheSameCalls(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, requests := record(t)
			s, err := New(name, target)
			require.NoError(t, err)
			for _, call := range Calls() {
				require.NoError(t, call.Of(s)(t.Context()), call)
			}
			all := requests()
			require.Len(t, all, 3, "no call is made twice")
			for _, r := range all {
				assert.Equal(t, "application/json", r.header.Get("Accept"))
			}

			resend := all[0]
			assert.Equal(t, http.MethodPost, resend.method)
			assert.Equal(t, "/n-200/open-api/entity/webhook/resend", resend.path)
			assert.Empty(t, resend.query)
			assert.Equal(t, apiKey, resend.header.Get("Open-Apikey"))
			assert.Equal(t, "application/json", resend.header.Get("Content-Type"))
			assertSigned(t, target, resend)
			var body resendRequest
			require.NoError(t, json.Unmarshal(resend.body, &body))
			assert.WithinDuration(t, time.Now(), time.UnixMilli(body.Timestamp), time.Hour)
			body.Timestamp = 0
			assert.Equal(t, resendRequest{"1721442311151521794", "1", 1794130200000, 0}, body)

			details := all[1]
			assert.Equal(t, http.MethodGet, details.method)
			assert.Equal(t, "/n-200/common/v1/webhook/replay/PIX/pix-payment-in/details", details.path)
			assert.Equal(t, url.Values{
				"DateFrom": {"2026-11-08T06:30:00-03:00"}, "DateTo": {"2026-11-08T07:30:00-03:00"},
				"OnlyPending": {"true"}, "Page": {"1"}, "LimitPerPage": {"200"},
			}, details.query)
			assert.Equal(t, "Bearer "+bearerToken, details.header.Get("Authorization"))
			assert.Empty(t, details.body)

			replay := all[2]
			assert.Equal(t, http.MethodPut, replay.method)
			assert.Equal(t, "/n-200/common/v1/webhook/replay/PIX/pix-payment-in", replay.path)
			assert.Equal(t, url.Values{"webhookId": {celcoinWebhook}}, replay.query)
			assert.Equal(t, "Bearer "+bearerToken, replay.header.Get("Authorization"))
			assert.Equal(t, "application/json", replay.header.Get("Content-Type"))
			assert.JSONEq(t, "{}", string(replay.body))
		})
	}
}

func assertSigned(t *testing.T, target *Target, r seen) {
	t.Helper()
	signature, err := base64.StdEncoding.DecodeString(r.header.Get("Signature"))
	require.NoError(t, err)
	digest := sha512.Sum512(r.body)
	assert.NoError(t, rsa.VerifyPKCS1v15(&target.Key.PublicKey, crypto.SHA512, digest[:], signature))
}

// TestNoSubjectTakesAnotherAnswerForItsOwn: a client that is refused would
// otherwise look fast.
func TestNoSubjectTakesAnotherAnswerForItsOwn(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/v5/token") {
			_, _ = io.WriteString(w, `{"access_token":"t","expires_in":2400}`)
			return
		}
		_, _ = io.WriteString(w, `{"data":null,"code":"G20005","status":"ERROR","body":{"totalItems":0}}`)
	}))
	t.Cleanup(s.Close)
	target, err := NewTarget(s.URL, nil)
	require.NoError(t, err)
	for _, name := range Names() {
		subject, err := New(name, target)
		require.NoError(t, err)
		for _, call := range Calls() {
			require.Error(t, call.Of(subject)(t.Context()), "%s, %s", name, call)
		}
	}
	_, err = New("another", target)
	require.Error(t, err)
	require.Error(t, Call("another").Of(nil)(context.Background())) //nolint:usetesting // never used
}

func TestEverySubjectTrustsTheServerOfTheOtherProcess(t *testing.T) {
	t.Parallel()
	s, err := server.Listen(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	roots, err := s.Roots()
	require.NoError(t, err)
	target, err := NewTarget("", nil)
	require.NoError(t, err)
	for _, listener := range []string{server.TLS, server.HTTP2} {
		for i, name := range Names() {
			subject, err := New(name, target.At(s.URLs[listener], roots))
			require.NoError(t, err)
			for range 3 {
				require.NoError(t, subject.Replay(t.Context()), "%s, %s", name, listener)
			}
			counts := s.Counts()[listener]
			assert.EqualValues(t, 3*(i+1), counts.Requests)
			assert.EqualValues(t, i+1, counts.Connections, "one connection for each subject: %s, %s", name, listener)
		}
	}
}
