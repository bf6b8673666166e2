package transport

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxSeconds is where a number of seconds stops fitting a time.Duration.
const maxSeconds = math.MaxInt64 / int64(time.Second)

// retryAfter reads the hint of a response: how long to wait, and whether there
// was one at all. A date is measured against the response's own Date, so that a
// wrong clock on this machine does not matter. A time in the past is 0.
func retryAfter(r *Response) (time.Duration, bool) {
	value := strings.TrimSpace(r.Header.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if d, ok := seconds(value); ok {
		return d, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	now, ok := Date(r)
	if !ok {
		now = r.Received
	}
	return max(at.Sub(now), 0), true
}

// seconds reads a number of seconds. The standard knows only whole ones; a
// fraction is rounded up. What does not fit a duration is the longest one.
func seconds(s string) (time.Duration, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if !digits(whole) || strings.Contains(s, ".") && !digits(fraction) {
		return 0, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n >= maxSeconds {
		return math.MaxInt64, true
	}
	if strings.Trim(fraction, "0") != "" {
		n++
	}
	return time.Duration(n) * time.Second, true
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Date is the clock of whoever responded, to the second.
func Date(r *Response) (time.Time, bool) {
	t, err := http.ParseTime(r.Header.Get("Date"))
	return t, err == nil
}
