package transport_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hintOf is what the transport makes of the headers of a 429.
func hintOf(t *testing.T, header ...string) time.Duration {
	t.Helper()
	s := settings(play(answers(429, "", header...)))
	s.Policy.MaxRetries = -1
	out := newClient(s).Do(t.Context(), get(t, somewhere))
	require.NoError(t, out.Err)
	return out.RetryAfter
}

func TestRetryAfterInSeconds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value string
		want  time.Duration
	}{
		{"0", 0},
		{"1", time.Second},
		{"120", 2 * time.Minute},
		{"  30\t", 30 * time.Second},
		{"1.0", time.Second},
		{"1.5", 2 * time.Second},
		{"0.001", time.Second},
		{"9223372035", 9223372035 * time.Second},
		{"9223372036", math.MaxInt64},
		{"9223372037", math.MaxInt64},
		{"9223372036854775807", math.MaxInt64},
		{strings.Repeat("9", 4000), math.MaxInt64},
		{"", 0},
		{"-1", 0},
		{"+1", 0},
		{".", 0},
		{"1.2.3", 0},
		{"1,5", 0},
		{"0x10", 0},
		{"NaN", 0},
		{"١٢", 0}, // digits, but not ASCII ones
		{"soon", 0},
	} {
		t.Run(strconv.Quote(tt.value[:min(len(tt.value), 24)]), func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, hintOf(t, "Retry-After", tt.value))
		})
	}
}

func TestRetryAfterAsADate(t *testing.T) {
	t.Parallel()
	const date = "Sun, 06 Nov 1994 08:49:37 GMT"
	for _, tt := range []struct {
		name, value string
		want        time.Duration
	}{
		{"RFC 1123", "Sun, 06 Nov 1994 08:51:07 GMT", 90 * time.Second},
		{"RFC 850", "Sunday, 06-Nov-94 08:51:07 GMT", 90 * time.Second},
		{"asctime", "Sun Nov  6 08:51:07 1994", 90 * time.Second},
		{"in spaces", "  Sun, 06 Nov 1994 08:51:07 GMT ", 90 * time.Second},
		{"the same moment", date, 0},
		{"in the past", "Sun, 06 Nov 1994 08:00:00 GMT", 0},
		{"further than a duration reaches", "Fri, 31 Dec 9999 23:59:59 GMT", math.MaxInt64},
		{"another zone", "Sun, 06 Nov 1994 08:51:07 +0000", 0},
		{"cut off", "Sun, 06 Nov 1994", 0},
		{"ISO 8601", "1994-11-06T08:51:07Z", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, hintOf(t, "Retry-After", tt.value, "Date", date),
				"measured against the answer's Date, though that is decades ago")
		})
	}
}
