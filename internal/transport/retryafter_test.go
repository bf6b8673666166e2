package transport_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRetryAfter: a date is measured against the answer's Date, though that is
// decades ago.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const longest = time.Duration(math.MaxInt64)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, "  30\t": 30 * time.Second, "120": 2 * time.Minute,
		"1.0": time.Second, "1.5": 2 * time.Second, "0.001": time.Second,
		"9223372035": 9223372035 * time.Second, "9223372036": longest, "9223372036.5": longest,
		"9223372036854775807": longest, strings.Repeat("9", 4000): longest,
		"-1": 0, "+1": 0, ".": 0, "1.2.3": 0, "1,5": 0, "0x10": 0, "1e3": 0, "NaN": 0, "soon": 0,
		"١٢": 0, // digits, but not ASCII ones

		"Sun, 06 Nov 1994 08:51:07 GMT":   90 * time.Second,
		" Sunday, 06-Nov-94 08:51:07 GMT": 90 * time.Second,
		"Sun Nov  6 08:51:07 1994":        90 * time.Second,
		"Sun, 06 Nov 1994 08:49:37 GMT":   0, // now
		"Sun, 06 Nov 1994 08:00:00 GMT":   0, // in the past
		"Fri, 31 Dec 9999 23:59:59 GMT":   longest,
		"Sun, 06 Nov 1994 08:51:07 +0000": 0, // another zone
		"1994-11-06T08:51:07Z":            0,
	} {
		s := settings(play(answers(429, "", "Retry-After", value, "Date", "Sun, 06 Nov 1994 08:49:37 GMT")))
		s.Policy.MaxRetries = -1
		out := newClient(s).Do(t.Context(), get(t, somewhere))
		require.NoError(t, out.Err)
		assert.Equal(t, want, out.RetryAfter, "%.40q", value)
	}
}
