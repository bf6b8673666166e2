package survival

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/cost"
)

// maxPeak is the limit of the heap while a hostile answer is read, garbage,
// server and test included.
const maxPeak = 64 << 20

// maxSent bounds what a server gets rid of for a request: what is read of a
// success, and what is on its way in the buffers of sockets.
const maxSent = 40 << 20

// big is nearly as much as is read of a success.
const big = 16<<20 - 1024

var (
	// ofAList matches the names of what only a listing decodes.
	ofAList = regexp.MustCompile("webhook|total|date|fraction|same list")
	// likeAList matches those that a token call reads as a listing does.
	likeAList = regexp.MustCompile("^one |member|that close")
)

// TestNoAnswerExhaustsMemory measures, so it shares the process with nobody.
func TestNoAnswerExhaustsMemory(t *testing.T) { //nolint:paralleltest // see above
	cost.SkipUnderRace(t)
	const ok, failed = 200, 500
	nothing := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	piece := "2000\r\n" + strings.Repeat("x", 0x2000) + "\r\n"
	deep := 10_000_000
	tests := map[string]func(io.Writer, *http.Request) error{
		"ten million brackets":              whole(ok, deep, "", "[", ""),
		"ten million brackets in a message": whole(ok, deep, `{"code":"X","status":"ERROR","message":`, "[", ""),
		"brackets that close":               whole(ok, deep, `{"code":`+strings.Repeat("[", 9000), " ", strings.Repeat("]", 9000)+"}"),
		"brackets among the webhooks":       whole(ok, deep, `{"status":"SUCCESS","body":{"webhookDetails":`, "[", ""),
		"objects within objects":            whole(ok, deep, "", `{"message":`, ""),
		"errors within errors":              whole(failed, 1<<20, "", `{"error":`, ""),
		"a long number as the code":         whole(ok, big, `{"code":`, "1", "}"),
		"a long number as the total":        whole(ok, big, `{"status":"SUCCESS","body":{"totalItems":`, "9", "}}"),
		"a long fraction":                   whole(ok, big, `{"status":"SUCCESS","body":{"totalItems":1.`, "9", "}}"),
		"a long number as a webhook's status": whole(ok, big,
			`{"status":"SUCCESS","body":{"totalItems":1,"webhookDetails":[{"httpStatusCode":`, "9", "}]}}"),
		"one long string":                      whole(ok, big, `"`, "x", `"`),
		"one long string as the message":       whole(ok, big, `{"code":"X","status":"ERROR","message":"`, "x", `"}`),
		"one long escaped string":              whole(ok, big, `{"code":"X","status":"ERROR","message":"`, `\u0041`, `"}`),
		"one long string of line breaks":       whole(ok, big, `{"code":"X","status":"ERROR","message":"`, `\n`, `"}`),
		"one long string as the code":          whole(ok, big, `{"status":"ERROR","code":"`, "x", `"}`),
		"one long string as a date":            whole(ok, big, `{"status":"SUCCESS","body":{"totalItems":1,"dateFrom":"`, "2", `"}}`),
		"one long string as a webhook's date":  whole(ok, big, `{"status":"SUCCESS","body":{"totalItems":1,"webhookDetails":[{"createDate":"`, "2", `"}]}}`),
		"one long string as the result":        whole(ok, big, `{"code":"000000","data":"`, "x", `"}`),
		"one long string in a 500":             whole(failed, 1<<20-1, `{"code":"X","message":"`, "x", `"}`),
		"the same member over and over":        whole(ok, big, `{"code":"X"`, `,"message":"again","status":"ERROR"`, "}"),
		"the same list over and over":          whole(ok, big, `{"status":"SUCCESS","body":{"totalItems":1`, `,"webhookDetails":[{},{}]`, "}}"),
		"many members":                         whole(ok, big, `{"code":"X"`, `,"a":0`, "}"),
		"millions of empty webhooks":           whole(ok, big, `{"status":"SUCCESS","body":{"totalItems":1,"webhookDetails":[{}`, ",{}", "]}}"),
		"millions of webhooks that are null":   whole(ok, big, `{"status":"SUCCESS","body":{"totalItems":1,"webhookDetails":[null`, ",null", "]}}"),
		"millions of webhooks that are digits": whole(ok, big, `{"status":"SUCCESS","body":{"totalItems":1,"webhookDetails":[0`, ",0", "]}}"),
		"millions of webhooks of other types":  whole(ok, big, `{"status":"SUCCESS","body":{"totalItems":1,"webhookDetails":[{"webhookId":{}}`, `,{"webhookId":1}`, "]}}"),
		"a body without end":                   endless(nothing, piece),
		"a body without end in a 500":          endless(strings.Replace(nothing, "200", "500", 1), piece),
		"a body until the connection ends":     endless("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 8<<10)),
		"headers without end":                  endless("HTTP/1.1 200 OK\r\n", "X-More: of the same\r\n"),
		"a header line without end":            endless("HTTP/1.1 200 OK\r\nX-More: ", "of the same "),
		"a status line without end":            endless("HTTP/1.1 200 ", "OK "),
		"trailers without end":                 endless(nothing+"0\r\n", "X-More: of the same\r\n"),
		"chunk extensions without end":         endless(nothing+"1", ";x=y"),
		"informational answers without end":    endless("", "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"),
		"a hundred thousand header lines": func(w io.Writer, _ *http.Request) error {
			_, err := io.WriteString(w, "HTTP/1.1 500 X\r\nConnection: close\r\nContent-Length: 0\r\n"+strings.Repeat("A:b\r\n", 100_000)+"\r\n")
			return err
		},
	}
	for name, answer := range tests { //nolint:paralleltest // see above
		t.Run(name, func(t *testing.T) {
			for i, call := range hostileCalls(t) {
				if i == 2 && likeAList.MatchString(name) || i != 1 && ofAList.MatchString(name) {
					continue
				}
				server := serveHostile(t, answer)
				cost.LiveHeap() // so that nothing older counts
				peak := cost.WatchHeap()
				err := call.of(t.Context(), server.url)
				got := peak()
				assert.LessOrEqual(t, got, uint64(maxPeak), "%s: peak of the heap, in MiB: %d", call.name, got>>20)
				assert.LessOrEqual(t, server.requests.Load(), int32(2), "%s: requests", call.name)
				assert.LessOrEqual(t, server.sent.Load(), int64(maxSent)*int64(server.requests.Load()), "%s: bytes", call.name)
				if err != nil {
					assert.Less(t, len(err.Error()), 4<<10, "%s: %.100v", call.name, err)
					assert.True(t, typed(err), "%s: %v", call.name, err)
				}
			}
		})
	}
}

// TestAnAnswerOf512MiBIsGivenUpEarly measures, too.
func TestAnAnswerOf512MiBIsGivenUpEarly(t *testing.T) { //nolint:paralleltest // see above
	cost.SkipUnderRace(t)
	const half = 512 << 20
	block := strings.Repeat("x", 64<<10)
	chunk := "10000\r\n" + block + "\r\n"
	for name, answer := range map[string]func(io.Writer, *http.Request) error{ //nolint:paralleltest // see above
		"announced":           whole(200, half, "{", block, "}"),
		"announced, of a 500": whole(500, half, "{", block, "}"),
		"in chunks": func(w io.Writer, _ *http.Request) error {
			if _, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); err != nil {
				return err
			}
			return repeated(w, chunk, half/len(block))
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, call := range hostileCalls(t) {
				server := serveHostile(t, answer)
				cost.LiveHeap() // so that nothing older counts
				peak := cost.WatchHeap()
				err := call.of(t.Context(), server.url)
				got := peak()
				t.Logf("%s: %.1f MiB, %v", call.name, float64(got)/(1<<20), err)
				require.ErrorIs(t, err, celcoin.ErrServer, call.name) // of both packages
				assert.LessOrEqual(t, got, uint64(maxPeak), "%s: peak of the heap, in MiB: %d", call.name, got>>20)
			}
		})
	}
}

