package argument_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/argument"
)

// assertChecked compares the text of a check, which never shows the value.
func assertChecked(t *testing.T, want string, got error) {
	t.Helper()
	if want == "" {
		assert.NoError(t, got)
		return
	}
	require.EqualError(t, got, want+": invalid request")
	require.ErrorIs(t, got, apierror.ErrInvalidRequest)
	assert.NotContains(t, got.Error(), "canary")
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, value             string
		text, required, segment string
	}{
		{"empty", "", "", "F is missing", "F is missing"},
		{"ordinary", "pix-payment-in", "", "", ""},
		{"a slash, which is escaped", "a/b", "", "", ""},
		{"a space", "a b", "", "", ""},
		{"any letters", "recepção 😀", "", "", ""},
		{"a non-breaking space", "a\u00a0b", "", "", ""},
		{"a dot", ".", "", "", "F must not be ., which would change the path"},
		{"two dots", "..", "", "", "F must not be .., which would change the path"},
		{"three dots, which are a name", "...", "", "", ""},
		{"dots in a name", "a..b", "", "", ""},
		{"a line break", "canary\n", "F holds a control character", "F holds a control character", "F holds a control character"},
		{"a NUL", "\x00canary", "F holds a control character", "F holds a control character", "F holds a control character"},
		{"a DEL", "canary\x7f", "F holds a control character", "F holds a control character", "F holds a control character"},
		{"a control character beyond ASCII", "canary\u0085", "F holds a control character", "F holds a control character", "F holds a control character"},
		{"invalid UTF-8", "canary\xff", "F is not valid UTF-8", "F is not valid UTF-8", "F is not valid UTF-8"},
		{"very long", strings.Repeat("a", 100_000), "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assertChecked(t, tt.text, argument.Text("F", tt.value))
			assertChecked(t, tt.required, argument.Required("F", tt.value))
			assertChecked(t, tt.segment, argument.Segment("F", tt.value))
		})
	}
}

func TestMoments(t *testing.T) {
	t.Parallel()
	east, west := time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)
	const outside = "From is not in the years 1970 to 9998"
	for _, tt := range []struct {
		name string
		at   time.Time
		want string
	}{
		{"now", time.Now(), ""},
		{"not set", time.Time{}, "From is not set"},
		{"not set, elsewhere", time.Time{}.In(east), "From is not set"},
		{"a Unix zero, which is a time", time.Unix(0, 0).UTC(), ""},
		{"before", time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), outside},
		{"the last year", time.Date(9998, 12, 31, 23, 59, 59, 0, time.UTC), ""},
		{"after", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), outside},
		{"five digits", time.Date(10000, 1, 1, 0, 0, 0, 0, west), outside},
		{"milliseconds taken for seconds", time.Unix(1_700_000_000_000, 0), outside},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assertChecked(t, tt.want, argument.Time("From", tt.at))
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	a := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	brasilia := time.FixedZone("", -3*3600)
	assertChecked(t, "", argument.Order("From", "To", a, a.Add(1)))
	assertChecked(t, "", argument.Order("From", "To", a, a))
	assertChecked(t, "", argument.Order("From", "To", a, a.In(brasilia)))
	assertChecked(t, "From is after To", argument.Order("From", "To", a.Add(1), a))
	assertChecked(t, "From is after To", argument.Order("From", "To", a.Add(time.Second).In(brasilia), a))
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	assertChecked(t, "Page is negative", argument.Invalid("Page", "is negative"))
}
