package celcoin_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// tap is a listener that keeps the bytes that come in.
type tap struct {
	net.Listener
	mu sync.Mutex
	in bytes.Buffer
}

type tapped struct {
	net.Conn
	tap *tap
}

func (l *tap) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &tapped{conn, l}, err
}

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tap.mu.Lock()
	defer c.tap.mu.Unlock()
	c.tap.in.Write(p[:n])
	return n, err
}

// split takes the bytes of a connection apart, with the header lines of each
// request sorted, since their order means nothing.
func split(t *testing.T, raw string) []string {
	t.Helper()
	var out []string
	for raw != "" {
		head, rest, ok := strings.Cut(raw, "\r\n\r\n")
		require.True(t, ok, "half a header: %q", raw)
		length := 0
		lines := strings.Split(head, "\r\n")
		for _, line := range lines {
			if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				var err error
				length, err = strconv.Atoi(n)
				require.NoError(t, err)
			}
		}
		slices.Sort(lines[1:])
		out = append(out, strings.Join(lines, "\n")+"\n\n"+rest[:length])
		raw = rest[length:]
	}
	return out
}

var versions = regexp.MustCompile(`(?m)^User-Agent: reenvio-go/\d+\.\d+\.\d+ go1\.\S+.*$`)

// bytesOf makes calls over one connection, and returns what it carried.
func bytesOf(t *testing.T, calls func(*celcoin.Client)) []string {
	t.Helper()
	l := &tap{}
	s := newServer(t, success, func(s *httptest.Server) {
		l.Listener = s.Listener
		s.Listener = l
	})
	calls(s.client(t))
	l.mu.Lock()
	defer l.mu.Unlock()
	requests := split(t, strings.ReplaceAll(l.in.String(), strings.TrimPrefix(s.URL, "http://"), "HOST"))
	for i, r := range requests {
		assert.Regexp(t, versions, r, "the library and Go, with their versions")
		requests[i] = versions.ReplaceAllString(r, "User-Agent: OURS")
	}
	return requests
}

func TestEveryByteOfARequestIsAsDocumented(t *testing.T) {
	t.Parallel()
	const token = `POST /behind/a-proxy/v5/token HTTP/1.1
Accept-Encoding: gzip
Accept: application/json
Content-Length: 92
Content-Type: application/x-www-form-urlencoded
Host: HOST
User-Agent: OURS

client_id=fake-client&client_secret=fake-secret-for-tests-only&grant_type=client_credentials`
	full := celcoin.Query{
		Entity: celcoin.EntityPixPaymentOut, From: from, To: to, OnlyPending: new(true),
		WebhookID: "84c5fc12-c2e4-4582-9566-9b334a7486a0", DocumentNumber: "04072747580",
		Account: "300540655630", ID: "7", ClientRequestID: "100011",
	}
	filter := celcoin.Filter{DocumentNumber: "123", Account: "124", ID: "125", ClientRequestID: "126"}
	for name, tc := range map[string]struct {
		call func(*celcoin.Client) error
		want string
	}{
		"count with the required arguments": {
			func(c *celcoin.Client) error { _, err := c.CountWebhooks(t.Context(), somewhere); return err },
			`GET /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-out?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&DateTo=2023-11-28T06%3A30%3A00-03%3A00 HTTP/1.1` + get,
		},
		"count with all arguments": {
			func(c *celcoin.Client) error { _, err := c.CountWebhooks(t.Context(), full); return err },
			`GET /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-out?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&DateTo=2023-11-28T06%3A30%3A00-03%3A00&OnlyPending=true&account=300540655630&clientRequestId=100011&documentNumber=04072747580&id=7&webhookId=84c5fc12-c2e4-4582-9566-9b334a7486a0 HTTP/1.1` + get,
		},
		"details with the required arguments": {
			func(c *celcoin.Client) error {
				_, err := c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{})
				return err
			},
			`GET /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-out/details?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&DateTo=2023-11-28T06%3A30%3A00-03%3A00&LimitPerPage=200&Page=1 HTTP/1.1` + get,
		},
		"details with all arguments": {
			func(c *celcoin.Client) error {
				_, err := c.ListWebhooks(t.Context(), full, celcoin.PageOptions{Page: 3, PageSize: 50, Limit: 1000})
				return err
			},
			`GET /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-out/details?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&DateTo=2023-11-28T06%3A30%3A00-03%3A00&Limit=1000&LimitPerPage=50&OnlyPending=true&Page=3&account=300540655630&clientRequestId=100011&documentNumber=04072747580&id=7&webhookId=84c5fc12-c2e4-4582-9566-9b334a7486a0 HTTP/1.1` + get,
		},
		"the replay of one webhook": {
			func(c *celcoin.Client) error { _, err := c.ReplayWebhooks(t.Context(), one); return err },
			`PUT /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-out?webhookId=f933b0b1 HTTP/1.1` + put(2) + `{}`,
		},
		"a replay with window and filter": {
			func(c *celcoin.Client) error {
				_, err := c.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{
					Entity: celcoin.EntityPixPaymentOut, WebhookID: "f933b0b1", From: from, To: to,
					OnlyPending: new(false), Filter: filter,
				})
				return err
			},
			`PUT /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-out?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&DateTo=2023-11-28T06%3A30%3A00-03%3A00&OnlyPending=false&webhookId=f933b0b1 HTTP/1.1` +
				put(86) + `{"filter":{"documentNumber":"123","account":"124","id":"125","clientRequestId":"126"}}`,
		},
		"a bulk replay": {
			func(c *celcoin.Client) error {
				_, err := c.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{
					Entity: celcoin.EntityPixPaymentIn, Bulk: true, OnlyPending: new(true),
					Filter: celcoin.Filter{Account: "124"},
				})
				return err
			},
			`PUT /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-in?OnlyPending=true HTTP/1.1` + put(28) + `{"filter":{"account":"124"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := bytesOf(t, func(c *celcoin.Client) { require.NoError(t, tc.call(c)) })
			require.Len(t, got, 2)
			assert.Equal(t, token, got[0])
			assert.Equal(t, tc.want, got[1])
		})
	}
}

const get = `
Accept-Encoding: gzip
Accept: application/json
Authorization: Bearer token-1
Host: HOST
User-Agent: OURS

`

func put(length int) string {
	return `
Accept-Encoding: gzip
Accept: application/json
Authorization: Bearer token-1
Content-Length: ` + strconv.Itoa(length) + `
Content-Type: application/json
Host: HOST
User-Agent: OURS

`
}

func TestTheTokenCallHasTheCredentialsInItsBodyAndNowhereElse(t *testing.T) {
	t.Parallel()
	f := &fake{}
	odd := celcoin.Credentials{ClientID: "a&b=c d+é", ClientSecret: `%/"\?#`}
	_, err := clientOf(t, odd, f).CountWebhooks(t.Context(), somewhere)
	require.NoError(t, err)
	require.Len(t, f.tokens(), 1)
	got := f.tokens()[0]
	assert.Equal(t, http.MethodPost, got.Method)
	assert.Equal(t, "client_id=a%26b%3Dc+d%2B%C3%A9&client_secret=%25%2F%22%5C%3F%23&grant_type=client_credentials", got.Body)
	assert.NotContains(t, got.Header, "Authorization", "never Basic")
}
