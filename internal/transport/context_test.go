package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

var errShutdown = errors.New("shutting down")

// ends are the ways in which a context ends a second after the call began.
var ends = []struct {
	name     string
	with     func(context.Context) (context.Context, context.CancelFunc)
	cause    error // beside ctx.Err()
	deadline bool
}{
	{"cancelled", func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(time.Second, cancel)
		return ctx, cancel
	}, context.Canceled, false},
	{"cancelled with a cause", func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancelCause(ctx)
		time.AfterFunc(time.Second, func() { cancel(errShutdown) })
		return ctx, func() { cancel(nil) }
	}, errShutdown, false},
	{"at its deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, time.Second)
	}, context.DeadlineExceeded, true},
	{"at its deadline with a cause", func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeoutCause(ctx, time.Second, errShutdown)
	}, errShutdown, true},
}

// assertEnded: both ends are found, and the text has each once.
func assertEnded(t *testing.T, ctx context.Context, cause, err error) {
	t.Helper()
	require.ErrorIs(t, err, ctx.Err())
	require.ErrorIs(t, err, cause)
	want := ctx.Err().Error()
	if !errors.Is(cause, ctx.Err()) {
		want += ": " + cause.Error()
	}
	assert.EqualError(t, err, want)
}

func TestAContextThatEnds(t *testing.T) {
	t.Parallel()
	for _, end := range ends {
		for _, tt := range []struct {
			name     string
			class    transport.Class
			steps    []step
			wait     time.Duration // before the call
			requests int
			inDoubt  bool
			answer   bool
		}{
			{"before the first attempt", transport.NonIdempotent, []step{answers(200, "{}")}, time.Second, 0, false, false},
			{"during a read", transport.Safe, []step{hangs(true)}, 0, 1, false, false},
			{"during a once call", transport.NonIdempotent, []step{hangs(true)}, 0, 1, true, false},
			{"during a repeatable call", transport.Idempotent, []step{hangs(true)}, 0, 1, true, false},
			{"while a once call connects", transport.NonIdempotent, []step{hangs(false)}, 0, 1, false, false},
			{"during the second attempt", transport.NonIdempotent, []step{answers(429, ""), hangs(true)}, 0, 2, true, true},
			{"during a wait", transport.NonIdempotent, []step{answers(429, "", "Retry-After", "10")}, 0, 1, false, true},
		} {
			if end.deadline && tt.name == "during a wait" {
				continue // which is not begun
			}
			bubble(t, end.name+" "+tt.name, func(t *testing.T) {
				ctx, cancel := end.with(t.Context())
				defer cancel()
				begin := time.Now()
				if tt.wait > 0 {
					<-ctx.Done()
				}
				server := play(tt.steps...)
				out := newClient(settings(server)).Do(ctx, put(t, somewhere, tt.class))

				assertEnded(t, ctx, end.cause, out.Err)
				assert.Equal(t, time.Second, time.Since(begin), "at once")
				assert.Equal(t, tt.requests, server.requests(), "requests")
				assert.Equal(t, tt.requests, out.Attempts, "attempts")
				assert.Equal(t, tt.inDoubt, out.InDoubt, "in doubt")
				assert.Equal(t, tt.answer, out.Response != nil, "an answer")
			})
		}
	}
}

// TestAnAnswerThatArrivesWithTheEnd: an answer that ends the call is its
// result, although the caller has left; one that asks for more is not.
func TestAnAnswerThatArrivesWithTheEnd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		step  step
		ended bool
	}{
		{"a success counts", answers(200, "{}"), false},
		{"a refusal counts", answers(400, ""), false},
		{"a rate limit does not", answers(429, ""), true},
		{"a 500 of a read does not", answers(500, ""), true},
		{"new credentials do not", means("reauthorize"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			server := play(func(req *http.Request) (*http.Response, error) {
				cancel(errShutdown)
				return tt.step(req)
			})
			call := get(t, somewhere)
			call.Waiting = func(time.Duration, error) { assert.Fail(t, "a retry is announced") }
			out := newClient(settings(server)).Do(ctx, call)
			assert.NotNil(t, out.Response)
			assert.Equal(t, 1, server.requests())
			if tt.ended {
				assertEnded(t, ctx, errShutdown, out.Err)
			} else {
				assert.NoError(t, out.Err)
			}
		})
	}
}

// TestAContextThatEndsWhilePreparing: nothing has been sent, so nothing may be
// in doubt, also where Authorize does not notice.
func TestAContextThatEndsWhilePreparing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	server := play(hangs(true))
	call := put(t, somewhere, transport.NonIdempotent)
	call.codec = codec{authorize: func(context.Context, http.Header) ([]byte, error) {
		cancel(errShutdown)
		return nil, nil
	}}
	out := newClient(settings(server)).Do(ctx, call)
	assertEnded(t, ctx, errShutdown, out.Err)
	assert.Zero(t, server.requests())
	assert.Zero(t, out.Attempts)
	assert.False(t, out.InDoubt)
}

// TestTheDeadlineIsTheCallersOwn: other timeouts claim to be
// context.DeadlineExceeded too, net's and net/http's own among them. Here it
// means that the caller's context ended, and nothing else.
func TestTheDeadlineIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	for _, end := range []error{context.DeadlineExceeded, context.Canceled} {
		bubble(t, end.Error(), func(t *testing.T) {
			cause := errReset
			server := play(fails(fmt.Errorf("dial: %w, %w", end, cause)))
			out := newClient(settings(server)).Do(t.Context(), get(t, somewhere))
			assert.Equal(t, 3, server.requests(), "it is retried like any other")
			require.NotErrorIs(t, out.Err, end)
			require.EqualError(t, out.Err, "dial: "+end.Error()+", "+cause.Error())
			require.ErrorIs(t, out.Err, cause, "the cause can still be looked at")
		})
	}
}

// TestADeadlineThatTheTransportSawFirst: its timer and that of the context are
// two, and either can be the first.
func TestADeadlineThatTheTransportSawFirst(t *testing.T) {
	t.Parallel()
	server := play(fails(context.DeadlineExceeded))
	out := newClient(settings(server)).Do(overdue{t.Context()}, get(t, somewhere))
	require.ErrorIs(t, out.Err, context.DeadlineExceeded)
	assert.Equal(t, 1, server.requests())
}

// overdue is a context whose deadline has passed and whose timer is late.
type overdue struct{ context.Context }

func (overdue) Deadline() (time.Time, bool) { return time.Unix(0, 0), true }
