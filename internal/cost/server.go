package cost

import (
	"bytes"
	"net"
	"strconv"
	"sync"
	"testing"
)

// Server answers over loopback and allocates nothing for a request, so that all
// that is counted in this process is the client's. It speaks as much of HTTP/1.1
// as net/http's transport does to it.
type Server struct {
	URL string

	next func() []byte
	all  sync.WaitGroup

	mu     sync.Mutex
	open   []net.Conn
	closed bool
}

// Serve starts a server, and stops it when the test ends. The answers come from
// next, whole, as [Answer] makes them: those to requests on different
// connections at the same time.
func Serve(tb testing.TB, next func() []byte) *Server {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{URL: "http://" + listener.Addr().String(), next: next}
	s.all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.all.Go(func() { s.serve(conn) })
		}
	})
	tb.Cleanup(func() {
		listener.Close() //nolint:errcheck,gosec // it ends the loop above, which is all that matters
		s.hangUp()
		s.all.Wait()
	})
	return s
}

// Same is a next that always gives the same body.
func Same(body string) func() []byte {
	answer := Answer(body)
	return func() []byte { return answer }
}

// Answer is a 200 with a JSON body.
func Answer(body string) []byte {
	return []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) +
		"\r\n\r\n" + body)
}

func (s *Server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, conn := range s.open {
		conn.Close() //nolint:errcheck,gosec // the client may have closed it
	}
}

// serve answers the requests of a connection, each of which fits the buffer.
func (s *Server) serve(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // see hangUp
	s.mu.Lock()
	s.open = append(s.open, conn)
	closed := s.closed
	s.mu.Unlock()
	buf, n := make([]byte, 64<<10), 0
	for !closed {
		if end := endOfRequest(buf[:n]); end > 0 {
			n = copy(buf, buf[end:n])
			if _, err := conn.Write(s.next()); err != nil {
				return
			}
			continue
		}
		more, err := conn.Read(buf[n:])
		if err != nil {
			return
		}
		n += more
	}
}

var (
	endOfHead     = []byte("\r\n\r\n")
	contentLength = []byte("\r\nContent-Length: ")
)

// endOfRequest is how long the first request is; 0 if it is not whole.
func endOfRequest(b []byte) int {
	head := bytes.Index(b, endOfHead)
	if head < 0 {
		return 0
	}
	end := head + len(endOfHead) + length(b[:head])
	if end > len(b) {
		return 0
	}
	return end
}

// length is the Content-Length in a head. Package strconv would want a string.
func length(head []byte) (n int) {
	_, digits, _ := bytes.Cut(head, contentLength)
	for _, digit := range digits {
		if digit < '0' || digit > '9' {
			break
		}
		n = 10*n + int(digit-'0')
	}
	return n
}
