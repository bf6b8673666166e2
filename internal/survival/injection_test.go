package survival

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slots are the places of an answer in which a server can put any text: %s raw,
// %j as a part of a JSON string.
var slots = map[string]string{
	"the reason phrase":            "HTTP/1.1 500 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	"the status line":              "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	"what stands instead of HTTP":  "%s\r\n\r\n",
	"the request id":               "HTTP/1.1 500 X\r\nConnection: close\r\nContent-Length: 0\r\nX-Request-Id: %s\r\n\r\n",
	"the correlation id":           "HTTP/1.1 500 X\r\nConnection: close\r\nContent-Length: 0\r\nX-Correlation-Id: %s\r\n\r\n",
	"Retry-After":                  "HTTP/1.1 429 X\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: %s\r\n\r\n",
	"Location":                     "HTTP/1.1 302 X\r\nConnection: close\r\nContent-Length: 0\r\nLocation: https://%s/\r\n\r\n",
	"Date":                         "HTTP/1.1 500 X\r\nConnection: close\r\nContent-Length: 0\r\nDate: %s\r\n\r\n",
	"a header without a colon":     "HTTP/1.1 500 X\r\nConnection: close\r\nContent-Length: 0\r\n%s\r\n\r\n",
	"the name of a header":         "HTTP/1.1 500 X\r\nConnection: close\r\nContent-Length: 0\r\nX-%s: y\r\n\r\n",
	"Content-Length":               "HTTP/1.1 500 X\r\nContent-Length: %s\r\n\r\n",
	"Transfer-Encoding":            "HTTP/1.1 500 X\r\nConnection: close\r\nTransfer-Encoding: %s\r\n\r\n",
	"the size of a chunk":          "HTTP/1.1 500 X\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n",
	"a trailer":                    "HTTP/1.1 500 X\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n%s\r\n\r\n",
	"the code":                     "HTTP/1.1 400 X\r\nConnection: close\r\n\r\n" + `{"code":"%j","error":{"errorCode":"%j"}}`,
	"an older code":                "HTTP/1.1 400 X\r\nConnection: close\r\n\r\n" + `{"errorCode":"%j"}`,
	"the message":                  "HTTP/1.1 400 X\r\nConnection: close\r\n\r\n" + `{"code":"G1","message":"%j","error":{"errorCode":"C1","message":"%j"}}`,
	"the message of a gateway":     "HTTP/1.1 502 X\r\nConnection: close\r\n\r\n" + `{"statusCode":502,"message":"%j"}`,
	"an older message":             "HTTP/1.1 400 X\r\nConnection: close\r\n\r\n" + `{"errorCode":"1","errorMessage":"%j"}`,
	"a message that is an object":  "HTTP/1.1 400 X\r\nConnection: close\r\n\r\n" + `{"code":"G1","message":{"%j":"%j"},"error":{"errorCode":"C1","message":{"%j":["%j"]}}}`,
	"an error of OAuth":            "HTTP/1.1 400 X\r\nConnection: close\r\n\r\n" + `{"error":"%j","error_description":"%j"}`,
	"a success with a code inside": "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n" + `{"status":"ERROR","code":"%j","message":"%j","error":{"errorCode":"%j","message":"%j"}}`,
	"HTML":                         "HTTP/1.1 403 X\r\nConnection: close\r\n\r\n<html>%s</html>",
}

// fill puts a text into a slot.
func fill(slot, text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return err.Error()
	}
	return strings.NewReplacer("%s", text, "%j", string(quoted[1:len(quoted)-1])).Replace(slot)
}

// hostileTexts break lines, drive terminals, and turn what stands behind them
// around.
var hostileTexts = map[string]string{
	"a line break":                 "x\nlevel=INFO msg=\"all is well\"",
	"a carriage return":            "x\rlevel=INFO",
	"both":                         "x\r\n level=INFO",
	"colours":                      "x\x1b[31;1mred\x1b[0m",
	"a title for the terminal":     "x\x1b]0;owned\x07",
	"a cleared screen":             "\x1b[2J\x1b[H",
	"the eight-bit form":           "x\u009b31m\u009d0;owned\u009c",
	"bytes that are no UTF-8":      "x\x9b31m\xff\xfe",
	"line separators":              "x\u2028y\u2029z\u0085w",
	"text that runs backwards":     "x\u202egnp.exe\u2066\u200f",
	"what nobody sees":             "x\u200b\u200d\ufeff\u00ad",
	"backspaces":                   "x\b\b\b\b\b\b\bfine",
	"null":                         "x\x00y",
	"a lot of lines":               strings.Repeat("\n", 500) + "x",
	"quotes that end an attribute": `x" level=INFO msg="all is well`,
}

func TestWhatAServerSaysStaysOnItsLine(t *testing.T) {
	t.Parallel()
	for name, slot := range slots {
		t.Run("in "+name, func(t *testing.T) {
			t.Parallel()
			for _, interview := range slices.Sorted(maps.Keys(interviews)) {
				for what, text := range hostileTexts {
					server := serveHostile(t, func(w io.Writer, _ *http.Request) error {
						_, err := io.WriteString(w, fill(slot, text))
						return err
					})
					network := &http.Transport{}
					s := interviews[interview](t, server.url, network)
					network.CloseIdleConnections()
					require.Error(t, s.err)
					checkLines(t, s, interview+", "+what)
				}
			}
		})
	}
}

// checkLines wants one clean line for everything that is said.
func checkLines(t *testing.T, s *spoken, where string) {
	t.Helper()
	for _, form := range s.forms {
		assert.Equal(t, -1, strings.IndexFunc(form, unsafe), "%s: %q", where, form)
		assert.Less(t, len(form), 8<<10, where)
	}
	records := 0
	for line := range strings.Lines(s.json.String()) {
		records++
		var attributes map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &attributes), "%s: %q", where, line)
		requireSafe(t, attributes, where)
	}
	lines := 0
	for line := range strings.Lines(s.text.String()) {
		lines++
		assert.True(t, strings.HasPrefix(line, "time="), "%s: %q", where, line)
		assert.Equal(t, -1, strings.IndexFunc(strings.TrimSuffix(line, "\n"), unsafe), "%s: %q", where, line)
		requireSafe(t, textValues(line), where)
	}
	assert.Equal(t, records, lines, where)
	assert.Positive(t, lines)
}

// textValues are the values of slog's text form, unquoted.
func textValues(line string) []any {
	var values []any
	for rest := strings.TrimSpace(line); rest != ""; {
		_, value, ok := strings.Cut(rest, "=")
		if !ok {
			break
		}
		if quoted, err := strconv.QuotedPrefix(value); err == nil {
			text, _ := strconv.Unquote(quoted)
			values = append(values, text)
			rest = strings.TrimSpace(value[len(quoted):])
			continue
		}
		value, rest, _ = strings.Cut(value, " ")
		values = append(values, value)
	}
	return values
}

// requireSafe looks at every text, after whatever escapes the log has.
func requireSafe(t *testing.T, value any, where string) {
	t.Helper()
	switch v := value.(type) {
	case string:
		assert.Equal(t, -1, strings.IndexFunc(v, unsafe), "%s: %q", where, v)
	case []any:
		for _, e := range v {
			requireSafe(t, e, where)
		}
	case map[string]any:
		for k, e := range v {
			requireSafe(t, k, where)
			requireSafe(t, e, where)
		}
	}
}

// unsafe are the characters that a terminal or a log viewer may act upon.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}
