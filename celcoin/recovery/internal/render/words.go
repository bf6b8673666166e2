package render

import (
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// longest is how many bytes of a text from outside are shown to people.
const longest = 200

// line makes a text from outside one line that is not too long.
func line(s string) string { return strings.TrimSpace(redact.Text(s, longest)) }

// count writes a number with separated thousands.
func count(n int) string {
	s := strconv.Itoa(n)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted writes a number before its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// duration writes a duration in seconds, and below ten of them in milliseconds,
// without units that are zero at its end.
func duration(d time.Duration) string {
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

// skew says which clock is off, and by how much.
func skew(d time.Duration) string {
	if d < 0 {
		return "Celcoin's clock is " + duration(-d) + " behind this machine's"
	}
	return "Celcoin's clock is " + duration(d) + " ahead of this machine's"
}

// answer is what Celcoin answered: "400 CIE999, request abc".
func answer(status int, code, requestID string) string {
	var words []string
	if status != 0 {
		words = append(words, strconv.Itoa(status))
	}
	if code != "" {
		words = append(words, line(code))
	}
	text := strings.Join(words, " ")
	if requestID != "" {
		text = strings.TrimPrefix(text+", request "+line(requestID), ", ")
	}
	return text
}
