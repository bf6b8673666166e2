package render

import (
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// longest is how many bytes of a text from outside are shown to people.
const longest = 200

// Line makes a text from outside one line that is not too long.
func Line(s string) string { return strings.TrimSpace(redact.Text(s, longest)) }

// Count writes a number with separated thousands, and [NotTold] as "?".
func Count(n int) string {
	if n == NotTold {
		return "?"
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Counted writes a number before its noun.
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Duration writes a duration in seconds, and below ten of them in milliseconds,
// without units that are zero at its end.
func Duration(d time.Duration) string {
	unit := time.Second
	if d.Abs() < 10*time.Second {
		unit = time.Millisecond
	}
	s := d.Round(unit).String()
	if rest, ok := strings.CutSuffix(s, "m0s"); ok {
		s = rest + "m"
	}
	if rest, ok := strings.CutSuffix(s, "h0m"); ok {
		s = rest + "h"
	}
	return s
}

// class marks what to look at, and what to look past.
func (n Number) class() string {
	switch {
	case n.Count == 0, n.Count == NotTold:
		return "zero"
	case n.Bad:
		return "attention"
	}
	return ""
}
