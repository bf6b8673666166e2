package render

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Text has a contrast of 4.5 and what is drawn one of 3, as WCAG 2.2 AA asks,
// in both schemes.
func TestColoursAreReadable(t *testing.T) {
	t.Parallel()
	light, rest, found := strings.Cut(pageStyle, "@media screen and (prefers-color-scheme: dark)")
	require.True(t, found)
	dark, _, found := strings.Cut(rest, "* {")
	require.True(t, found)
	for scheme, style := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(style, -1) {
			colours[m[1]] = m[2]
		}
		for _, pair := range []struct {
			front, back string
			least       float64
		}{
			{"ink", "card", 4.5}, {"muted", "card", 4.5}, {"missed", "card", 4.5},
			{"good", "good-tint", 4.5}, {"warn", "warn-tint", 4.5}, {"bad", "bad-tint", 4.5}, {"rest", "rest-tint", 4.5},
			{"recovered", "card", 3}, {"recovered", "band", 3}, {"missed", "band", 3},
			// The filling against what it fills, which needs no sense of colour.
			{"recovered", "missed-tint", 3}, {"missed", "missed-tint", 3},
		} {
			require.Contains(t, colours, pair.front)
			require.Contains(t, colours, pair.back)
			assert.GreaterOrEqual(t, contrast(t, colours[pair.front], colours[pair.back]), pair.least,
				"%s: %s on %s", scheme, pair.front, pair.back)
		}
	}
}

// contrast is WCAG's ratio of two colours.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	first, second := luminance(t, a), luminance(t, b)
	return (max(first, second) + 0.05) / (min(first, second) + 0.05)
}

// luminance is WCAG's relative luminance of a colour of six hex digits.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
