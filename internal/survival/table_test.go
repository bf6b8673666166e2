package survival

import (
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
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
				for _, m := range modes {
					if f.vendor == "" || f.vendor == op.vendor {
						t.Run(op.name+" "+m.name, func(t *testing.T) {
							synctest.Test(t, func(t *testing.T) { t.Helper(); runCell(t, f, op, m, true) })
						})
					}
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
				t.Run(op.name, func(t *testing.T) { runCell(t, f, op, modes[1], false) })
			}
		})
	}
}

// runCell makes one call and compares what came of it.
func runCell(t *testing.T, f fault, op operation, m mode, virtual bool) {
	t.Helper()
	want := expect(f, op, m, virtual)
	p := retryPolicy{MaxRetries: m.retries}
	if !virtual {
		p.MinWait, p.MaxWait = time.Microsecond, time.Millisecond
	}
	s := newSubject(t, op.vendor, virtual, p)
	defer s.close()
	if f.is == notSent {
		var left atomic.Int64
		left.Store(int64(m.strikes))
		s.shut = func(r *http.Request) bool { return isToken(r) == (op.calls == "token") && left.Add(-1) >= 0 }
	} else {
		does := f.does
		does.Operation, does.Times = op.calls, m.strikes
		require.NoError(t, s.inject(does))
	}

	begin := time.Now()
	finds, err := op.do(t.Context(), s, s.id)
	took := time.Since(begin)
	s.settle()
	if want.succeeds {
		require.NoError(t, err)
		assert.Equal(t, 1, finds)
	} else {
		require.Error(t, err)
		checkError(t, op, want, err)
	}
	checkServer(t, op, want, s)
	if virtual && f.hint > 0 && want.repeated > 0 {
		assert.Equal(t, f.hint*time.Duration(want.repeated), took, "waits as the server asked for")
	}
}

// checkError compares what the caller got.
func checkError(t *testing.T, op operation, want expected, err error) {
	t.Helper()
	for _, category := range []error{
		celcoin.ErrInvalidRequest, celcoin.ErrUnauthorized, celcoin.ErrForbidden, celcoin.ErrNotFound,
		celcoin.ErrRateLimited, celcoin.ErrServer, celcoin.ErrOutcomeUnknown, celcoin.ErrUnavailable, celcoin.ErrIncomplete,
	} {
		assert.Equal(t, slices.Contains(want.categories, category), errors.Is(err, category), "%v: is it %q?", err, category)
	}
	var of string
	var status, attempts int
	if e, ok := errors.AsType[*ceffu.Error](err); ok {
		of, status, attempts = e.Op, e.StatusCode, e.Attempts
	}
	if e, ok := errors.AsType[*celcoin.Error](err); ok {
		of, status, attempts = e.Op, e.StatusCode, e.Attempts
	}
	assert.Equal(t, op.op, of, "%v", err)
	assert.Equal(t, want.response, status != 0, "%v", err)
	assert.Equal(t, want.repeated+1, attempts, "%v", err)
}

// checkServer compares what the server saw, carried out and delivered.
func checkServer(t *testing.T, op operation, want expected, s *subject) {
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
	deliveries := 0
	if op.delivers {
		deliveries = processed
	}
	if op.calls == "token" {
		after := 0 // the call that the token is for
		if want.succeeds {
			after = 1
		}
		assert.Equal(t, after, others, "requests with the token")
		if op.delivers {
			deliveries = others
		}
	}
	assert.EqualValues(t, deliveries, s.received.Load(), "deliveries")
	if op.kind == once || op.calls == "token" {
		assert.LessOrEqual(t, deliveries, 1, "delivered twice")
	}
}
