package celcoin

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/internal/transport"
)

const bearer = "Bearer "

// fetchToken gets one token; refused is the Authorization header that got a 401,
// or empty. It calls paused before it waits for a retry, with the time of that
// and what went wrong so far.
type fetchToken func(ctx context.Context, refused string, paused func(until time.Time, because error)) (*oauth2.Token, error)

// tokens keeps the token that all calls of a client share. Those who need one
// while there is none wait for a single fetch. It differs from oauth2's
// ReuseTokenSource in that whoever waits leaves when its own context ends, that
// a fetch without waiters is given up, that a refused token is not used again,
// and that a token is used to its end while its renewal runs or fails.
type tokens struct {
	fetch fetchToken

	mu      sync.Mutex
	current *token // nil: none. Behind a pointer, no verb of fmt gets to it
	refused string // the last Authorization header that got a 401
	pending *pendingFetch
}

// token is one that has not been refused yet.
type token struct {
	header  string    // Authorization
	renew   time.Time // when to begin to look for another; zero: never
	expires time.Time // zero: never
}

// pendingFetch is a fetch and those who wait for it. All but done and cancel is
// guarded by tokens.mu until done is closed.
type pendingFetch struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	header  string // Authorization with the token
	err     error

	paused chan struct{} // closed at the beginning of the next pause
	until  time.Time     // end of the present pause
	reason error         // of the present pause
}

// get returns the Authorization header, and fetches a token if need be. One
// that is about to expire is returned while another is fetched in the
// background.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	now, f := time.Now(), t.pending
	if v := t.current; v != nil && (v.expires.IsZero() || now.Before(v.expires)) {
		if f == nil && !v.renew.IsZero() && !now.Before(v.renew) {
			f = t.start(ctx)
			f.waiters = 1 // the renewal itself, until the old token expires
			time.AfterFunc(v.expires.Sub(now), func() { t.unsubscribe(f) })
		}
		t.mu.Unlock()
		return v.header, nil
	}
	if f == nil {
		f = t.start(ctx)
	}
	f.waiters++
	t.mu.Unlock()
	return t.wait(ctx, f)
}

// drop forgets a token that was refused, unless another has taken its place. A
// fetch that runs does not know of the refusal, and is only for those who wait
// for it already.
func (t *tokens) drop(refused string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil && t.current.header == refused {
		t.current, t.refused, t.pending = nil, refused, nil
	}
}

// start begins a fetch that lives as long as somebody waits for it, not as long
// as the context of the call that happened to be the first.
func (t *tokens) start(ctx context.Context) *pendingFetch {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &pendingFetch{done: make(chan struct{}), paused: make(chan struct{}), cancel: cancel}
	t.pending = f
	refused := t.refused
	go func() {
		var fetched *oauth2.Token
		var err error = &Error{Op: OperationToken, Attempts: 1, notSent: true, cause: errPanic}
		defer func() {
			// The user's code must not end the process from here, nor leave those
			// who wait without a result (runtime.Goexit). The value of a panic may
			// hold a secret.
			_ = recover()
			cancel()
			t.finish(f, fetched, err)
		}()
		fetched, err = t.fetch(ctx, refused, func(until time.Time, because error) { t.pause(f, until, because) })
	}()
	return f
}

var errPanic = errors.New("the TokenSource, TokenFunc, transport or observer of this client panicked")

// pause tells those who wait that the fetch will do so too.
func (t *tokens) pause(f *pendingFetch, until time.Time, because error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.until, f.reason = until, because
	close(f.paused)
	f.paused = make(chan struct{})
}

// renewAgain is how long after a failed renewal the next one begins.
const renewAgain = 10 * time.Second

// finish ends a fetch. The token of one that was given up is of use to those
// who come next, unless they have found another meanwhile.
func (t *tokens) finish(f *pendingFetch, fetched *oauth2.Token, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ours := t.pending == f
	if ours {
		t.pending = nil
	}
	f.err = err
	if err == nil {
		f.header = bearer + fetched.AccessToken
		if ours || t.current == nil && f.header != t.refused {
			t.current = &token{f.header, renewal(fetched), fetched.Expiry}
		}
	} else if ours && t.current != nil {
		t.current.renew = time.Now().Add(renewAgain)
	}
	close(f.done)
}

// wait waits for a fetch, for ctx, and for the news that the fetch will not be
// done before ctx ends.
func (t *tokens) wait(ctx context.Context, f *pendingFetch) (string, error) {
	for {
		t.mu.Lock()
		paused, until, reason := f.paused, f.until, f.reason
		t.mu.Unlock()
		if deadline, ok := ctx.Deadline(); ok && reason != nil && !until.Before(deadline) && ctx.Err() == nil {
			t.unsubscribe(f)
			return "", reason
		}
		select {
		case <-f.done:
			return f.header, f.err
		case <-paused:
		case <-ctx.Done():
			t.unsubscribe(f)
			return "", endOfWait(ctx, reason)
		}
	}
}

// unsubscribe is for a caller that no longer waits. The last one gives the fetch
// up.
func (t *tokens) unsubscribe(f *pendingFetch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.waiters--
	if f.waiters > 0 {
		return
	}
	f.cancel()
	if t.pending == f {
		t.pending = nil
	}
}

// endOfWait is the end of a wait by its context, with what was wrong with the
// token call until then.
func endOfWait(ctx context.Context, reason error) error {
	end := transport.EndOfContext(ctx)
	e, ok := errors.AsType[*Error](reason)
	if !ok || e.StatusCode == 0 {
		return end
	}
	ended := *e
	ended.cause = end
	return &ended
}

// renewal is when a token is renewed: a tenth of its life before its end, a
// minute at most, so that a request does not arrive with an expired one.
func renewal(t *oauth2.Token) time.Time {
	if t.Expiry.IsZero() {
		return time.Time{}
	}
	return t.Expiry.Add(-min(time.Until(t.Expiry)/10, time.Minute))
}
