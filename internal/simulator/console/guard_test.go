package console_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header []string
		status int
	}{
		{"curl sends no origin", nil, 200},
		{"a page of the console's own", []string{"Origin", "http://127.0.0.1:8081", "Sec-Fetch-Site", "same-origin"}, 200},
		{"a page of another site", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		{"an old browser on another site", []string{"Origin", "https://evil.example"}, 403},
		{"another port of this machine", []string{"Origin", "http://127.0.0.1:9999"}, 403},
		{"a page without origin", []string{"Origin", "null"}, 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := new(stage)
			w := ask(t, open(t, s), http.MethodPost, "/_sim/say", form("word", "x"), test.header...)
			assert.Equal(t, test.status, w.Code)
			assert.Equal(t, test.status == 200, len(s.said) == 1)
		})
	}
}

func TestOnlyLoopbackNamesAreAnswered(t *testing.T) {
	t.Parallel()
	for host, status := range map[string]int{
		"127.0.0.1:8081":    200,
		"127.0.0.1":         200,
		"localhost:8081":    200,
		"LocalHost":         200,
		"[::1]:8081":        200,
		"[::1]":             200,
		"evil.example":      421,
		"evil.example:8081": 421,
		"192.0.2.1:8081":    421,
		"":                  421,
	} {
		w := ask(t, open(t, new(stage)), http.MethodGet, "/_sim/", "", "Host", host)
		assert.Equal(t, status, w.Code, host)
	}
}

func TestEveryAnswerForbidsWhatItDoesNotNeed(t *testing.T) {
	t.Parallel()
	c := open(t, new(stage))
	for _, w := range []http.Header{
		look(t, c, "/_sim/").Header(),
		look(t, c, "/_sim/state.json").Header(),
		look(t, c, "/_sim/nowhere").Header(),
		ask(t, c, http.MethodPost, "/_sim/say", "", "Origin", "https://evil.example").Header(),
	} {
		assert.Equal(t, "nosniff", w.Get("X-Content-Type-Options"))
		assert.Equal(t, "no-store", w.Get("Cache-Control"))
		policy := w.Get("Content-Security-Policy")
		assert.True(t, strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-"), policy)
		assert.Contains(t, policy, "form-action 'self'")
		assert.Contains(t, policy, "frame-ancestors 'none'")
		assert.NotContains(t, policy, "unsafe")
		assert.NotContains(t, policy, "script-src")
	}
}

func TestThePolicyAllowsTheStyleOfThePage(t *testing.T) {
	t.Parallel()
	w := look(t, open(t, new(stage)), "/_sim/")
	_, rest, ok := strings.Cut(w.Body.String(), "<style>")
	require.True(t, ok)
	style, _, ok := strings.Cut(rest, "</style>")
	require.True(t, ok)
	sum := sha256.Sum256([]byte(style))
	assert.Contains(t, w.Header().Get("Content-Security-Policy"), "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
}

func TestPagesLoadAndRunNothing(t *testing.T) {
	t.Parallel()
	c := open(t, busy())
	for _, target := range pages(t, c) {
		body := look(t, c, target).Body.String()
		for _, bad := range []string{"<script", "<link rel=\"stylesheet", "<img", "http-equiv", "onclick", "href=\"http", "src="} {
			assert.NotContains(t, body, bad, target)
		}
	}
}

func TestBeforeItIsAttachedItSaysSo(t *testing.T) {
	t.Parallel()
	c, err := console.New()
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, ask(t, c, http.MethodGet, "/_sim/", "").Code)
}
