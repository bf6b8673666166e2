// Package recoverytest checks implementations of [recovery.Store].
//
//	func TestPostgresStore(t *testing.T) {
//		recoverytest.Run(t, func(t *testing.T) recovery.Store {
//			return NewPostgresStore(newDatabase(t))
//		})
//	}
//
// A store that several processes share is also checked with [RunShared].
//
// What no test of this kind shows is that entries outlive a crash of the program
// once Append has returned, and one of the machine once Sync has. A recovery
// replays webhooks twice or not at all if they do not: test this as well, by
// killing a process that appends.
package recoverytest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// Run checks a store, each rule in a subtest of its own name. newStore returns
// one that has no journals yet; it may use t for cleaning up. Run it with the
// race detector too: some rules are about concurrent use.
func Run(t *testing.T, newStore func(t *testing.T) recovery.Store) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.rule, func(t *testing.T) {
			if err := c.holds(t.Context(), newStore(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// RunShared checks a store whose journals outlive it and are shared, such as
// one in files or in a database. Each call of the function that newStores
// returns gives another store over the same journals, as another process has.
//
//	recoverytest.RunShared(t, func(t *testing.T) func() recovery.Store {
//		dir := t.TempDir()
//		return func() recovery.Store { return recovery.FileStore(dir) }
//	})
func RunShared(t *testing.T, newStores func(t *testing.T) func() recovery.Store) {
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

// check is a rule of the contract. It returns why a store breaks it.
type check struct {
	rule  string
	holds func(context.Context, recovery.Store) error
}

var checks = []check{
	{"a new journal is empty", newIsEmpty},
	{"Has finds what Open has made, and makes nothing", hasWhatWasOpened},
	{"every field of an entry is kept", keepsEveryField},
	{"entries come in the order of their appending, at increasing positions", keepsOrder},
	{"Read finds the entry at each position", readsPositions},
	{"Read at no entry's position is an error", readsNoOther},
	{"appending nothing adds nothing", appendsNothing},
	{"an append that fails adds nothing", appendsAllOrNone},
	{"a journal that is closed and opened again has everything", reopens},
	{"going through the journal can stop anywhere and begin again", iteratesAgain},
	{"many entries", keepsMany},
	{"large entries", keepsLarge},
	{"any text", keepsText},
	{"times keep their instant", keepsInstants},
	{"kinds that are not known are kept", keepsUnknownKinds},
	{"what the caller changes later does not change the journal", keepsItsOwn},
	{"journals of different ids have nothing in common", separatesJournals},
	{"a journal that is held is locked", locks},
	{"a closed journal gives errors", closes},
	{"an ended context is honoured", honoursContext},
	{"Read is safe beside Read and Append", readsConcurrently},
}

type sharedCheck struct {
	rule  string
	holds func(ctx context.Context, one, other recovery.Store) error
}

var sharedChecks = []sharedCheck{
	{"what one store has kept the other has", sharesJournals},
	{"what one store holds is locked for the other", sharesLocks},
}

// open opens the journal that a check is about, a place of its own in a store
// that several of them share.
func open(ctx context.Context, s recovery.Store, id string) (recovery.Journal, error) {
	j, err := s.Open(ctx, "recoverytest-"+id)
	if err != nil {
		return nil, fmt.Errorf("Open: %w", err)
	}
	if j == nil {
		return nil, errors.New("Open gave neither a journal nor an error")
	}
	return j, nil
}

// with opens a journal for f, and closes it.
func with(ctx context.Context, s recovery.Store, id string, f func(recovery.Journal) error) error {
	j, err := open(ctx, s, id)
	if err != nil {
		return err
	}
	err = f(j)
	if closeErr := j.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("Close: %w", closeErr))
	}
	return err
}

// appendTo appends and checks the positions against each other and the last one.
func appendTo(ctx context.Context, j recovery.Journal, last *recovery.Position, entries ...recovery.Entry) ([]recovery.Position, error) {
	positions, err := j.Append(ctx, entries...)
	if err != nil {
		return nil, fmt.Errorf("Append: %w", err)
	}
	if len(positions) != len(entries) {
		return nil, fmt.Errorf("Append of %d entries gave %d positions", len(entries), len(positions))
	}
	for i, p := range positions {
		if last != nil && (i > 0 || *last != none) && p <= *last {
			return nil, fmt.Errorf("Append gave position %d after %d", p, *last)
		}
		if last != nil {
			*last = p
		}
	}
	return positions, nil
}

// none is the last position of an empty journal.
const none recovery.Position = -1 << 63

// all goes through a journal.
func all(ctx context.Context, j recovery.Journal) ([]recovery.Stored, error) {
	var found []recovery.Stored
	for s, err := range j.Entries(ctx) {
		if err != nil {
			return found, fmt.Errorf("Entries, after %d: %w", len(found), err)
		}
		if n := len(found); n > 0 && s.Position <= found[n-1].Position {
			return found, fmt.Errorf("Entries gave position %d after %d", s.Position, found[n-1].Position)
		}
		found = append(found, s)
	}
	return found, nil
}

// holds compares what is in a journal with what should be.
func holds(ctx context.Context, j recovery.Journal, want ...recovery.Entry) error {
	found, err := all(ctx, j)
	if err != nil {
		return err
	}
	for i, e := range want[:min(len(found), len(want))] {
		if err := same(found[i].Entry, e); err != nil {
			return fmt.Errorf("Entries, entry %d: %w", i, err)
		}
	}
	if len(found) != len(want) {
		return fmt.Errorf("Entries gave %d entries, want %d", len(found), len(want))
	}
	return nil
}
