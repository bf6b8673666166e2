// Package redact keeps secrets, personal data and line breaks out of whatever
// is printed.
package redact

import (
	"encoding/json"
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
// given secrets, also in the forms in which servers commonly echo them, without control
// characters and direction marks, and cut at max bytes.
func Text(s string, limit int, secrets ...string) string {
	if s == "" {
		return ""
	}
	tooLong := len(s) > searched
	if tooLong {
		s = s[:searched]
	}
	s = without(s, secrets)
	if clean := strings.Map(printable, s); clean != s { // invalid UTF-8 comes out as U+FFFD
		s = without(clean, secrets) // which may have come together only now
	}
	if tooLong {
		// Where the text was cut, half of a secret may stand; and if much was
		// taken out before it, it is near enough to be shown.
		limit = min(limit, max(len(s)-longestForm*longest(secrets), 0))
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

const (
	// searched is how much of a text is looked at: far more than is ever shown.
	searched = 64 << 10
	// longestForm is how many bytes stand for one of a secret, at most: \\u002B.
	longestForm = 7
)

func longest(secrets []string) (n int) {
	for _, secret := range secrets {
		n = max(n, len(secret))
	}
	return n
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
	// Most texts, request ids above all, have nothing that an escape begins with.
	escaped := strings.ContainsAny(s, `%+\`)
	for _, secret := range possible {
		s = strings.ReplaceAll(s, secret, Mark)
		if !escaped {
			continue
		}
		for _, form := range forms(secret) {
			s = strings.ReplaceAll(s, form, Mark)
		}
	}
	return s
}

// lowerHex is how others than Go escape, in URLs, what base64 has besides
// letters and digits.
var lowerHex = strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d")

// forms are the ways in which a server may echo a secret other than as it is:
// escaped for a URL, or in JSON that is shown as it came, as PHP, .NET and Go write it; and
// that again inside of other JSON.
func forms(secret string) []string {
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	inJSON := []string{
		strings.ReplaceAll(secret, "/", `\/`), strings.ReplaceAll(secret, "+", `\u002B`),
		inner(asJSON(secret)), inner(strconv.Quote(secret)), inner(strconv.QuoteToASCII(secret)),
	}
	all := append([]string{query, path, lowerHex.Replace(query), lowerHex.Replace(path)}, inJSON...)
	for _, form := range inJSON {
		all = append(all, strings.ReplaceAll(form, `\`, `\\`))
	}
	return all
}

// asJSON is a text in Go's JSON, which escapes <, > and & too.
func asJSON(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		return strconv.Quote(s) // a string can always be marshalled
	}
	return string(data)
}

// inner takes the quotes off.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

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
