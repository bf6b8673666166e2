package survival

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/cost"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// In real time an attempt timeout has to end an attempt as it does in virtual
// time. A second is enough for any machine to get a request across; the server
// never finishes, so that nothing hangs on how fast it is. All run at once.
func TestAnAttemptTimeoutEndsWhatTheServerDoesNot(t *testing.T) {
	t.Parallel()
	ticks := func(w io.Writer, r *http.Request) error {
		if _, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"); err != nil {
			return err
		}
		return everyMillisecond(r.Context(), w)
	}
	header := func(w io.Writer, r *http.Request) error {
		if _, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nX-Slow: "); err != nil {
			return err
		}
		return everyMillisecond(r.Context(), w)
	}
	var all sync.WaitGroup
	for name, answer := range map[string]func(io.Writer, *http.Request) error{"body": ticks, "header": header} {
		for _, op := range []struct {
			name     string
			requests int32
			doubt    bool
			call     func(ctx context.Context, url string) error
		}{
			{"resend", 2, true, func(ctx context.Context, url string) error {
				client, err := ceffu.New(ceffutest.NewServer(t).Credentials(), ceffu.WithBaseURL(url), ceffu.WithAttemptTimeout(time.Second),
					ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: 1, MaxWait: time.Millisecond}))
				if err == nil {
					_, err = client.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: time.Unix(1, 0)})
				}
				return err
			}},
			{"list", 2, false, func(ctx context.Context, url string) error {
				client, err := patient(url)
				if err == nil {
					_, err = client.ListWebhooks(ctx, celcoin.Query{Entity: "pix-payment-in", From: time.Unix(0, 0), To: time.Unix(1, 0)}, celcoin.PageOptions{})
				}
				return err
			}},
			{"replay", 1, true, func(ctx context.Context, url string) error {
				client, err := patient(url)
				if err == nil {
					_, err = client.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: "pix-payment-in", WebhookID: "1"})
				}
				return err
			}},
		} {
			server := serveHostile(t, answer)
			all.Go(func() {
				err := op.call(t.Context(), server.url)
				where := "a slow " + name + ", " + op.name
				// No require: this is no test's own goroutine.
				assert.Contains(t, fmt.Sprint(err), "no answer within the attempt timeout of 1s", where)
				assert.Equal(t, op.doubt, errors.Is(err, celcoin.ErrOutcomeUnknown), where)
				assert.False(t, errors.Is(err, context.DeadlineExceeded), where) //nolint:testifylint // see above
				assert.Equal(t, op.requests, server.requests.Load(), where)
			})
		}
	}
	all.Wait()
}

func patient(url string) (*celcoin.Client, error) {
	return celcoin.New(fixedToken, celcoin.WithBaseURL(url), celcoin.WithAttemptTimeout(time.Second),
		celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: 1, MaxWait: time.Millisecond}))
}

// everyMillisecond writes a byte, and another, until the client leaves.
func everyMillisecond(ctx context.Context, w io.Writer) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	flusher, ok := w.(interface{ Flush() error })
	for {
		if _, err := io.WriteString(w, "x"); err != nil {
			return err
		}
		if ok {
			if err := flusher.Flush(); err != nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A gigabyte in a megabyte of gzip is read as far as any answer is.
func TestAGzipBombIsNotUnpacked(t *testing.T) { //nolint:paralleltest // it measures memory
	cost.SkipUnderRace(t)
	for _, status := range []int{200, 500} {
		for _, op := range operations {
			if op.name != "resend" && op.name != "list" {
				continue
			}
			s := newSubject(t, op, wires[0], modes[1])
			require.NoError(t, s.inject(simulator.Fault{Operation: op.calls, Times: -1, Status: status, Bomb: 1 << 30}))
			cost.LiveHeap()
			peak := cost.WatchHeap()
			_, err := op.do(t.Context(), s)
			got := peak()
			require.ErrorIs(t, err, celcoin.ErrServer)
			assert.LessOrEqual(t, got, uint64(maxPeak), "%s, %d: in MiB: %d", op.name, status, got>>20)
			s.network.requireNoneInUse(t)
			s.close()
		}
	}
}

// An error keeps 64 KiB of its answer, and nothing of the rest.
func TestErrorsDoNotHoldOnToTheirAnswers(t *testing.T) { //nolint:paralleltest // it measures memory
	cost.SkipUnderRace(t)
	for _, op := range operations {
		if op.name != "resend" && op.name != "list" {
			continue
		}
		s := newSubject(t, op, wires[0], modes[0])
		require.NoError(t, s.inject(simulator.Fault{Operation: op.calls, Times: -1, Status: 200, Size: 4 << 20}))
		before := cost.LiveHeap()
		var kept []error
		for range 32 {
			_, err := op.do(t.Context(), s)
			require.Error(t, err)
			kept = append(kept, err)
		}
		assert.Less(t, cost.LiveHeap(), before+8<<20, op.name)
		runtime.KeepAlive(kept)
		s.network.requireNoneInUse(t)
		s.close()
	}
}
