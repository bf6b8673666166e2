package recoverytest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// The rules about opening, closing and who may do what meanwhile.

func reopens(ctx context.Context, s recovery.Store) error {
	var want []recovery.Entry
	for round := range 4 {
		err := with(ctx, s, "reopen", func(j recovery.Journal) error {
			if err := holds(ctx, j, want...); err != nil {
				return fmt.Errorf("opening %d: %w", round+1, err)
			}
			last := none
			if _, err := appendTo(ctx, j, &last, run(round)...); err != nil {
				return err
			}
			want = append(want, run(round)...)
			if round%2 == 0 { // closing must keep what was not synced, too
				return j.Sync(ctx)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func iteratesAgain(ctx context.Context, s recovery.Store) error {
	return with(ctx, s, "iterate", func(j recovery.Journal) error {
		last := none
		if _, err := appendTo(ctx, j, &last, run(5)...); err != nil {
			return err
		}
		entries := j.Entries(ctx)
		for stop := range len(run(5)) {
			n := 0
			for got, err := range entries {
				if err == nil {
					err = same(got.Entry, run(5)[n])
				}
				if err != nil {
					return fmt.Errorf("Entries, pass %d, entry %d: %w", stop+1, n, err)
				}
				if n == stop {
					break
				}
				n++
			}
		}
		if err := holds(ctx, j, run(5)...); err != nil {
			return err
		}
		if _, err := appendTo(ctx, j, &last, item(9)); err != nil {
			return fmt.Errorf("after Entries: %w", err)
		}
		return holds(ctx, j, append(run(5), item(9))...)
	})
}

func separatesJournals(ctx context.Context, s recovery.Store) error {
	ids := []string{"ids-a", "ids-b", "ids-a.b", "ids-a_b", "ids-a-b", "ids-1", "ids-01"}
	journals := make([]recovery.Journal, len(ids))
	for i, id := range ids {
		j, err := open(ctx, s, id)
		if err != nil {
			return fmt.Errorf("%d journals of other ids open: %w", i, err)
		}
		defer j.Close() //nolint:errcheck,revive // for the ways out below; the last is checked
		journals[i] = j
	}
	for round := range 3 {
		for i, j := range journals {
			last := none
			if _, err := appendTo(ctx, j, &last, item(100*i+round)); err != nil {
				return err
			}
		}
	}
	for i, j := range journals {
		if err := holds(ctx, j, item(100*i), item(100*i+1), item(100*i+2)); err != nil {
			return fmt.Errorf("journal %q: %w", ids[i], err)
		}
		if err := j.Close(); err != nil {
			return fmt.Errorf("Close: %w", err)
		}
	}
	return nil
}

func locks(ctx context.Context, s recovery.Store) error { return locked(ctx, s, s) }

// locked opens a journal in one store and again in the other.
func locked(ctx context.Context, one, other recovery.Store) error {
	last := none
	err := with(ctx, one, "lock", func(j recovery.Journal) error {
		for range 2 { // being refused must not let the first one go
			second, err := open(ctx, other, "lock")
			if err == nil {
				return errors.Join(errors.New("Open of a journal that is open gave no error"), second.Close())
			}
			if !errors.Is(err, recovery.ErrLocked) {
				return fmt.Errorf("Open of a journal that is open gave no recovery.ErrLocked, but: %w", err)
			}
		}
		_, err := appendTo(ctx, j, &last, item(0))
		return err
	})
	if err != nil {
		return err
	}
	return with(ctx, other, "lock", func(j recovery.Journal) error { return holds(ctx, j, item(0)) })
}

func closes(ctx context.Context, s recovery.Store) error {
	j, err := open(ctx, s, "close")
	if err != nil {
		return err
	}
	last := none
	positions, err := appendTo(ctx, j, &last, item(0))
	if err != nil {
		return err
	}
	for range 2 {
		if err := j.Close(); err != nil {
			return fmt.Errorf("Close: %w", err)
		}
	}
	// Closing once more must not take the journal from its next holder.
	return with(ctx, s, "close", func(next recovery.Journal) error {
		if err := j.Close(); err != nil {
			return fmt.Errorf("Close: %w", err)
		}
		if third, err := open(ctx, s, "close"); !errors.Is(err, recovery.ErrLocked) {
			if err == nil {
				err = third.Close()
			}
			return errors.Join(errors.New("closing a closed journal let go what another holder has"), err)
		}
		if err := refuses(ctx, j, positions[0], nil); err != nil {
			return fmt.Errorf("after Close: %w", err)
		}
		return holds(ctx, next, item(0))
	})
}

// refuses expects an error of every method, one that wraps want.
func refuses(ctx context.Context, j recovery.Journal, at recovery.Position, want error) error {
	_, appendErr := j.Append(ctx, item(1))
	_, readErr := j.Read(ctx, at)
	_, entriesErr := all(ctx, j)
	for _, call := range []struct {
		name string
		err  error
	}{{"Append", appendErr}, {"Sync", j.Sync(ctx)}, {"Read", readErr}, {"Entries", entriesErr}} {
		if call.err == nil {
			return fmt.Errorf("%s gave no error", call.name)
		}
		if want != nil && !errors.Is(call.err, want) {
			return fmt.Errorf("%s gave an error that does not wrap that of its context: %w", call.name, call.err)
		}
	}
	return nil
}

func honoursContext(ctx context.Context, s recovery.Store) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if j, err := s.Open(ended, "recoverytest-context"); !errors.Is(err, context.Canceled) {
		if err == nil {
			err = j.Close()
		}
		return errors.Join(errors.New("Open gave no error that wraps that of its context"), err)
	}
	return with(ctx, s, "context", func(j recovery.Journal) error {
		last := none
		positions, err := appendTo(ctx, j, &last, run(3)...)
		if err != nil {
			return err
		}
		if err := refuses(ended, j, positions[0], context.Canceled); err != nil {
			return err
		}
		going, stop := context.WithCancel(ctx)
		defer stop()
		n, err := 0, error(nil)
		for _, err = range j.Entries(going) {
			if err != nil {
				break
			}
			n++
			stop()
		}
		if n != 1 || !errors.Is(err, context.Canceled) {
			return fmt.Errorf("Entries whose context ended after the first entry gave %d, and the error %v", n, err) //nolint:errorlint // it may be nil
		}
		return holds(ctx, j, run(3)...)
	})
}

// readsConcurrently shows little without the race detector.
func readsConcurrently(ctx context.Context, s recovery.Store) error {
	return with(ctx, s, "concurrent", func(j recovery.Journal) error {
		const readers = 4
		last, entries := none, run(200)
		positions, err := appendTo(ctx, j, &last, entries...)
		if err != nil {
			return err
		}
		var wg sync.WaitGroup
		errs := make([]error, readers+1)
		for r := range readers {
			wg.Go(func() {
				for i := r; i < len(entries) && errs[r] == nil; i += 2 {
					got, err := j.Read(ctx, positions[i])
					if err == nil {
						err = same(got, entries[i])
					}
					errs[r] = err
				}
			})
		}
		for n := 0; n < 100 && errs[readers] == nil; n++ {
			_, errs[readers] = appendTo(ctx, j, &last, item(n), outcome(n))
		}
		wg.Wait()
		return errors.Join(errs...)
	})
}

func sharesJournals(ctx context.Context, one, other recovery.Store) error {
	last := none
	err := with(ctx, one, "shared", func(j recovery.Journal) error {
		if _, err := appendTo(ctx, j, &last, run(3)...); err != nil {
			return err
		}
		return j.Sync(ctx)
	})
	if err != nil {
		return err
	}
	err = with(ctx, other, "shared", func(j recovery.Journal) error {
		if err := holds(ctx, j, run(3)...); err != nil {
			return err
		}
		_, err := j.Append(ctx, item(4))
		return err
	})
	if err != nil {
		return err
	}
	return with(ctx, one, "shared", func(j recovery.Journal) error {
		return holds(ctx, j, append(run(3), item(4))...)
	})
}

func sharesLocks(ctx context.Context, one, other recovery.Store) error {
	return locked(ctx, one, other)
}

func hasWhatWasOpened(ctx context.Context, s recovery.Store) error {
	const id = "recoverytest-has"
	has := func(want bool, when string) error {
		ok, err := s.Has(ctx, id)
		if err != nil {
			return fmt.Errorf("Has %s: %w", when, err)
		}
		if ok != want {
			return fmt.Errorf("Has said %t %s", ok, when)
		}
		return nil
	}
	if err := errors.Join(has(false, "before Open"), has(false, "after Has")); err != nil {
		return err
	}
	j, err := s.Open(ctx, id)
	if err != nil {
		return fmt.Errorf("Open: %w", err)
	}
	if err := errors.Join(has(true, "of a journal that is held"), j.Close()); err != nil {
		return err
	}
	return has(true, "of a journal that was closed")
}
