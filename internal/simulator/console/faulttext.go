package console

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// matching strikes requests that hold a text.
func matching(text string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		return err == nil && (strings.Contains(r.Method+" "+r.RequestURI, text) || strings.Contains(string(body), text))
	}
}

// isHeaderName says that a name can stand before a header's colon.
func isHeaderName(name string) bool {
	const others = "!#$%&'*+-.^_`|~"
	odd := func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune(others, r)
	}
	return name != "" && !strings.ContainsFunc(name, odd)
}

// isHeaderValue says that a text stays within its header.
func isHeaderValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// when says in words when a fault strikes.
func when(f simulator.Fault) string {
	words := "every call"
	if f.Operation != "" {
		words = f.Operation
	}
	if f.Match != nil {
		words += " that matches"
	}
	if f.Skip > 0 {
		words += fmt.Sprintf(", after %d of them", f.Skip)
	}
	switch {
	case f.Times > 1:
		words += fmt.Sprintf(", %d times", f.Times)
	case f.Times == 1 || f.Times == 0 && f.Probability == 0:
		words += ", once"
	default:
		words += ", always"
	}
	if f.Probability > 0 {
		words += fmt.Sprintf(", with probability %v", f.Probability)
	}
	return words
}

// harmful says that a fault does anything at all.
func harmful(f simulator.Fault) bool { return f.String() != new(simulator.Fault).String() }
