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
//
// Most of its lines say, rule by rule, what a store did instead.
package recoverytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// Run checks a store, each rule in a subtest of its own name. NewStore returns
// one that is empty; it may use t for cleaning up. Run it with the race detector
// too: some rules are about concurrent use.
func Run(t *testing.T, newStore func(t *testing.T) journal.Store) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if err := r.broken(t.Context(), newStore(t), nil); err != nil {
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
	for _, r := range sharedRules {
		t.Run(r.name, func(t *testing.T) {
			stores := newStores(t)
			if err := r.broken(t.Context(), stores(), stores()); err != nil {
				t.Error(err)
			}
		})
	}
}

// rule is a rule of the contract.
type rule struct {
	name  string
	check func(c, other *subject)
}

// broken says how stores break the rule.
func (r rule) broken(ctx context.Context, one, other journal.Store) error {
	c := &subject{Store: one, ctx: ctx, found: &findings{}}
	r.check(c, &subject{Store: other, ctx: ctx, found: c.found})
	return errors.Join(c.found.all...)
}

// subject is a store that is checked. Its logs are of the recovery "test".
type subject struct {
	journal.Store
	ctx   context.Context //nolint:containedctx // of one check
	found *findings
}

// findings are how stores break a rule.
type findings struct {
	mu  sync.Mutex
	all []error
}

// want says what should be, unless ok.
func (c *subject) want(ok bool, format string, args ...any) bool {
	if !ok {
		c.found.mu.Lock()
		defer c.found.mu.Unlock()
		c.found.all = append(c.found.all, fmt.Errorf(format, args...))
	}
	return ok
}

// works checks that a call succeeded.
func (c *subject) works(what string, err error) bool { return c.want(err == nil, "%s: %w", what, err) }

// fails wants a certain error.
func (c *subject) fails(what string, err, want error) {
	c.want(errors.Is(err, want), "%s gave %v, want %v", what, err, want)
}

// under is the same store, called with another context.
func (c *subject) under(ctx context.Context) *subject { return &subject{c.Store, ctx, c.found} }

// with opens a log for f, and closes it.
func (c *subject) with(name string, f func(l journal.Log)) { c.within("test", name, f) }

func (c *subject) within(recovery, name string, f func(l journal.Log)) {
	l, err := c.Open(c.ctx, recovery, name)
	if !c.works("Open", err) || !c.want(l != nil, "Open gave neither a log nor an error") {
		return
	}
	f(l)
	c.works("Close", l.Close())
}

// add appends durably.
func (c *subject) add(l journal.Log, records ...string) { c.works("Append", c.appends(l, records...)) }

func (c *subject) appends(l journal.Log, records ...string) error {
	encoded := make([][]byte, len(records))
	for i, r := range records {
		encoded[i] = []byte(r)
	}
	return l.Append(c.ctx, true, encoded...)
}

// write opens a log and appends to it.
func (c *subject) write(name string, records ...string) {
	c.with(name, func(l journal.Log) { c.add(l, records...) })
}

func (c *subject) read(name string) (found []string, err error) {
	for r, err := range c.Read(c.ctx, "test", name) {
		if err != nil {
			return found, fmt.Errorf("Read, after %d records: %w", len(found), err)
		}
		found = append(found, string(r))
	}
	return found, nil
}

// holds compares what is in a log with what should be.
func (c *subject) holds(name string, want ...string) {
	found, err := c.read(name)
	c.works("log "+name, err)
	c.same(found, want)
}

func (c *subject) same(found, want []string) {
	for i := range min(len(found), len(want)) {
		if !c.want(found[i] == want[i], "record %d is %.100q, want %.100q", i, found[i], want[i]) {
			return
		}
	}
	c.want(len(found) == len(want), "Read gave %d records, want %d", len(found), len(want))
}

// lists compares what List yields, in any order.
func (c *subject) lists(recovery string, want ...string) {
	found, err := c.list(recovery)
	c.works("List", err)
	slices.Sort(found)
	slices.Sort(want)
	c.want(slices.Equal(found, want), "List(%q) gave %q, want %q", recovery, found, want)
}

func (c *subject) list(recovery string) (found []string, err error) {
	for name, err := range c.List(c.ctx, recovery) {
		if err != nil {
			return found, err
		}
		found = append(found, name)
	}
	return found, nil
}

// change is an Update that cannot fail of itself.
func (c *subject) change(name string, f func(old []byte) []byte) error {
	return c.Update(c.ctx, name, func(_ time.Time, old []byte) ([]byte, error) { return f(old), nil })
}

// set keeps a document, and is compares one; none is empty.
func (c *subject) set(name, document string) {
	c.works("Update", c.change(name, func([]byte) []byte { return []byte(document) }))
}

func (c *subject) is(name, want string) {
	var found string
	c.works("Update", c.change(name, func(old []byte) []byte { found = string(old); return nil }))
	c.want(found == want, "document %.20q is %.100q, want %.100q", name, found, want)
}

// numbers are n records that tell their places.
func numbers(from, n int) []string {
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"n":%d}`, from+i)
	}
	return records
}
