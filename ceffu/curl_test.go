package ceffu_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The curl line of Ceffu's page and our client give the same request for the
// same arguments, at the moment at which the page was written.
func TestTheDocumentedCurlLineIsTheSameRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		want := parseCurl(t, fixture(t, "resend-curl.txt"))
		<-time.After(time.Until(time.UnixMilli(1699256508000)))

		vendor := answering(accepted)
		_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest())
		require.NoError(t, err)
		require.Len(t, vendor.requests(), 1)
		got := vendor.requests()[0]

		assert.Equal(t, want.Method, got.Method)
		assert.Equal(t, want.Path, got.Path)
		own := []string{"Accept", "User-Agent"} // as curl has its own
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(got.Header)), func(name string) bool { return slices.Contains(own, name) })
		assert.Equal(t, slices.Sorted(maps.Keys(want.Header)), names)
		assert.Equal(t, want.Header.Get("Content-Type"), got.Header.Get("Content-Type"))
		assert.Equal(t, want.members(t), got.members(t))
		assert.JSONEq(t, fixture(t, "resend-request.json"), string(got.Body))
	})
}

// Of what is in quotes, curl takes every byte.
var curlOption = regexp.MustCompile(`(?s)(--request POST|--header|--data-raw) '([^']*)'`)

func parseCurl(tb testing.TB, line string) sent {
	tb.Helper()
	s := sent{Header: http.Header{}}
	for _, m := range curlOption.FindAllStringSubmatch(line, -1) {
		switch option, value := m[1], m[2]; option {
		case "--request POST":
			s.Method, s.Path = http.MethodPost, value
		case "--header":
			name, rest, _ := strings.Cut(strings.Replace(value, ";", ":", 1), ":") // "name;" sends it empty
			s.Header.Set(name, strings.TrimSpace(rest))
		case "--data-raw":
			require.True(tb, json.Valid([]byte(value)), "body %q", value)
			s.Body = []byte(value)
		}
	}
	require.Len(tb, s.Header, 3)
	require.NotEmpty(tb, s.Body)
	return s
}
