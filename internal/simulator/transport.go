package simulator

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// newInside makes a transport whose connections are pipes to a server, without TLS
// even for https. Each request has a connection of its own, which ends with it:
// nothing that waits is left in a bubble, and net/http repeats nothing by itself.
func newInside(server *http.Server) *http.Transport {
	dial := func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		reset := new(atomic.Bool)
		if err := server.Serve(&single{conn: pipeEnd{far, reset}}); errors.Is(err, http.ErrServerClosed) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
		}
		return pipeEnd{near, reset}, nil
	}
	return &http.Transport{DialContext: dial, DialTLSContext: dial, MaxIdleConnsPerHost: -1}
}

// newServer makes a server for newInside or for a socket, which ends with the
// simulator, and its requests too. It logs no broken connections: those are wanted.
func (c *Core) newServer(handler http.Handler) *http.Server {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		BaseContext:       func(net.Listener) context.Context { return c.life },
	}
	c.servers = append(c.servers, server)
	return server
}

// single is a listener of one connection, which the server goes on with when it ends.
type single struct{ conn net.Conn }

func (s *single) Accept() (net.Conn, error) {
	conn := s.conn
	if conn == nil {
		return nil, io.EOF
	}
	s.conn = nil
	return conn, nil
}

func (s *single) Close() error   { return nil }
func (s *single) Addr() net.Addr { return nil }

// pipeEnd is an end of a pipe that can be reset as a socket can.
type pipeEnd struct {
	net.Conn
	reset *atomic.Bool
}

func (p pipeEnd) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if errors.Is(err, io.EOF) && p.reset.Load() {
		err = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	return n, err
}
