// Package recoverytest checks implementations of [journal.Store].
//
//	func TestMyStore(t *testing.T) {
//		recoverytest.Run(t, func(t *testing.T) journal.Store {
//			return NewMyStore(newDatabase(t))
//		})
//	}
//
// A store that several processes share is also checked with [RunShared].
//
// What no test of this kind shows is that records outlive a crash of the program
// once Append has returned, and one of the machine if they were durable, nor
// that a lost lease ends a Log before another can have it. A recovery replays
// webhooks twice, or not at all, if a store breaks that: test it as well, by
// killing a process that appends.
package recoverytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// Run checks a store, each rule in a subtest of its own name. NewStore returns
// one that is empty; it may use t for cleaning up. Run it with the race detector
// too: some rules are about concurrent use.
func Run(t *testing.T, newStore func(t *testing.T) journal.Store) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.rule, func(t *testing.T) {
			if err := c.holds(t.Context(), newStore(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// RunShared checks a store whose logs outlive it and are shared, such as one in
// files or in a database. Each call of the function that newStores returns gives
// another store over the same logs, as another process has.
//
//	recoverytest.RunShared(t, func(t *testing.T) func() journal.Store {
//		dir := t.TempDir()
//		return func() journal.Store { return journal.FileStore(dir) }
//	})
func RunShared(t *testing.T, newStores func(t *testing.T) func() journal.Store) {
	t.Helper()
	for _, c := range sharedChecks {
		t.Run(c.rule, func(t *testing.T) {
			stores := newStores(t)
			if err := c.holds(t.Context(), stores(), stores()); err != nil {
				t.Error(err)
			}
		})
	}
}

// check is a rule of the contract. It returns how a store breaks it.
type check struct {
	rule  string
	holds func(context.Context, journal.Store) error
}

var checks = []check{
	{"a log that was not begun is empty and is not listed", beginsEmpty},
	{"records come back in their order, byte for byte", keepsBytes},
	{"many records", keepsMany},
	{"a log that is closed and opened again goes on", reopens},
	{"what the caller changes later does not change the store", keepsItsOwn},
	{"a log that is held is locked, and no other", locks},
	{"Close lets the log go, once", closes},
	{"a log is dead after an error", diesOfErrors},
	{"an ended context is honoured", honoursContext},
	{"names that break the rule are refused", refusesNames},
	{"Read yields what was appended before, while more is appended", readsBeside},
	{"List names the logs that were begun", lists},
	{"Delete removes a recovery that nobody holds, and no other", deletes},
	{"Update keeps what f returns, unless f fails", updates},
	{"no Update is lost", countsUpdates},
}

type sharedCheck struct {
	rule  string
	holds func(ctx context.Context, one, other journal.Store) error
}

var sharedChecks = []sharedCheck{
	{"what one store has appended the other reads", sharesLogs},
	{"what one store holds is locked for the other", sharesLocks},
	{"no Update is lost between two stores", sharesUpdates},
}

// with opens a log of the recovery "test" for f, and closes it.
func with(ctx context.Context, s journal.Store, name string, f func(journal.Log) error) error {
	l, err := s.Open(ctx, "test", name)
	if err != nil {
		return fmt.Errorf("Open: %w", err)
	}
	if l == nil {
		return errors.New("Open gave neither a log nor an error")
	}
	err = f(l)
	if closeErr := l.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("Close: %w", closeErr))
	}
	return err
}

// appendAll opens a log of the recovery "test" and appends to it.
func appendAll(ctx context.Context, s journal.Store, name string, records ...string) error {
	return with(ctx, s, name, func(l journal.Log) error { return add(ctx, l, records...) })
}

// add appends durably.
func add(ctx context.Context, l journal.Log, records ...string) error {
	encoded := make([][]byte, len(records))
	for i, r := range records {
		encoded[i] = []byte(r)
	}
	if err := l.Append(ctx, true, encoded...); err != nil {
		return fmt.Errorf("Append: %w", err)
	}
	return nil
}

// read returns the records of a log of the recovery "test".
func read(ctx context.Context, s journal.Store, name string) ([]string, error) {
	var found []string
	for r, err := range s.Read(ctx, "test", name) {
		if err != nil {
			return found, fmt.Errorf("Read, after %d records: %w", len(found), err)
		}
		found = append(found, string(r))
	}
	return found, nil
}

// holds compares what is in a log with what should be.
func holds(ctx context.Context, s journal.Store, name string, want ...string) error {
	found, err := read(ctx, s, name)
	if err != nil {
		return err
	}
	for i := range min(len(found), len(want)) {
		if found[i] != want[i] {
			return fmt.Errorf("record %d is %.100q, want %.100q", i, found[i], want[i])
		}
	}
	if len(found) != len(want) {
		return fmt.Errorf("Read gave %d records, want %d", len(found), len(want))
	}
	return nil
}

// listed compares what List yields, in any order.
func listed(ctx context.Context, s journal.Store, recovery string, want ...string) error {
	var found []string
	for name, err := range s.List(ctx, recovery) {
		if err != nil {
			return fmt.Errorf("List: %w", err)
		}
		found = append(found, name)
	}
	slices.Sort(found)
	slices.Sort(want)
	if !slices.Equal(found, want) {
		return fmt.Errorf("List(%q) gave %q, want %q", recovery, found, want)
	}
	return nil
}

// numbers are n records that tell their places.
func numbers(from, n int) []string {
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"n":%d}`, from+i)
	}
	return records
}

// wants returns an error that says what should be, unless ok.
func wants(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}