// typed says whether a caller can tell what kind of error it is.
func typed(err error) bool {
	for _, category := range categories {
		if errors.Is(err, category) {
			return true
		}
	}
	if _, ok := errors.AsType[*ceffu.Error](err); ok {
		return true
	}
	if _, ok := errors.AsType[*celcoin.Error](err); ok {
		return true
	}
	// A read that got no answer is of no category.
	return strings.HasPrefix(err.Error(), "celcoin: list webhooks: ") || strings.HasPrefix(err.Error(), "celcoin: token: ")
}

// fixedToken needs no token call.
var fixedToken = celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})}

type hostileCall struct {
	name string
	of   func(ctx context.Context, url string) error
}

// hostileCalls retry once, through the transport that a client has by default.
func hostileCalls(tb testing.TB) []hostileCall {
	tb.Helper()
	return []hostileCall{
		{"resend", func(ctx context.Context, url string) error {
			client, err := ceffu.New(ceffutest.NewServer(tb).Credentials(), ceffu.WithBaseURL(url),
				ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: 1, MaxWait: time.Millisecond}))
			require.NoError(tb, err)
			_, err = client.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: time.Unix(1, 0)})
			return err
		}},
		{"list", func(ctx context.Context, url string) error {
			client, err := celcoin.New(fixedToken, celcoin.WithBaseURL(url),
				celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: 1, MaxWait: time.Millisecond}))
			require.NoError(tb, err)
			q := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: time.Unix(0, 0), To: time.Unix(1, 0)}
			_, err = client.ListWebhooks(ctx, q, celcoin.PageOptions{})
			return err
		}},
		{"token", func(ctx context.Context, url string) error {
			client, err := celcoin.New(celcoin.Credentials{ClientID: "client", ClientSecret: "secret"},
				celcoin.WithBaseURL(url),
				celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: 1, MaxWait: time.Millisecond}))
			require.NoError(tb, err)
			_, err = client.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: "1"})
			return err
		}},
	}
}
