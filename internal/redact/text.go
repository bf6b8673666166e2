// Package redact keeps secrets, personal data and line breaks out of whatever
// is printed.
package redact

import (
	"fmt"
	"io"
	"net/url"
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
// given secrets, in whatever form a server may echo them, without control
// characters and direction marks, and cut at max bytes.
func Text(s string, limit int, secrets ...string) string {
	if s == "" {
		return ""
	}
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		s = strings.ReplaceAll(s, secret, Mark)
		if escaped := url.QueryEscape(secret); escaped != secret {
			s = strings.ReplaceAll(s, escaped, Mark)
		}
		if escaped := url.PathEscape(secret); escaped != secret {
			s = strings.ReplaceAll(s, escaped, Mark)
		}
	}
	s = strings.Map(printable, s) // invalid UTF-8 comes out as U+FFFD
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

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
