package celcoin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// fetch gets one token. It calls paused before it waits for a retry, with the
// time of that and what went wrong so far.
type fetch func(ctx context.Context, paused func(until time.Time, because error)) (*oauth2.Token, error)

// tokens keeps the token that all calls of a client share. Those who need one
// while there is none wait for a single fetch. It differs from oauth2's
// ReuseTokenSource and from a plain single flight in three points: who waits
// leaves when its own context ends, a fetch that nobody waits for any more is
// given up, and a token that was refused is not used again.
type tokens struct {
	fetch fetch

	mu     sync.Mutex
	valid  *token  // nil: none. Behind a pointer, no verb of fmt gets to it
	flight *flight // under way, if any

	refused func() string // the token that was dropped last; a function, so that nothing prints it
}

// token is one that has not been refused yet.
type token struct {
	value string
	renew time.Time // when it is too old; zero: never
}

// flight is one fetch and those who wait for it. All but done is guarded by
// tokens.mu until done is closed.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	token   string
	err     error

	paused chan struct{} // closed at the beginning of the next pause
	until  time.Time     // end of the present pause
	reason error         // of the present pause
}

func newTokens(f fetch) *tokens { return &tokens{fetch: f} }

// tokenError marks a failed fetch among the errors that end a call.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

// get returns the token, fetching it if need be.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	if v := t.valid; v != nil && (v.renew.IsZero() || time.Now().Before(v.renew)) {
		t.mu.Unlock()
		return v.value, nil
	}
	f := t.flight
	if f == nil {
		f = t.start(ctx)
	}
	f.waiters++
	t.mu.Unlock()
	return t.wait(ctx, f)
}

// drop forgets a token that was refused, unless another has taken its place.
func (t *tokens) drop(refused string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.valid != nil && t.valid.value == refused {
		t.valid = nil
		t.refused = func() string { return refused }
	}
}

func (t *tokens) lastRefused() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused == nil {
		return ""
	}
	return t.refused()
}

// start begins a fetch that lives as long as somebody waits for it, not as long
// as the context of the call that happened to be the first.
func (t *tokens) start(ctx context.Context) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{done: make(chan struct{}), paused: make(chan struct{}), cancel: cancel}
	t.flight = f
	go func() {
		defer cancel()
		fetched, err := t.fetch(ctx, func(until time.Time, because error) { t.pause(f, until, because) })
		t.land(f, fetched, err)
	}()
	return f
}

// pause tells those who wait that the fetch will do so too.
func (t *tokens) pause(f *flight, until time.Time, because error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.until, f.reason = until, because
	close(f.paused)
	f.paused = make(chan struct{})
}

// land ends a fetch. One that all have left is of use to those who come next,
// unless they have found another token meanwhile.
func (t *tokens) land(f *flight, fetched *oauth2.Token, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		f.token = fetched.AccessToken
	} else {
		f.err = &tokenError{err}
	}
	if err == nil && (t.flight == f || t.valid == nil) {
		t.valid = &token{fetched.AccessToken, renewal(fetched)}
	}
	if t.flight == f {
		t.flight = nil
	}
	close(f.done)
}

// wait waits for a fetch, for ctx, and for the news that the fetch will not be
// done before ctx ends.
func (t *tokens) wait(ctx context.Context, f *flight) (string, error) {
	for {
		t.mu.Lock()
		paused, until, reason := f.paused, f.until, f.reason
		t.mu.Unlock()
		if deadline, ok := ctx.Deadline(); ok && reason != nil && !until.Before(deadline) && ctx.Err() == nil {
			t.leave(f)
			return "", &tokenError{reason}
		}
		select {
		case <-f.done:
			if f.err != nil && ctx.Err() != nil {
				return "", ended(ctx, errors.Unwrap(f.err)) // a source may fail by the very end of ctx
			}
			return f.token, f.err
		case <-paused:
		case <-ctx.Done():
			t.leave(f)
			return "", ended(ctx, reason)
		}
	}
}

// leave is for who does not wait any more. The last one gives the fetch up.
func (t *tokens) leave(f *flight) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.waiters--
	if f.waiters == 0 && t.flight == f {
		t.flight = nil
		f.cancel()
	}
}

// ended is the end of a wait by its context, with what was wrong until then.
func ended(ctx context.Context, reason error) error {
	err := ctx.Err()
	if cause := context.Cause(ctx); !errors.Is(cause, err) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	if reason != nil {
		err = &endedWaitingError{ended: err, reason: reason}
	}
	return err
}

// endedWaitingError is the end of a context during a token call that had gone
// wrong before.
type endedWaitingError struct{ ended, reason error }

func (e *endedWaitingError) Error() string {
	return e.ended.Error() + "; meanwhile " + strings.TrimPrefix(e.reason.Error(), "celcoin: ")
}

func (e *endedWaitingError) Unwrap() []error { return []error{e.ended, e.reason} }

// renewal is when a token is renewed: a tenth of its life before its end, a
// minute at most, so that a request does not arrive with an expired one.
func renewal(t *oauth2.Token) time.Time {
	if t.Expiry.IsZero() {
		return time.Time{}
	}
	return t.Expiry.Add(-min(time.Until(t.Expiry)/10, time.Minute))
}
