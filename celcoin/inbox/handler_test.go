package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

const (
	payload  = `{"entity":"pix-payment-in","status":"CONFIRMED","webhookId":"fake-w1","body":{"taxId":"00000000001","amount":4815.1623}}`
	user     = "receiver"
	password = "test-password"
)

func nothing(context.Context, *inbox.Event) error { return nil }

// request is what Celcoin sends.
func request(body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", strings.NewReader(body))
	r.SetBasicAuth(user, password)
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheStatusSaysWhatBecameOfTheWebhook(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change  func(r *http.Request)
		process inbox.Process
		opts    []inbox.Option
		status  int
		header  string // must be there
		called  bool
	}{
		"processed":                {status: 200, called: true},
		"chunked":                  {change: func(r *http.Request) { r.ContentLength = -1 }, status: 200, called: true},
		"as large as may be":       {opts: []inbox.Option{inbox.WithMaxBody(int64(len(payload)))}, status: 200, called: true},
		"a byte more":              {opts: []inbox.Option{inbox.WithMaxBody(int64(len(payload) - 1))}, status: 413},
		"a byte more, chunked":     {change: func(r *http.Request) { r.ContentLength = -1 }, opts: []inbox.Option{inbox.WithMaxBody(int64(len(payload) - 1))}, status: 413},
		"no bound of zero":         {opts: []inbox.Option{inbox.WithMaxBody(0), inbox.WithTimeout(0), inbox.WithConcurrency(0)}, status: 200, called: true},
		"GET":                      {change: func(r *http.Request) { r.Method = http.MethodGet }, status: 405, header: "Allow"},
		"PUT":                      {change: func(r *http.Request) { r.Method = http.MethodPut }, status: 405, header: "Allow"},
		"not JSON":                 {change: func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("a=b")) }, status: 400},
		"no body":                  {change: func(r *http.Request) { r.Body = http.NoBody }, status: 400},
		"a wrong password":         {change: func(r *http.Request) { r.SetBasicAuth(user, password+"x") }, status: 401, header: "WWW-Authenticate"},
		"a wrong user":             {change: func(r *http.Request) { r.SetBasicAuth("x", password) }, status: 401},
		"no password":              {change: func(r *http.Request) { r.Header.Del("Authorization") }, status: 401},
		"an empty password":        {change: func(r *http.Request) { r.SetBasicAuth(user, "") }, status: 401},
		"a bearer token":           {change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, status: 401},
		"the right password twice": {change: func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }, status: 401},
		"a password that is unset, guessed": {
			change: func(r *http.Request) { r.SetBasicAuth(user, "") },
			opts:   []inbox.Option{inbox.WithBasicAuth(user, "")}, status: 401,
		},
		"failed": {
			process: func(context.Context, *inbox.Event) error { return errors.New(payload) }, status: 500, called: true,
		},
		"panicked": {
			process: func(context.Context, *inbox.Event) error { panic(payload) }, status: 500, called: true, //nolint:forbidigo // as users do
		},
		"aborted": {
			process: func(context.Context, *inbox.Event) error { panic(http.ErrAbortHandler) }, status: 500, called: true,
		},
		"ended its goroutine": {
			process: func(context.Context, *inbox.Event) error { runtime.Goexit(); return nil }, status: 500, called: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			called := false
			var receipts []inbox.Receipt
			opts := append([]inbox.Option{
				inbox.WithBasicAuth(user, password),
				inbox.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
				inbox.WithObserver(func(_ context.Context, r inbox.Receipt) { receipts = append(receipts, r) }),
			}, tt.opts...)
			h := inbox.NewHandler(func(ctx context.Context, e *inbox.Event) error {
				called = true
				assert.Equal(t, payload, string(e.Raw))
				if tt.process != nil {
					return tt.process(ctx, e)
				}
				return nil
			}, opts...)
			r := request(payload)
			if tt.change != nil {
				tt.change(r)
			}
			w := serve(h, r)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, tt.called, called)
			if tt.header != "" {
				assert.NotEmpty(t, w.Header().Get(tt.header))
			}
			require.Len(t, receipts, 1)
			assert.Equal(t, tt.status, receipts[0].StatusCode)
			assert.Equal(t, tt.called, receipts[0].Entity == "pix-payment-in")
			assert.Equal(t, tt.status != 200, receipts[0].Err != nil)
			for _, secret := range []string{"00000000001", "4815.1623", password, "fake-w1"} {
				assert.NotContains(t, log.String(), secret)
				assert.NotContains(t, w.Body.String(), secret)
			}
			assert.Contains(t, log.String(), w.Result().Status[:3])
		})
	}
}

