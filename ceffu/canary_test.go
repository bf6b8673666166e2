package ceffu_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// canaryKey has what base64 has besides letters and digits.
const canaryKey = "CANARY+key/0123456789+abcdef/KEY="

// canaries are secrets that have been planted, and what is looked for in
// whatever is shown: any piece of them of window bytes.
type canaries struct {
	mu     sync.Mutex
	pieces map[string]bool
}

const window = 12

// plantAll plants the API key, the private key in both forms, and its numbers as
// they would be printed.
func plantAll(more ...string) *canaries {
	c, key := &canaries{pieces: make(map[string]bool)}, testKey()
	c.add(canaryKey, testSecret(), key.D.String(), fmt.Sprintf("%x", key.D))
	for _, prime := range key.Primes {
		c.add(prime.String(), fmt.Sprintf("%x", prime))
	}
	for line := range strings.Lines(testPEM()) {
		if !strings.Contains(line, "-----") {
			c.add(strings.TrimSpace(line))
		}
	}
	c.add(more...)
	return c
}

func (c *canaries) add(secrets ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range secrets {
		for i := 0; i+window <= len(secret); i++ {
			c.pieces[secret[i:i+window]] = true
		}
	}
}

// plain undoes how text may have been escaped on its way.
func plain(text string) string {
	text = strings.NewReplacer(`\\/`, "/", `\/`, "/", `\u002B`, "+", `\u002b`, "+", `\u003d`, "=").Replace(text)
	if once, err := url.PathUnescape(text); err == nil {
		return once
	}
	return text
}

// assertAbsent fails for the first piece of a secret in text.
func (c *canaries) assertAbsent(tb testing.TB, text, where string) {
	tb.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, form := range []string{text, plain(text)} {
		for i := 0; i+window <= len(form); i++ {
			if c.pieces[form[i:i+window]] {
				assert.Fail(tb, "a secret is shown", "%s: …%s…", where, form[max(0, i-60):min(len(form), i+60)])
				return
			}
		}
	}
}

var everything = &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}

// canaryLog logs everything in both forms, and says what was logged.
func canaryLog() (*slog.Logger, func() string) {
	var text, jsonText bytes.Buffer
	return slog.New(slog.NewMultiHandler(slog.NewTextHandler(&text, everything), slog.NewJSONHandler(&jsonText, everything))),
		func() string { return text.String() + jsonText.String() }
}

// assertSilent shows v in every way that a program is likely to show it.
func (c *canaries) assertSilent(tb testing.TB, v any) {
	tb.Helper()
	inside := struct {
		Value any
		List  []any
	}{v, []any{v}}
	for _, shown := range []any{v, inside, &inside, map[string]any{"value": v}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3v"} {
			c.assertAbsent(tb, fmt.Sprintf(verb, shown), verb)
		}
		if text, err := json.Marshal(shown); err == nil {
			c.assertAbsent(tb, string(text), "json")
		}
		logger, logged := canaryLog()
		logger.ErrorContext(tb.Context(), "shown", slog.Any("value", shown), slog.Group("group", slog.Any("value", shown)))
		c.assertAbsent(tb, logged(), "slog")
	}
	if err, ok := v.(error); ok {
		for one := err; one != nil; one = errors.Unwrap(one) {
			c.assertAbsent(tb, one.Error(), "chain")
		}
		var withURL *url.Error
		assert.NotErrorAs(tb, err, &withURL)
	}
}
