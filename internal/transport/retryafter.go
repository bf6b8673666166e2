package transport

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter is the hint of a response, how long to wait; 0 if there is none, or
// it is a time in the past. A date is measured against the response's own Date,
// so that a wrong clock on this machine does not matter. The standard knows only
// whole seconds; a fraction is rounded up. What does not fit a duration is the
// longest one.
func retryAfter(r *Response) time.Duration {
	value := strings.TrimSpace(r.Header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789.") == "" {
		seconds, _ := strconv.ParseFloat(value, 64) // 0 for what is not a number, infinite for one out of range
		if seconds >= float64(math.MaxInt64/int64(time.Second)) {
			return math.MaxInt64
		}
		return time.Duration(math.Ceil(seconds)) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, ok := Date(r)
	if !ok {
		now = r.Received
	}
	return max(at.Sub(now), 0)
}

// Date is the clock of whoever responded, to the second.
func Date(r *Response) (time.Time, bool) {
	t, err := http.ParseTime(r.Header.Get("Date"))
	return t, err == nil
}
