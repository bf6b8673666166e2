package celcoin_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// curl is a command line of the documentation.
type curl struct {
	method, url, data string
	header            http.Header
}

var curlFlag = regexp.MustCompile(`(?s)--(\w+) ('[^']*'|\S+)`)

func parseCurl(t *testing.T, file string) curl {
	t.Helper()
	c := curl{header: http.Header{}}
	for _, m := range curlFlag.FindAllStringSubmatch(fixture(t, file), -1) {
		value := strings.Trim(m[2], "'")
		switch m[1] {
		case "request":
			c.method = value
		case "url":
			c.url = value
		case "data":
			c.data = value
		case "header":
			name, v, ok := strings.Cut(value, ": ")
			require.True(t, ok)
			c.header.Set(name, v)
		default:
			t.Fatalf("the flag --%s is not known", m[1])
		}
	}
	return c
}

func TestTheDocumentedCurlLinesAreWhatTheClientSends(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2023, 11, d, 6, 30, 0, 0, brasilia) }
	for file, call := range map[string]func(*celcoin.Client) error{
		"curl-count.txt": func(c *celcoin.Client) error {
			_, err := c.CountWebhooks(t.Context(), celcoin.Query{Entity: celcoin.EntityPixPaymentOut, From: day(3), To: day(28)})
			return err
		},
		"curl-details.txt": func(c *celcoin.Client) error {
			_, err := c.ListWebhooks(t.Context(),
				celcoin.Query{Entity: celcoin.EntityPixPaymentOut, From: day(3), To: day(29)}, celcoin.PageOptions{Limit: 200})
			return err
		},
		"curl-replay.txt": func(c *celcoin.Client) error {
			_, err := c.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{
				Entity: celcoin.EntityPixPaymentOut, From: day(3), To: day(30), WebhookID: "f933b0b1-86fa-4acd-b198-bdb9135da5ec",
				Filter: celcoin.Filter{DocumentNumber: "123", Account: "124", ID: "124", ClientRequestID: "124"},
			})
			return err
		},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			want := parseCurl(t, file)
			token := strings.TrimPrefix(want.header.Get("Authorization"), "Bearer ")
			f := &fake{token: []reply{says(200, `{"access_token":"`+token+`"}`)}}
			require.NoError(t, call(f.client(t)))
			require.Len(t, f.calls(), 1)
			got := f.calls()[0]

			assert.Equal(t, want.method, got.Method)
			gotPath, gotQuery, _ := strings.Cut(got.URI, "?")
			wantPath, wantQuery, _ := strings.Cut(strings.Replace(want.url, celcoin.SandboxURL, prefix, 1), "?")
			assert.Equal(t, wantPath, gotPath)
			assert.ElementsMatch(t, strings.Split(wantQuery, "&"), strings.Split(gotQuery, "&"), "escaped in the same way, too")
			for name := range want.header {
				assert.Equal(t, want.header.Get(name), got.Header.Get(name), name)
			}
			if want.data == "" {
				assert.Empty(t, got.Body)
				assert.Empty(t, got.Header.Get("Content-Type"))
				return
			}
			assert.JSONEq(t, want.data, got.Body)
			assert.JSONEq(t, fixture(t, "replay-request.json"), got.Body)
		})
	}
}
