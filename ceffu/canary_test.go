package ceffu_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/ceffu"
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

func plant(secrets ...string) *canaries {
	c := &canaries{pieces: make(map[string]bool)}
	for _, s := range secrets {
		c.add(s)
	}
	return c
}

func (c *canaries) add(secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := 0; i+window <= len(secret); i++ {
		c.pieces[secret[i:i+window]] = true
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
		for name, handler := range handlers {
			var out bytes.Buffer
			slog.New(handler(&out)).ErrorContext(tb.Context(), "shown", slog.Any("value", shown),
				slog.Group("group", slog.Any("value", shown)))
			c.assertAbsent(tb, out.String(), name)
		}
	}
	if err, ok := v.(error); ok {
		c.assertTree(tb, err)
	}
}

var handlers = map[string]func(*bytes.Buffer) slog.Handler{
	"slog as text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, everything) },
	"slog as JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, everything) },
}

var everything = &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}

// assertTree looks at each error of ours in the chain. Those of others are
// theirs, but none of them may be the one of net/http that holds the URL.
func (c *canaries) assertTree(tb testing.TB, err error) {
	tb.Helper()
	if err == nil {
		return
	}
	kind := reflect.TypeOf(err)
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if strings.Contains(kind.PkgPath(), "reenvio") || kind.PkgPath() == "fmt" && strings.HasPrefix(err.Error(), "ceffu:") {
		c.assertAbsent(tb, err.Error(), kind.String())
	}
	assert.NotEqual(tb, reflect.TypeFor[url.Error](), kind, "the URL is in the chain")
	switch e := err.(type) { //nolint:errorlint // this is a walk through the whole chain
	case interface{ Unwrap() error }:
		c.assertTree(tb, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			c.assertTree(tb, inner)
		}
	}
}

// canaryLog logs everything in both forms, and says what was logged.
func canaryLog() (*slog.Logger, func() string) {
	var text, jsonText bytes.Buffer
	return slog.New(slog.NewMultiHandler(slog.NewTextHandler(&text, everything), slog.NewJSONHandler(&jsonText, everything))),
		func() string { return text.String() + jsonText.String() }
}

func TestTheCanariesAreSeen(t *testing.T) {
	t.Parallel()
	c := plant(canaryKey)
	for _, shown := range []string{
		canaryKey, "a " + canaryKey[3:20], strings.ReplaceAll(canaryKey, "/", `\/`), url.QueryEscape(canaryKey), fmt.Sprintf("%q", canaryKey),
	} {
		mock := new(testing.T)
		c.assertAbsent(mock, shown, "test")
		assert.True(t, mock.Failed(), shown)
	}
	assert.NotPanics(t, func() { c.assertSilent(t, &ceffu.Error{}) })
}
