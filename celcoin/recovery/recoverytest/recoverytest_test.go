package recoverytest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// Each fault is one that a real store could have.
func TestEveryFaultIsFoundByItsRule(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for fault, name := range map[string]string{
		"lists what was only opened":      "a log that was not begun is empty and is not listed",
		"reads back compacted JSON":       "records come back in their order, byte for byte",
		"reverses what is added at once":  "records come back in their order, byte for byte",
		"drops empty records":             "records come back in their order, byte for byte",
		"stops at a thousand":             "a log that is closed and opened again goes on",
		"forgets when closed":             "a log that is closed and opened again goes on",
		"hands out its own memory":        "what the caller changes later does not change the store",
		"locks nothing":                   "a log that is held is locked, and no other",
		"locks the whole recovery":        "a log that is held is locked, and no other",
		"takes upper case for lower":      "a log that is held is locked, and no other",
		"never lets go":                   "Close lets the log go, once",
		"appends after Close":             "Close lets the log go, once",
		"goes on after an error":          "a log is dead after an error",
		"looks at no context":             "an ended context is honoured",
		"takes any name":                  "names that break the rule are refused",
		"reads what it had a while ago":   "Read yields what was appended before, while more is appended",
		"lists documents":                 "List names the logs that were begun",
		"deletes what is held":            "Delete removes a recovery that is not held, and no other",
		"deletes nothing":                 "Delete removes a recovery that is not held, and no other",
		"keeps what a failed f returned":  "Update keeps what f returns, unless f fails",
		"gives f no time":                 "Update keeps what f returns, unless f fails",
		"reads, and writes a while later": "no Update is lost",
	} {
		found[name] = true
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
			require.GreaterOrEqual(t, i, 0, "no such rule")
			err := rules[i].broken(t.Context(), &faultyStore{Store: journal.MemoryStore(), fault: fault}, nil)
			require.Error(t, err)
			t.Log(err)
		})
	}
	assert.Len(t, found, len(rules), "every rule has a fault")
}

// The contract allows it, so an engine must live with it.
func TestAStoreThatAppendsAndThenFailsKeepsTheContract(t *testing.T) {
	t.Parallel()
	Run(t, func(t *testing.T) journal.Store {
		t.Helper()
		return &faultyStore{Store: journal.MemoryStore(), fault: "appends under an ended context, and fails"}
	})
}

func TestStoresThatShareNothingAreFound(t *testing.T) {
	t.Parallel()
	for _, r := range sharedRules {
		require.Error(t, r.broken(t.Context(), journal.MemoryStore(), journal.MemoryStore()), r.name)
	}
}

// faultyStore is a sound store but for its fault.
type faultyStore struct {
	journal.Store
	fault string
	opens atomic.Int64
	stale atomic.Pointer[[][]byte]
}

type faultyLog struct {
	journal.Log
	s        *faultyStore
	reopened func() (journal.Log, error)
}

func (s *faultyStore) Open(ctx context.Context, recovery, name string) (journal.Log, error) {
	switch s.fault {
	case "looks at no context":
		ctx = context.WithoutCancel(ctx)
	case "takes any name":
		recovery, name = "r"+strings.Trim(recovery, "./\\ çã"), "n"
	case "forgets when closed":
		if s.opens.Add(1) > 1 {
			_ = s.Delete(ctx, recovery)
		}
	case "takes upper case for lower":
		name = strings.ToLower(name)
	case "locks the whole recovery":
		name = "all"
	case "locks nothing":
		l, err := s.Store.Open(ctx, recovery, name)
		if errors.Is(err, journal.ErrLocked) {
			return s.Store.Open(ctx, recovery, name+"'")
		}
		return l, err
	}
	l, err := s.Store.Open(ctx, recovery, name)
	if err != nil {
		return nil, err
	}
	if s.fault == "lists what was only opened" {
		err = l.Append(ctx, false, []byte("opened"))
	}
	return &faultyLog{Log: l, s: s, reopened: func() (journal.Log, error) {
		return s.Store.Open(context.WithoutCancel(ctx), recovery, name)
	}}, err
}

