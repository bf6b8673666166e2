package survival

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/cost"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

const (
	// maxPeak is the limit of the heap while a hostile answer is read, garbage,
	// server and test included.
	maxPeak = 64 << 20
	// big is nearly as much as is read of a success.
	big = 16<<20 - 1024
)

// hostile is an answer: a beginning, a middle that is repeated, and an end.
type hostile struct {
	begin, middle, end string
	times              int
}

// writeTo writes until all is written or the client has left.
func (h hostile) writeTo(w io.Writer) error {
	if _, err := io.WriteString(w, h.begin); err != nil {
		return err
	}
	at := max(1, (16<<10)/len(h.middle)) // a write for each would take longer than all the rest
	for block, n := strings.Repeat(h.middle, at), h.times; n > 0; n -= at {
		if _, err := io.WriteString(w, block[:min(n, at)*len(h.middle)]); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, h.end)
	return err
}

// body is an answer with a body of n bytes or a few fewer.
func body(status, n int, begin, middle, end string) hostile {
	times := (n - len(begin) - len(end)) / len(middle)
	length := len(begin) + times*len(middle) + len(end)
	head := "HTTP/1.1 " + strconv.Itoa(status) + " X\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(length) + "\r\n\r\n"
	return hostile{head + begin, middle, end, times}
}

// endless is an answer that goes on until the server gives up on the client.
func endless(begin, middle string) hostile {
	return hostile{begin, middle, "", (256 << 20) / len(middle)}
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

// checkHostile makes calls to a server with one answer, and bounds what they cost.
func checkHostile(t *testing.T, h hostile, names ...string) {
	t.Helper()
	for _, name := range names {
		var requests atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close() //nolint:errcheck // the client may have closed it
			buffered := bufio.NewWriterSize(conn, 32<<10)
			if h.writeTo(buffered) == nil {
				_ = buffered.Flush()
			}
		}))
		cost.LiveHeap() // so that nothing older counts
		peak := cost.WatchHeap()
		err := hostileCalls[name](t.Context(), t, server.URL)
		got := peak()
		server.Close()
		assert.LessOrEqual(t, got, uint64(maxPeak), "%s: peak of the heap, in MiB: %d", name, got>>20)
		assert.LessOrEqual(t, requests.Load(), int64(2), "%s: requests", name)
		if err != nil {
			assert.Less(t, len(err.Error()), 4<<10, "%s: %.100v", name, err)
			_, resend := errors.AsType[*ceffu.Error](err)
			_, list := errors.AsType[*celcoin.Error](err)
			assert.True(t, resend || list, "%s: %v", name, err)
		}
	}
}

// hostileCalls retry once, through the transport that a client has by default.
var hostileCalls = map[string]func(ctx context.Context, tb testing.TB, url string) error{
	"resend": func(ctx context.Context, tb testing.TB, url string) error {
		tb.Helper()
		client, err := ceffu.New(ceffutest.NewServer(tb).Credentials(), ceffu.WithBaseURL(url),
			ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: 1, MaxWait: time.Millisecond}))
		require.NoError(tb, err)
		_, err = client.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: time.Unix(1, 0)})
		return err
	},
	"list": func(ctx context.Context, tb testing.TB, url string) error {
		tb.Helper()
		token := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"}) // needs no token call
		client, err := celcoin.New(celcoin.Credentials{TokenSource: token}, celcoin.WithBaseURL(url),
			celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: 1, MaxWait: time.Millisecond}))
		require.NoError(tb, err)
		q := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: time.Unix(0, 0), To: time.Unix(1, 0)}
		_, err = client.ListWebhooks(ctx, q, celcoin.PageOptions{})
		return err
	},
}

