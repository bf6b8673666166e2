package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

func TestTheAttemptTimeout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		attempt, client time.Duration // of the settings and of http.Client
		want            time.Duration // 0: none
	}{
		{"as set", time.Minute, 0, time.Minute},
		{"none", 0, 0, 0},
		{"of the http.Client if that is shorter", time.Minute, time.Second, time.Second},
		{"of the http.Client if there is no other", 0, time.Second, time.Second},
		{"not of the http.Client if that is longer", time.Second, time.Minute, time.Second},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			s := settings(play(hangs(true)))
			s.Policy.MaxRetries = -1
			s.AttemptTimeout, s.HTTPClient.Timeout = tt.attempt, tt.client
			begin := time.Now()
			out := newClient(s).Do(ctx, get(t, somewhere))
			if tt.want == 0 {
				assert.Equal(t, time.Hour, time.Since(begin))
				assert.ErrorIs(t, out.Err, context.DeadlineExceeded)
				return
			}
			assert.Equal(t, tt.want, time.Since(begin))
			require.ErrorContains(t, out.Err, "the attempt timeout of "+tt.want.String())
			require.NotErrorIs(t, out.Err, context.DeadlineExceeded, "it is not the caller's deadline")
			timeout, ok := errors.AsType[net.Error](out.Err)
			assert.True(t, ok && timeout.Timeout(), "programs look for a net.Error")
		})
	}
}

// TestTheAttemptTimeoutIsOfOneAttempt: not of the waits, nor of what Prepare
// does for the credentials.
func TestTheAttemptTimeoutIsOfOneAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(status int) step {
			return func(req *http.Request) (*http.Response, error) {
				pause(req.Context(), 900*time.Millisecond)
				return answers(status, "{}", "Retry-After", "60")(req)
			}
		}
		server := play(slow(503), slow(429), slow(200))
		s := settings(server)
		s.AttemptTimeout = time.Second
		call := put(t, somewhere, transport.NonIdempotent)
		call.codec = codec{authorize: func(ctx context.Context, _ http.Header) ([]byte, error) {
			pause(ctx, 10*time.Second)
			return nil, ctx.Err()
		}}
		out := newClient(s).Do(t.Context(), call)
		require.NoError(t, out.Err)
		assert.Equal(t, 200, out.Response.Status)
		assert.Equal(t, 3, server.requests())
	})
}

// TestTheAttemptTimeoutCoversTheBody: the answer is read inside the attempt.
func TestTheAttemptTimeoutCoversTheBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, tr := serveMemory(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			for {
				if _, err := io.WriteString(w, "."); err != nil {
					return
				}
				if http.NewResponseController(w).Flush() != nil || !pause(r.Context(), 100*time.Millisecond) {
					return
				}
			}
		})
		s := settings(tr)
		s.AttemptTimeout = time.Second
		begin := time.Now()
		out := newClient(s).Do(t.Context(), put(t, "http://vendor.test/", transport.NonIdempotent))
		require.ErrorContains(t, out.Err, "the attempt timeout of 1s")
		assert.Equal(t, time.Second, time.Since(begin))
		assert.True(t, out.InDoubt)
		assert.Equal(t, 1, out.Attempts)
		synctest.Wait()
	})
}

// pause waits, and tells whether ctx let it.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