func (l *faultyLog) Append(ctx context.Context, durable bool, records ...[]byte) error {
	switch l.s.fault {
	case "looks at no context":
		ctx = context.WithoutCancel(ctx)
	case "appends under an ended context, and fails":
		if err := ctx.Err(); err != nil {
			_ = l.Log.Append(context.WithoutCancel(ctx), durable, records...)
			_ = l.Log.Append(ctx, durable)
			return err
		}
	case "reads back compacted JSON":
		for i := range records {
			records[i] = bytes.ReplaceAll(records[i], []byte(" "), nil)
		}
	case "reverses what is added at once":
		slices.Reverse(records)
	case "drops empty records":
		records = slices.DeleteFunc(records, func(r []byte) bool { return len(r) == 0 })
	}
	err := l.Log.Append(ctx, durable, records...)
	if err != nil && (l.s.fault == "goes on after an error" || l.s.fault == "appends after Close") && ctx.Err() == nil {
		return nil
	}
	return err
}

func (l *faultyLog) Close() error {
	err := l.Log.Close()
	if l.s.fault == "never lets go" {
		_, err = l.reopened()
	}
	return err
}

func (s *faultyStore) Read(ctx context.Context, recovery, name string) iter.Seq2[[]byte, error] {
	if s.fault == "looks at no context" {
		ctx = context.WithoutCancel(ctx)
	}
	return func(yield func([]byte, error) bool) {
		if s.fault == "takes any name" {
			return
		}
		var records [][]byte
		for r, err := range s.Store.Read(ctx, recovery, name) {
			if err != nil {
				yield(nil, err)
				return
			}
			records = append(records, r)
		}
		if s.fault == "reads what it had a while ago" || s.fault == "hands out its own memory" {
			if earlier := s.stale.Swap(&records); earlier != nil {
				records = *earlier
			}
		}
		for n, r := range records {
			if s.fault == "stops at a thousand" && n == 1000 || !yield(r, nil) {
				return
			}
		}
	}
}

func (s *faultyStore) List(ctx context.Context, recovery string) iter.Seq2[string, error] {
	if s.fault == "looks at no context" {
		ctx = context.WithoutCancel(ctx)
	}
	return func(yield func(string, error) bool) {
		for name, err := range s.Store.List(ctx, recovery) {
			if !yield(name, err) {
				return
			}
		}
		if s.fault == "lists documents" {
			yield("document", nil)
		}
	}
}

func (s *faultyStore) Delete(ctx context.Context, recovery string) error {
	switch s.fault {
	case "looks at no context":
		ctx = context.WithoutCancel(ctx)
	case "deletes nothing":
		return nil
	case "deletes what is held":
		if err := s.Store.Delete(ctx, recovery); !errors.Is(err, journal.ErrLocked) {
			return err
		}
		return nil
	}
	return s.Store.Delete(ctx, recovery)
}

func (s *faultyStore) Update(ctx context.Context, name string, f func(time.Time, []byte) ([]byte, error)) error {
	switch s.fault {
	case "looks at no context":
		ctx = context.WithoutCancel(ctx)
	case "takes any name":
		return nil
	case "gives f no time":
		return s.Store.Update(ctx, name, func(_ time.Time, old []byte) ([]byte, error) { return f(time.Time{}, old) })
	case "keeps what a failed f returned":
		var failed error
		err := s.Store.Update(ctx, name, func(now time.Time, old []byte) (kept []byte, err error) {
			kept, failed = f(now, old)
			return kept, nil
		})
		return errors.Join(err, failed)
	case "reads, and writes a while later":
		var kept []byte
		var failed error
		err := s.Store.Update(ctx, name, func(now time.Time, old []byte) ([]byte, error) {
			kept, failed = f(now, old)
			return nil, nil
		})
		for range 100 { // meanwhile others do the same
			runtime.Gosched()
		}
		return errors.Join(err, failed, s.Store.Update(ctx, name, func(time.Time, []byte) ([]byte, error) { return kept, nil }))
	}
	return s.Store.Update(ctx, name, f)
}
