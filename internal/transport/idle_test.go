package transport_test

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// dying is a connection that serves one exchange and is dead for the next,
// which is noticed only there, as with a NAT that forgot it.
type dying struct {
	net.Conn

	writeErr, readErr error // of the second request; nil: as ever
	writes            atomic.Int64
}

func (d *dying) Write(b []byte) (int, error) {
	if d.writes.Add(1) > 1 && d.writeErr != nil {
		return 0, d.writeErr
	}
	return d.Conn.Write(b)
}

func (d *dying) Read(b []byte) (int, error) {
	n, err := d.Conn.Read(b)
	if d.writes.Load() > 1 && d.readErr != nil {
		return 0, d.readErr // the far end has got the request, and its answer is lost
	}
	return n, err
}

// idleTwice makes two calls in a bubble; the connection of the first is dead
// for the second, and dial says what becomes of the next.
func idleTwice(t *testing.T, first func(net.Conn) net.Conn, redial error, class transport.Class) (out transport.Outcome, served []string) {
	t.Helper()
	m, tr := serveMemory(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		served = append(served, string(body))
	})
	m.dial = func(n int) (func(net.Conn) net.Conn, error) {
		if n == 1 {
			return first, nil
		}
		return nil, redial
	}
	c := newClient(settings(tr))
	require.NoError(t, c.Do(t.Context(), put(t, "http://vendor.test/", class)).Err)
	synctest.Wait()
	out = c.Do(t.Context(), put(t, "http://vendor.test/", class))
	synctest.Wait()
	return out, served
}

func TestADeadIdleConnection(t *testing.T) {
	t.Parallel()
	unwritable := func(c net.Conn) net.Conn { return &dying{Conn: c, writeErr: syscall.EPIPE} }
	unreadable := func(c net.Conn) net.Conn { return &dying{Conn: c, readErr: errReset} }
	for _, tt := range []struct {
		name     string
		class    transport.Class
		first    func(net.Conn) net.Conn
		redial   error
		attempts int
		served   int // at least
		inDoubt  bool
	}{
		{"nothing was written: net/http sends the same bytes on a new one", transport.NonIdempotent, unwritable, nil, 1, 2, false},
		{"nothing was written, and no new one comes about: not sent", transport.NonIdempotent, unwritable, errRefused, 3, 1, false},
		{"the request was written and the answer is lost: in doubt", transport.NonIdempotent, unreadable, nil, 1, 1, true},
		{"a repeatable call is sent again on a new one", transport.Idempotent, unreadable, nil, 2, 2, false},
		{"a repeatable call that finds no new one stays in doubt", transport.Idempotent, unreadable, errRefused, 3, 1, true},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			out, served := idleTwice(t, tt.first, tt.redial, tt.class)
			assert.Equal(t, tt.attempts, out.Attempts, "attempts")
			assert.Equal(t, tt.inDoubt, out.InDoubt, "in doubt")
			assert.GreaterOrEqual(t, len(served), tt.served)
			for _, body := range served {
				assert.Equal(t, `{"thing":1}`, body)
			}
			assert.Equal(t, tt.served == 2, out.Err == nil, "%v", out.Err)
		})
	}
}
