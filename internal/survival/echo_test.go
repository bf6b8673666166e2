package survival

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoEchoedSecretIsRepeated lets a server put what it was sent into every
// slot, as it is and in the forms in which servers write texts.
func TestNoEchoedSecretIsRepeated(t *testing.T) {
	t.Parallel()
	for name, slot := range slots {
		t.Run("in "+name, func(t *testing.T) {
			t.Parallel()
			for _, interview := range slices.Sorted(maps.Keys(interviews)) {
				for form, write := range echoes {
					for _, tokenToo := range []bool{false, true} {
						checkSecrets(t, slot, write, interview, interview+", "+form, tokenToo)
					}
				}
			}
		})
	}
}

// echoedToken has what needs to be escaped.
const echoedToken = "eyJhbGciOi/JIUzI1NiI+sInR5cCI6IkpXVCJ9=="

var echoes = map[string]func(secrets []string) string{
	"as they are":        func(s []string) string { return strings.Join(s, " ") },
	"escaped for a URL":  func(s []string) string { return url.QueryEscape(strings.Join(s, "x")) },
	"escaped for a path": func(s []string) string { return url.PathEscape(strings.Join(s, "-")) },
	"in JSON":            quoted,
	"in JSON in JSON":    func(s []string) string { return quoted([]string{quoted(s)}) },
	"behind a long text": func(s []string) string { return strings.Repeat("x", 1000) + strings.Join(s, " ") },
	"many times over":    func(s []string) string { return strings.Repeat(strings.Join(s, " ")+" ", 20) },
}

func quoted(s []string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// secretsOf finds what a request holds that nobody may read.
func secretsOf(r *http.Request) (secrets []string, token bool) {
	for _, name := range []string{"Open-Apikey", "Signature", "Authorization"} {
		if value := r.Header.Get(name); value != "" {
			secrets = append(secrets, strings.TrimPrefix(value, "Bearer "))
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, false
	}
	if token = isToken(r); token {
		return []string{secretID, secretPassword}, true
	}
	if strings.Contains(r.URL.RawQuery+string(body), document) {
		secrets = append(secrets, document, secretAccount)
	}
	return secrets, false
}

// checkSecrets has every request echoed; the token call's only if asked to, as
// the other calls come to be made, and echoed, only once there is a token.
func checkSecrets(t *testing.T, slot string, write func([]string) string, interview, where string, tokenToo bool) {
	t.Helper()
	var mu sync.Mutex
	var secrets []string
	server := serveHostile(t, func(w io.Writer, r *http.Request) error {
		of, token := secretsOf(r)
		mu.Lock()
		secrets = append(secrets, of...)
		mu.Unlock()
		answer := fill(slot, write(of))
		if token && !tokenToo {
			answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + `{"access_token":"` + echoedToken + `"}`
		}
		_, err := io.WriteString(w, answer)
		return err
	})
	network := &http.Transport{}
	s := interviews[interview](t, server.url, network)
	network.CloseIdleConnections()
	require.Error(t, s.err)
	mu.Lock()
	defer mu.Unlock()
	require.NotEmpty(t, secrets)
	for _, secret := range secrets {
		for _, shown := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(quoted([]string{secret}), `[]"`)} {
			assert.NotContains(t, s.all(), shown, where)
		}
	}
	checkLines(t, s, where)
}
