package journalsql_test

import (
	"io"
	"net"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy is a network between a program and PostgreSQL that fails at a chosen
// moment.
type proxy struct {
	listener net.Listener
	server   string

	answers atomic.Int64 // until the connection is cut in place of one; below zero: never
	mu      sync.Mutex
	stopped chan struct{} // while it is not nil, requests wait for it
	waiting chan struct{} // gets a value when one does
}

// through puts a proxy before a database's server.
func through(t *testing.T, d database) (*proxy, database) {
	t.Helper()
	socket := regexp.MustCompile(`host=(\S+)`)
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed below
	require.NoError(t, err)
	p := &proxy{listener: listener, server: socket.FindStringSubmatch(d.dsn)[1] + "/.s.PGSQL.5432", waiting: make(chan struct{}, 100)}
	p.answers.Store(-1)
	t.Cleanup(func() { _ = listener.Close(); p.resume() })
	go p.serve()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	d.dsn = socket.ReplaceAllString(d.dsn, "host=127.0.0.1 sslmode=disable port="+port)
	return p, d
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", p.server) //nolint:noctx // it is on this machine
		if err != nil {
			_ = client.Close()
			continue
		}
		end := func() { _ = client.Close(); _ = server.Close() }
		go func() { defer end(); p.copy(server, client, p.wait) }()
		go func() { defer end(); p.copy(client, server, p.answer) }()
	}
}

// copy passes on what it reads if the rule lets it.
func (p *proxy) copy(to io.Writer, from io.Reader, rule func() bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !rule() {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cutAfter lets so many answers through. In place of the next, the connection is
// closed: the server has done what it was asked for.
func (p *proxy) cutAfter(answers int64) { p.answers.Store(answers) }

func (p *proxy) answer() bool {
	if p.answers.Load() < 0 {
		return true
	}
	return p.answers.Add(-1) >= 0 // below zero again, it is cut only once
}

// stop holds back what is asked from now on.
func (p *proxy) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = make(chan struct{})
}

// resume passes on what was held back.
func (p *proxy) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil {
		close(p.stopped)
		p.stopped = nil
	}
}

func (p *proxy) wait() bool {
	p.mu.Lock()
	stopped := p.stopped
	p.mu.Unlock()
	if stopped != nil {
		p.waiting <- struct{}{}
		<-stopped
	}
	return true
}
