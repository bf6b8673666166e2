package journal

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFileNamesAreSafeAndCanBeReadBack(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"plan":               "plan",
		"pix-payment-in.1_a": "pix-payment-in.1_a",
		"Plan":               "%50lan",
		"a/../b":             "a%2F..%2Fb",
		"..":                 "%2E.",
		".locks":             "%2Elocks",
		`a\b:c*?"<>|%`:       "a%5Cb%3Ac%2A%3F%22%3C%3E%7C%25",
		"ação":               "a%C3%A7%C3%A3o",
		"a b~":               "a%20b%7E",
		"con":                "%63on",
		"nul.jsonl":          "%6Eul.jsonl",
		"console":            "console",
	} {
		require.Equal(t, want, fileName(name))
		back, ok := nameOf(want)
		require.True(t, ok, name)
		require.Equal(t, name, back)
		require.True(t, filepath.IsLocal(want) && filepath.Base(want) == want, name)
	}
	for _, foreign := range []string{"Plan", "%", "%2f", "%61", "a b"} {
		_, ok := nameOf(foreign)
		require.False(t, ok, foreign)
	}
}

func TestVeryLongNamesStayApart(t *testing.T) {
	t.Parallel()
	one, other := strings.Repeat("É", 99)+"a", strings.Repeat("É", 99)+"b"
	require.LessOrEqual(t, len(fileName(one)), maxFileName)
	require.NotEqual(t, fileName(one), fileName(other))
	_, ok := nameOf(fileName(one))
	require.False(t, ok)
}
