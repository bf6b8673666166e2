package redact_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/internal/redact"
)

func TestTextIsOneCleanLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"an ordinary text", "Webhook não encontrado.", "Webhook não encontrado."},
		{"nothing", "", ""},
		{"line breaks", "a\r\nlevel=ERROR msg=forged", "a  level=ERROR msg=forged"},
		{"other line breaks", "a\u0085b\u2028c\u2029d\ve\ff", "a b c d e f"},
		{"control characters", "a\x00b\x1b[31mc\x7fd\u009be", "a b [31mc d e"},
		{"marks of direction", "a\u202eb\u2066c\u200fd", "a b c d"},
		{"invisible characters", "a\u200bb\ufeffc\u00add", "a b c d"},
		{"a tab", "a\tb", "a b"},
		{"a non-breaking space, as the vendors write it", "a\u00a0b", "a\u00a0b"},
		{"invalid UTF-8", "a\xffb\xc3", "a\ufffdb\ufffd"},
		{"letters beyond the first plane", "a😀b", "a😀b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, redact.Text(tt.in, 1000))
		})
	}
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		limit    int
		want     string
	}{
		{"shorter", "abc", 4, "abc"},
		{"as long", "abcd", 4, "abcd"},
		{"longer", "abcde", 4, "abcd…"},
		{"inside a character", "abcé", 4, "abc…"},
		{"inside a character of four bytes", "a😀", 4, "a…"},
		{"before a first character", "😀", 3, "…"},
		{"at nothing", "abc", 0, "…"},
		{"longer than is searched", strings.Repeat("x", 1<<20), 4, "xxxx…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, redact.Text(tt.in, tt.limit))
		})
	}
}

func TestSecretsAreTakenOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		secrets  []string
		want     string
	}{
		{"as they are", "key s3cret refused", []string{"s3cret"}, "key [redacted] refused"},
		{"each time", "s3cret/s3cret", []string{"s3cret"}, "[redacted]/[redacted]"},
		{"all of them", "id12 and s3cret", []string{"s3cret", "id12"}, "[redacted] and [redacted]"},
		{"escaped for a query", "key=a%2Bb%2Fc%3D+d", []string{"a+b/c= d"}, "key=[redacted]"},
		{"escaped for a query in lower case", "key=a%2bb%2fc%3d", []string{"a+b/c="}, "key=[redacted]"},
		{"escaped for a path", "/a+b%2Fc=%20d/", []string{"a+b/c= d"}, "/[redacted]/"},
		{"escaped for a path in lower case", "/a%2fb%20c/", []string{"a/b c"}, "/[redacted]/"},
		{"escaped by PHP", `a+b\/c`, []string{"a+b/c"}, "[redacted]"},
		{"escaped by .NET", `a\u002Bb/c`, []string{"a+b/c"}, "[redacted]"},
		{"escaped by Go", `a\u0026b=c`, []string{"a&b=c"}, "[redacted]"},
		{"one that begins with another", "12345678901", []string{"12345", "12345678901"}, "[redacted]"},
		{"one that another begins with", "12345678901", []string{"12345678901", "12345"}, "[redacted]"},
		{"one that holds another", "ab12345cd", []string{"12345", "ab12345cd"}, "[redacted]"},
		{"with line breaks", "a\nbcd", []string{"a\nbcd"}, "[redacted]"},
		{"with characters that are replaced", "pass\u200bword x", []string{"pass word"}, "[redacted] x"},
		{"where little else is left", strings.Repeat(strings.Repeat("secret", 100), 1000), []string{strings.Repeat("secret", 100)}, "[redacted]"},
		{"before the text is cut", "0123456789s3cret", []string{"s3cret"}, "0123456789[redac…"},
		{"but not what is too short to mean them", "the cat", []string{"", "a", "the"}, "the cat"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := 1000
			if strings.Contains(tt.want, "…") {
				limit = 16
			}
			before := fmt.Sprint(tt.secrets)
			assert.Equal(t, tt.want, redact.Text(tt.in, limit, tt.secrets...))
			assert.Equal(t, before, fmt.Sprint(tt.secrets), "the list is the caller's")
		})
	}
}

func TestFormatPrintsTheTextForEveryVerb(t *testing.T) {
	t.Parallel()
	v := closed{secret: "canary"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%X", "%10v", "%T %[1]v"} {
		got := fmt.Sprintf(verb, v)
		assert.Contains(t, got, "shown", verb)
		assert.NotContains(t, got, "canary", verb)
	}
	assert.Equal(t, `"shown"`, fmt.Sprintf("%q", v))
	assert.Equal(t, "{Field:shown}", fmt.Sprintf("%+v", struct{ Field closed }{v}))
}

type closed struct{ secret string }

func (c closed) Format(f fmt.State, verb rune) { redact.Format(f, verb, "shown") }

func TestPresence(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "[redacted]", redact.Presence(true))
	assert.Equal(t, "[unset]", redact.Presence(false))
}

// FuzzText: what comes out is one bounded line of valid UTF-8, without the
// secret.
func FuzzText(f *testing.F) {
	f.Add("key s3cret refused", "s3cret", 20)
	f.Add("a\nb\u2028c\u202e\xff", "abcd", 4)
	f.Add("my\u200bsecret my%20secret my+secret", "my secret", 100)
	f.Add("aaaaaaaaa", "aaaa", 3)
	f.Add("😀😀", "\xf0\x9f\x98\x80", 5)
	f.Fuzz(func(t *testing.T, s, secret string, limit int) {
		limit = min(max(limit, 0), 4096)
		got := redact.Text(s, limit, secret)
		assert.LessOrEqual(t, len(got), limit+len("…"))
		assert.True(t, utf8.ValidString(got), "%q", got)
		assert.NotRegexp(t, `[\p{Cc}\p{Cf}\x{2028}\x{2029}]`, got)
		assert.False(t, strings.ContainsFunc(got, unicode.IsControl))
		if len(secret) < 4 || secretOfMarks(secret) {
			return
		}
		// What was put in its place may spell a secret together with what was
		// around it; that is nothing that the server told.
		for rest := range strings.SplitSeq(got, redact.Mark) {
			for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
				assert.NotContains(t, strings.TrimSuffix(rest, "…"), form)
			}
		}
	})
}

// secretOfMarks is one that the marks spell themselves.
func secretOfMarks(secret string) bool {
	marks := redact.Mark + "…" + redact.Mark
	return strings.Contains(marks, secret)
}
