package survival

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// TestEveryFaultInEveryCallComesToItsExpectedEnd is the table of faults and
// calls: what becomes of a call, what the server saw, what was delivered.
func TestEveryFaultInEveryCallComesToItsExpectedEnd(t *testing.T) {
	t.Parallel()
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, op := range operations {
				if f.vendor != "" && f.vendor != op.vendor {
					continue
				}
				for _, m := range modes {
					t.Run(op.name+" "+m.name, func(t *testing.T) {
						// A bubble does not end before all has ended that was begun in it.
						synctest.Test(t, func(t *testing.T) { t.Helper(); runCell(t, f, op, m, direct) })
					})
				}
			}
		})
	}
}

// TestALostResponseOverSocketsComesToTheSameEnd: net/http's own failures, which
// a transport without sockets only imitates. Nothing in it takes time, so that
// no load makes a difference; a server that hangs is for virtual time.
func TestALostResponseOverSocketsComesToTheSameEnd(t *testing.T) {
	t.Parallel()
	for _, f := range lostResponses() {
		if f.does.Hang || f.does.DelayHeaders > 0 || f.does.DelayBody > 0 {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, op := range operations {
				t.Run(op.name, func(t *testing.T) { runCell(t, f, op, modes[1], sockets) })
			}
		})
	}
}

// runCell makes one call and compares what came of it.
func runCell(t *testing.T, f fault, op operation, m mode, w wire) {
	t.Helper()
	want := expect(f, op, m, w)
	s := newSubject(t, op, w, m)
	defer s.close()
	s.arm(t, f, op, m)

	begin := time.Now()
	finds, err := op.do(t.Context(), s)
	took := time.Since(begin)

	s.settle()
	checkResult(t, want, finds, err)
	checkServer(t, want, s, op)
	if w.virtual && f.hint > 0 && want.repeated > 0 {
		assert.Equal(t, f.hint*time.Duration(want.repeated), took, "waits as the server asked for")
	}
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

	var errorOf string
	var status, attempts int
	if e, ok := errors.AsType[*ceffu.Error](err); ok {
		errorOf, status, attempts = e.Op, e.StatusCode, e.Attempts
	}
	if e, ok := errors.AsType[*celcoin.Error](err); ok {
		errorOf, status, attempts = e.Op, e.StatusCode, e.Attempts
	}
	assert.Equal(t, want.op, errorOf, "%v", err)
	assert.Equal(t, want.response, status != 0, "%v", err)
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
