package survival

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/cost"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// TestEveryFaultInEveryCallComesToItsExpectedEnd is the table of faults and
// calls: what becomes of a call, what the server saw, what was delivered.
func TestEveryFaultInEveryCallComesToItsExpectedEnd(t *testing.T) {
	t.Parallel()
	for _, f := range faults() {
		if cost.Race && f.akin {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, op := range operations {
				for _, m := range modes {
					for _, w := range wires {
						if !f.suits(op, w) || cost.Race && f.quiet() && w.proto == http2 {
							continue
						}
						t.Run(op.name+" "+m.name+" "+w.name, func(t *testing.T) {
							if w.virtual {
								// A bubble does not end before all has ended that was begun in it.
								synctest.Test(t, func(t *testing.T) { t.Helper(); fillCell(t, f, op, m, w) })
							} else {
								fillCell(t, f, op, m, w)
							}
						})
					}
				}
			}
		})
	}
}

// fillCell runs a cell until the number of its connections is the expected one,
// or a few times: on a machine without time to spare net/http gives up a
// connection whose writing goroutine does not report within 50 ms. All else has
// to be right every time.
func fillCell(t *testing.T, f fault, op operation, m mode, w wire) {
	t.Helper()
	const times = 5
	want := expect(f, op, m, w).connections
	for range times {
		got := runCell(t, f, op, m, w)
		if w.virtual || got == want || t.Failed() {
			return
		}
		t.Logf("%d connections instead of %d", got, want)
	}
	t.Errorf("never as many connections as expected: %d", want)
}

// runCell makes one call and returns how many connections it took.
func runCell(t *testing.T, f fault, op operation, m mode, w wire) (connections int) {
	t.Helper()
	want := expect(f, op, m, w)
	s := newSubject(t, op, w, m)
	defer s.close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.arm(t, f, op, w, m, cancel)

	begin := time.Now()
	finds, err := op.do(ctx, s)
	took := time.Since(begin)

	if is, _ := f.in(op, w); is == left {
		require.ErrorIs(t, err, context.Canceled)
		s.awaitRecords(t)
	}
	s.settle()
	checkResult(t, want, finds, err)
	checkServer(t, want, s, op)
	if w.virtual && f.hint > 0 && want.repeated > 0 {
		assert.Equal(t, f.hint*time.Duration(want.repeated), took, "waits as the server asked for")
	}
	if s.network != nil {
		s.network.requireNoneInUse(t)
	}
	return s.connections()
}

// checkResult compares what the caller got.
func checkResult(t *testing.T, want expected, finds int, err error) {
	t.Helper()
	if want.succeeds {
		require.NoError(t, err)
		assert.Equal(t, want.finds, finds)
		return
	}
	require.Error(t, err)
	for _, category := range categories {
		assert.Equal(t, slices.Contains(want.categories, category), errors.Is(err, category), "%v: is it %q?", err, category)
	}
	assert.Contains(t, err.Error(), want.op)
	assert.Contains(t, err.Error(), want.attempts)

	var answerOf string
	var attempts int
	if e, ok := errors.AsType[*ceffu.Error](err); ok {
		answerOf, attempts = e.Op, e.Attempts
	}
	if e, ok := errors.AsType[*celcoin.Error](err); ok {
		answerOf, attempts = e.Op, e.Attempts
	}
	if !want.answered {
		assert.Empty(t, answerOf, "an error without an answer is no *Error: %v", err)
		return
	}
	assert.Equal(t, want.op, answerOf, "%v", err)
	assert.Equal(t, want.repeated+1, attempts, "%v", err)
}

// checkServer compares what the server saw, carried out and delivered.
func checkServer(t *testing.T, want expected, s *subject, op operation) {
	t.Helper()
	var requests, processed, tokens, others int
	for _, r := range s.requests() {
		switch r.Operation {
		case op.calls:
			requests++
			if r.Processed {
				processed++
			}
		case "token":
			tokens++
		default:
			others++
		}
	}
	assert.Equal(t, want.requests, requests, "requests")
	assert.Equal(t, want.processed, processed, "carried out")
	assert.Equal(t, want.tokens, tokens, "token requests")
	if op.calls == "token" && want.succeeds {
		assert.Equal(t, 1, others, "the call that the token was for")
	} else {
		assert.Zero(t, others, "other requests")
	}
	deliveries := 0
	switch {
	case op.delivers && op.calls == "token":
		deliveries = others
	case op.delivers:
		deliveries = processed
	}
	assert.EqualValues(t, deliveries, s.received.Load(), "deliveries")
	if op.kind == once || op.calls == "token" {
		assert.LessOrEqual(t, deliveries, 1, "delivered twice")
	}
}

// awaitRecords waits until the server is done with requests that nobody waits
// for any more.
func (s *subject) awaitRecords(tb testing.TB) {
	tb.Helper()
	awaitTrue(tb, "a request is never done", func() bool {
		return !slices.ContainsFunc(s.requests(), func(r simulator.Record) bool { return !finished(r) })
	})
}

func finished(r simulator.Record) bool { return r.Verdict != "" || r.Fault != "" || r.Status != 0 }