// TestNoAnswerExhaustsMemory measures the whole process.
func TestNoAnswerExhaustsMemory(t *testing.T) { //nolint:paralleltest // see above
	cost.SkipUnderRace(t)
	const page = `{"status":"SUCCESS","body":{"totalItems":1,"webhookDetails":[`
	for name, h := range map[string]hostile{
		"ten million brackets":              body(200, 10_000_000, "", "[", ""),
		"brackets that close":               body(200, big, `{"code":`+strings.Repeat("[", 9000), " ", strings.Repeat("]", 9000)+"}"),
		"objects within objects":            body(200, big, "", `{"message":`, ""),
		"a long number as the code":         body(200, big, `{"code":`, "1", "}"),
		"one long string":                   body(200, big, `"`, "x", `"`),
		"one long escaped string":           body(200, big, `{"code":"X","status":"ERROR","message":"`, `\u0041`, `"}`),
		"one long string as the code":       body(200, big, `{"status":"ERROR","code":"`, "x", `"}`),
		"one long string in a 500":          body(500, 1<<20-1, `{"code":"X","message":"`, "x", `"}`),
		"the same member over and over":     body(200, big, `{"code":"X"`, `,"message":"again","status":"ERROR"`, "}"),
		"a body without end":                endless(chunked, "2000\r\n"+strings.Repeat("x", 0x2000)+"\r\n"),
		"a body until the connection ends":  endless("HTTP/1.1 500 X\r\n\r\n", strings.Repeat("x", 8<<10)),
		"headers without end":               endless("HTTP/1.1 200 OK\r\n", "X-More: of the same\r\n"),
		"a header line without end":         endless("HTTP/1.1 200 OK\r\nX-More: ", "of the same "),
		"a status line without end":         endless("HTTP/1.1 200 ", "OK "),
		"trailers without end":              endless(chunked+"0\r\n", "X-More: of the same\r\n"),
		"chunk extensions without end":      endless(chunked+"1", ";x=y"),
		"informational answers without end": endless("", "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) { checkHostile(t, h, "resend", "list") })
	}
	for name, h := range map[string]hostile{ //nolint:paralleltest // see above
		"brackets among the webhooks":         body(200, big, page, "[", ""),
		"a long fraction":                     body(200, big, `{"status":"SUCCESS","body":{"totalItems":1.`, "9", "}}"),
		"one long string as a webhook's date": body(200, big, page+`{"createDate":"`, "2", `"}]}}`),
		"the same list over and over":         body(200, big, `{"status":"SUCCESS","body":{"totalItems":1`, `,"webhookDetails":[{},{}]`, "}}"),
		"millions of empty webhooks":          body(200, big, page+"{}", ",{}", "]}}"),
		"millions of webhooks of other types": body(200, big, page+`{"webhookId":{}}`, `,{"webhookId":1}`, "]}}"),
	} {
		t.Run(name, func(t *testing.T) { checkHostile(t, h, "list") })
	}
}

// TestAnAnswerOf512MiBIsGivenUpEarly measures, too.
func TestAnAnswerOf512MiBIsGivenUpEarly(t *testing.T) { //nolint:paralleltest // see above
	cost.SkipUnderRace(t)
	block := strings.Repeat("x", 64<<10)
	for name, h := range map[string]hostile{ //nolint:paralleltest // see above
		"announced":           body(200, 512<<20, "{", block, "}"),
		"announced, of a 500": body(500, 512<<20, "{", block, "}"),
		"in chunks":           {chunked, "10000\r\n" + block + "\r\n", "", 512 << 4},
	} {
		t.Run(name, func(t *testing.T) { checkHostile(t, h, "resend", "list") })
	}
}

// A gigabyte in a megabyte of gzip is read as far as any answer is.
func TestAGzipBombIsNotUnpacked(t *testing.T) { //nolint:paralleltest // it measures memory
	cost.SkipUnderRace(t)
	for _, op := range []operation{operations[0], operations[4]} {
		for _, status := range []int{200, 500} {
			s := newSubject(t, op.vendor, false, retryPolicy{MaxRetries: -1})
			require.NoError(t, s.inject(simulator.Fault{Operation: op.calls, Times: -1, Status: status, Bomb: 1 << 30}))
			cost.LiveHeap()
			peak := cost.WatchHeap()
			_, err := op.do(t.Context(), s, s.id)
			got := peak()
			require.ErrorIs(t, err, celcoin.ErrServer)
			assert.LessOrEqual(t, got, uint64(maxPeak), "%s, %d: in MiB: %d", op.name, status, got>>20)
			s.close()
		}
	}
}

// An error keeps 64 KiB of its answer, and nothing of the rest.
func TestErrorsDoNotHoldOnToTheirAnswers(t *testing.T) { //nolint:paralleltest // it measures memory
	cost.SkipUnderRace(t)
	for _, op := range []operation{operations[0], operations[4]} {
		s := newSubject(t, op.vendor, false, retryPolicy{MaxRetries: -1})
		require.NoError(t, s.inject(simulator.Fault{Operation: op.calls, Times: -1, Status: 200, Size: 4 << 20}))
		before := cost.LiveHeap()
		var kept []error
		for range 8 {
			_, err := op.do(t.Context(), s, s.id)
			require.Error(t, err)
			kept = append(kept, err)
		}
		assert.Less(t, cost.LiveHeap(), before+8<<20, op.name)
		runtime.KeepAlive(kept)
		s.close()
	}
}
