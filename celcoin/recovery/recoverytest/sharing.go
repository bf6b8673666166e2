package recoverytest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// The rules about documents, about lists, and about what goes on meanwhile.

// readsBeside reads a log again and again while it grows.
func readsBeside(ctx context.Context, s journal.Store) error {
	return with(ctx, s, "beside", func(l journal.Log) error { return readBeside(ctx, l, s) })
}

func readBeside(ctx context.Context, l journal.Log, reader journal.Store) error {
	const alone, count, each = 30, 300, 3
	for n := 0; n < alone; n += each {
		if err := errors.Join(add(ctx, l, numbers(n, each)...), holds(ctx, reader, "beside", numbers(0, n+each)...)); err != nil {
			return err
		}
	}
	confirmed := make(chan int, count)
	var g errgroup.Group
	g.Go(func() error {
		defer close(confirmed)
		for n := alone; n < count; n += each {
			if err := add(ctx, l, numbers(n, each)...); err != nil {
				return err
			}
			confirmed <- n + each
		}
		return nil
	})
	g.Go(func() error {
		for least := range confirmed {
			found, err := read(ctx, reader, "beside")
			if err != nil {
				return err
			}
			if len(found) < least || len(found) > count {
				return fmt.Errorf("Read gave %d records when %d were appended", len(found), least)
			}
			for i, want := range numbers(0, len(found)) {
				if found[i] != want {
					return fmt.Errorf("record %d is %.100q, want %q", i, found[i], want)
				}
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	for _, err := range reader.Read(ctx, "test", "beside") {
		if err != nil {
			return err
		}
		break // reading may stop anywhere, and begin again
	}
	return holds(ctx, reader, "beside", numbers(0, count)...)
}

func lists(ctx context.Context, s journal.Store) error {
	err := errors.Join(listed(ctx, s, ""), listed(ctx, s, "test"))
	for _, name := range []string{"plan", "run", "unit"} {
		err = errors.Join(err, appendAll(ctx, s, name, "1"))
	}
	other, openErr := s.Open(ctx, "Test-2.x", "plan")
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	err = errors.Join(err, add(ctx, other, "1"), change(ctx, s, "document", func([]byte) []byte { return []byte("1") }))
	for _, listErr := range s.List(ctx, "test") {
		err = errors.Join(err, listErr)
		break // as above
	}
	return errors.Join(err, listed(ctx, s, "", "test", "Test-2.x"), listed(ctx, s, "test", "plan", "run", "unit"),
		listed(ctx, s, "Test-2.x", "plan"), listed(ctx, s, "none"), other.Close())
}

func deletes(ctx context.Context, s journal.Store) error {
	err := errors.Join(s.Delete(ctx, "none"), appendAll(ctx, s, "plan", "1"), appendAll(ctx, s, "unit", "2"),
		change(ctx, s, "document", func([]byte) []byte { return []byte("kept") }))
	other, openErr := s.Open(ctx, "test-2", "plan")
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	err = errors.Join(err, add(ctx, other, "3"))
	err = errors.Join(err, with(ctx, s, "unit", func(journal.Log) error {
		refused := s.Delete(ctx, "test")
		return wants(errors.Is(refused, journal.ErrLocked), "Delete while a log is held gave %v, want ErrLocked", refused)
	}))
	err = errors.Join(err, holds(ctx, s, "plan", "1"), holds(ctx, s, "unit", "2"))
	for range 2 {
		err = errors.Join(err, s.Delete(ctx, "test"), holds(ctx, s, "plan"), listed(ctx, s, "test"), listed(ctx, s, "", "test-2"))
	}
	return errors.Join(err, other.Close(), is(ctx, s, "document", "kept"),
		appendAll(ctx, s, "unit", "4"), holds(ctx, s, "unit", "4"))
}

// change is an Update that cannot fail of itself.
func change(ctx context.Context, s journal.Store, name string, f func(old []byte) []byte) error {
	err := s.Update(ctx, name, func(_ time.Time, old []byte) ([]byte, error) { return f(old), nil })
	if err != nil {
		return fmt.Errorf("Update: %w", err)
	}
	return nil
}

// is compares a document; none is empty.
func is(ctx context.Context, s journal.Store, name, want string) error {
	var found string
	err := change(ctx, s, name, func(old []byte) []byte { found = string(old); return nil })
	return errors.Join(err, wants(found == want, "document %.20q is %.100q, want %.100q", name, found, want))
}

func updates(ctx context.Context, s journal.Store) error {
	failed := errors.New("not now")
	var before time.Time
	for i, name := range names {
		err := s.Update(ctx, name, func(now time.Time, old []byte) ([]byte, error) {
			wrong := wants(old == nil && !now.IsZero() && !now.Before(before), "f was given %v and %q", now, old)
			before = now
			return fmt.Append(nil, i), wrong
		})
		if err != nil {
			return fmt.Errorf("first Update of %q: %w", name, err)
		}
	}
	for i, name := range names {
		err := s.Update(ctx, name, func(time.Time, []byte) ([]byte, error) { return []byte("no"), failed })
		err = errors.Join(wants(errors.Is(err, failed), "Update gave %v when f failed", err), is(ctx, s, name, strconv.Itoa(i)))
		if err != nil {
			return err
		}
	}
	binary := "\x00\xff\n" + fmt.Sprint(numbers(0, 5_000))
	err := change(ctx, s, "a", func([]byte) []byte { return []byte(binary) })
	return errors.Join(err, is(ctx, s, "a", binary))
}

func countsUpdates(ctx context.Context, s journal.Store) error { return sharesUpdates(ctx, s, s) }

// sharesUpdates counts in one document from many goroutines, and looks at the
// store's clock, which must not go back between two updates.
func sharesUpdates(ctx context.Context, one, other journal.Store) error {
	const goroutines, each = 8, 15
	g, ctx := errgroup.WithContext(ctx)
	for i := range goroutines {
		s := []journal.Store{one, other}[i%2]
		g.Go(func() error {
			for range each {
				if err := s.Update(ctx, "count", countOne); err != nil {
					return fmt.Errorf("Update: %w", err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	var n, last int64
	err := change(context.WithoutCancel(ctx), one, "count", func(old []byte) []byte {
		_, _ = fmt.Sscan(string(old), &n, &last)
		return nil
	})
	return errors.Join(err, wants(n == goroutines*each, "%d of %d updates were kept", n, goroutines*each))
}

func countOne(now time.Time, old []byte) ([]byte, error) {
	var n, last int64
	if old != nil {
		if _, err := fmt.Sscan(string(old), &n, &last); err != nil {
			return nil, err
		}
	}
	at := now.UnixMicro()
	return fmt.Append(nil, n+1, " ", at), wants(at >= last, "f was given a time %d µs before that of an earlier Update", last-at)
}

func sharesLogs(ctx context.Context, one, other journal.Store) error {
	err := with(ctx, one, "beside", func(l journal.Log) error { return readBeside(ctx, l, other) })
	if err != nil {
		return err
	}
	return errors.Join(listed(ctx, other, "", "test"), listed(ctx, other, "test", "beside"),
		appendAll(ctx, other, "beside", numbers(300, 5)...), holds(ctx, one, "beside", numbers(0, 305)...))
}

func sharesLocks(ctx context.Context, one, other journal.Store) error {
	return errors.Join(
		with(ctx, one, "lock", func(l journal.Log) error {
			err := add(ctx, l, "1")
			_, opened := other.Open(ctx, "test", "lock")
			deleted := other.Delete(ctx, "test")
			return errors.Join(err,
				wants(errors.Is(opened, journal.ErrLocked), "Open of what another store holds gave %v, want ErrLocked", opened),
				wants(errors.Is(deleted, journal.ErrLocked), "Delete of what another store holds gave %v, want ErrLocked", deleted),
				with(ctx, other, "lock-2", func(journal.Log) error { return nil }))
		}),
		appendAll(ctx, other, "lock", "2"), holds(ctx, one, "lock", "1", "2"))
}