func TestTheAnswerWaitsForProcessAndAClientThatLeavesDoesNotStopIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		ctx, leave := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		var answered atomic.Bool
		h := inbox.NewHandler(func(ctx context.Context, _ *inbox.Event) error {
			leave()
			time.Sleep(5 * time.Second) //nolint:forbidigo // virtual time
			assert.False(t, answered.Load())
			assert.Equal(t, "kept", ctx.Value(key{}))
			return ctx.Err()
		})
		w := serve(h, request(payload).WithContext(ctx))
		answered.Store(true)
		assert.Equal(t, 200, w.Code)
	})
}

func TestAProcessThatIgnoresItsTimeKeepsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		h := inbox.NewHandler(func(ctx context.Context, e *inbox.Event) error {
			if e.WebhookID == "fake-w1" {
				time.Sleep(time.Hour) //nolint:forbidigo // virtual time
				assert.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
			}
			return nil
		}, inbox.WithConcurrency(1), inbox.WithTimeout(3*time.Second))
		assert.Equal(t, 500, serve(h, request(payload)).Code)
		assert.Equal(t, 3*time.Second, time.Since(begun))

		w := serve(h, request(`{"webhookId":"w2"}`))
		assert.Equal(t, 503, w.Code)
		assert.NotEmpty(t, w.Header().Get("Retry-After"))
		time.Sleep(time.Hour) //nolint:forbidigo // virtual time
		assert.Equal(t, 200, serve(h, request(`{"webhookId":"w2"}`)).Code)
	})
}

func TestTenThousandAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const all, places = 10_000, 100
		h := inbox.NewHandler(func(context.Context, *inbox.Event) error {
			time.Sleep(time.Second) //nolint:forbidigo // virtual time
			return nil
		}, inbox.WithConcurrency(places))
		var statuses [600]atomic.Int64
		var wg sync.WaitGroup
		for range all {
			wg.Go(func() { statuses[serve(h, request(payload)).Code].Add(1) })
		}
		wg.Wait()
		assert.EqualValues(t, places, statuses[200].Load())
		assert.EqualValues(t, all-places, statuses[503].Load())
	})
}

// Over a real connection, as net/http sees them.
func TestBodiesThatAreSlowCutOrAskFirst(t *testing.T) {
	t.Parallel()
	var called atomic.Int64
	server := httptest.NewServer(inbox.NewHandler(func(context.Context, *inbox.Event) error {
		called.Add(1)
		return nil
	}))
	defer server.Close()
	head := "POST / HTTP/1.1\r\nHost: receiver.example\r\n"
	for _, tt := range []struct { //nolint:paralleltest // calls are counted
		name   string
		pieces []string
		status string
		calls  int64
	}{
		{"a byte a packet", strings.Split(head+"Connection: close\r\nContent-Length: 2\r\n\r\n{}", ""), "200", 1},
		{"chunks", []string{head + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "1\r\n}\r\n0\r\n\r\n"}, "200", 1},
		{"cut", []string{head + "Content-Length: 20\r\n\r\n{}"}, "400", 0},
		{"cut chunks", []string{head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"}, "400", 0},
		{"too large, asked first", []string{head + "Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n"}, "413", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			called.Store(0)
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close() //nolint:errcheck // it was only read at the end
			for _, piece := range tt.pieces {
				_, err := io.WriteString(conn, piece)
				require.NoError(t, err)
			}
			require.NoError(t, conn.(*net.TCPConn).CloseWrite()) //nolint:errcheck // it is TCP
			answer, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Greater(t, len(answer), 12, "%q", answer)
			assert.Equal(t, tt.status, string(answer[9:12]))
			assert.Equal(t, tt.calls, called.Load())
		})
	}
}
