package survival

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// hostile is a server that answers with any bytes whatever.
type hostile struct {
	url      string
	requests atomic.Int32
	sent     atomic.Int64 // bytes that left before the client did

	answer func(w io.Writer, r *http.Request) error
	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
	all    sync.WaitGroup
}

// serveHostile answers every request, one a connection.
func serveHostile(tb testing.TB, answer func(w io.Writer, r *http.Request) error) *hostile {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	h := &hostile{url: "http://" + listener.Addr().String(), answer: answer, open: make(map[net.Conn]bool)}
	h.all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if h.keep(conn) {
				h.all.Go(func() { h.serve(conn) })
			}
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		h.hangUp()
		h.all.Wait()
	})
	return h
}

func (h *hostile) keep(conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		_ = conn.Close()
		return false
	}
	h.open[conn] = true
	return true
}

func (h *hostile) hangUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for conn := range h.open {
		_ = conn.Close()
	}
}

func (h *hostile) serve(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // it may have been closed by the client, or by hangUp
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	h.requests.Add(1)
	w := bufio.NewWriterSize(countingWriter{conn, &h.sent}, 32<<10)
	if h.answer(w, r) == nil {
		_ = w.Flush()
	}
}

type countingWriter struct {
	io.Writer
	n *atomic.Int64
}

func (w countingWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.n.Add(int64(n))
	return n, err
}

// whole is an answer with a body of n bytes: a beginning, a middle that is
// repeated as long as there is room, and an end.
func whole(status, n int, begin, middle, end string) func(io.Writer, *http.Request) error {
	times := (n - len(begin) - len(end)) / len(middle)
	length := len(begin) + times*len(middle) + len(end)
	return func(w io.Writer, _ *http.Request) error {
		if _, err := io.WriteString(w, "HTTP/1.1 "+strconv.Itoa(status)+" X\r\nConnection: close\r\nContent-Length: "+
			strconv.Itoa(length)+"\r\n\r\n"+begin); err != nil {
			return err
		}
		if err := repeated(w, middle, times); err != nil {
			return err
		}
		_, err := io.WriteString(w, end)
		return err
	}
}

// enough is where the server gives up on a client that reads without end.
const enough = 256 << 20

// repeated writes a text n times; for ever, or nearly, if n is below 0.
func repeated(w io.Writer, text string, n int) error {
	if n < 0 {
		n = enough / len(text)
	}
	at := max(1, (16<<10)/len(text)) // a write for each would take longer than all the rest
	for block := strings.Repeat(text, at); n > 0; n -= at {
		if _, err := io.WriteString(w, block[:min(n, at)*len(text)]); err != nil {
			return err
		}
	}
	return nil
}

// endless writes a beginning, and then the same over and over.
func endless(begin, middle string) func(io.Writer, *http.Request) error {
	return func(w io.Writer, _ *http.Request) error {
		if _, err := io.WriteString(w, begin); err != nil {
			return err
		}
		return repeated(w, middle, -1)
	}
}
