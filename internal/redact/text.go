// Package redact keeps secrets, personal data and line breaks out of whatever
// is printed.
package redact

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mark stands where something was taken out.
const Mark = "[redacted]"

// minSecret is the length under which a value is too common to be searched
// for: it would blot out half of an innocent message.
const minSecret = 4

// Text makes a text from outside fit to be printed on one line: without the
// given secrets, as they are and escaped for a URL, without control characters
// and direction marks, and cut at limit bytes.
func Text(s string, limit int, secrets ...string) string {
	if s == "" {
		return ""
	}
	const searched = 64 << 10 // far more than is ever shown
	tooLong := len(s) > searched
	if tooLong {
		s = s[:searched]
	}
	s = without(jsonEscapes.Replace(s), secrets)
	if clean := strings.Map(printable, s); clean != s { // invalid UTF-8 comes out as U+FFFD
		s = without(clean, secrets) // which may have come together only now
	}
	if tooLong && len(s) < searched/2 {
		return Mark // half of a secret may stand where the search ended, and be shown
	}
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// without takes the secrets out, the longest first: of one that holds another,
// as a document number may hold an account, no rest is to be left.
func without(s string, secrets []string) string {
	var possible []string
	for _, secret := range secrets {
		if len(secret) >= minSecret && len(secret) <= len(s) {
			possible = append(possible, secret)
		}
	}
	slices.SortFunc(possible, func(a, b string) int { return len(b) - len(a) })
	escaped := strings.Contains(s, "%") || strings.Contains(s, "+")
	for _, secret := range possible {
		s = strings.ReplaceAll(s, secret, Mark)
		if !escaped {
			continue
		}
		for _, form := range [...]string{url.QueryEscape(secret), url.PathEscape(secret)} {
			s = strings.ReplaceAll(s, form, Mark)
			s = strings.ReplaceAll(s, lowerHex.Replace(form), Mark)
		}
	}
	return s
}

// lowerHex is how others than Go escape, in URLs, what base64 has besides
// letters and digits.
var lowerHex = strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d")

// jsonEscapes takes the escapes out of a text that was cut out of JSON as it
// came: PHP writes the first, .NET the next two, Go the others.
var jsonEscapes = strings.NewReplacer(
	`\/`, "/", `\u002B`, "+", `\u002b`, "+", `\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\"`, `"`)

// printable maps what could break a line or reorder it to a space. A
// non-breaking space is left, as the vendors write it.
func printable(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
		return ' '
	}
	return r
}

// Format prints text for every verb of package fmt, so that no verb reaches
// the fields behind it.
func Format(f fmt.State, verb rune, text string) {
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	io.WriteString(f, text) //nolint:errcheck,gosec // a fmt.State does not fail
}

// Presence is what may be shown of a secret: whether there is one.
func Presence(set bool) string {
	if set {
		return Mark
	}
	return "[unset]"
}
