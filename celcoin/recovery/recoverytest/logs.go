package recoverytest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// The rules about logs.

func beginsEmpty(ctx context.Context, s journal.Store) error {
	if err := holds(ctx, s, "new"); err != nil {
		return err
	}
	err := with(ctx, s, "new", func(l journal.Log) error {
		return errors.Join(add(ctx, l), l.Append(ctx, false)) // nothing
	})
	return errors.Join(err, holds(ctx, s, "new"), listed(ctx, s, ""), listed(ctx, s, "test"))
}

func keepsBytes(ctx context.Context, s journal.Store) error {
	records := []string{
		`{"kind":"intent"}`, `{ "b" : 1.50, "a" : 1e400, "a" : 9007199254740993 }`, ` [ ] `, "null", `"ação 🕒"`,
		"", " ", "{\n}", "\n", "one\r\ntwo", "\x00\x01\xff\xfe", `{"cut`, "\"\xff\"", `"}`, `<a href='x'>&amp;</a>`, "\u2028\ufeff",
		`"` + strings.Repeat("a long answer. ", 1<<16) + `"`, strings.Repeat("\x00\n", 1<<19), strings.Repeat("[", 1<<14),
	}
	err := with(ctx, s, "bytes", func(l journal.Log) error {
		for i, r := range records {
			if err := l.Append(ctx, i%2 == 0, []byte(r)); err != nil {
				return fmt.Errorf("Append of record %d: %w", i, err)
			}
		}
		return add(ctx, l, records...)
	})
	return errors.Join(err, holds(ctx, s, "bytes", append(records, records...)...))
}

func keepsMany(ctx context.Context, s journal.Store) error {
	const count, each = 5_000, 250
	err := with(ctx, s, "many", func(l journal.Log) error {
		for n := 0; n < count; n += each {
			if err := add(ctx, l, numbers(n, each)...); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, holds(ctx, s, "many", numbers(0, count)...))
}

func reopens(ctx context.Context, s journal.Store) error {
	n := 0
	for round := range 4 {
		err := with(ctx, s, "reopen", func(l journal.Log) error {
			records := [][]byte{[]byte(numbers(n, 1)[0]), []byte(numbers(n+1, 1)[0])}
			n += len(records)
			return l.Append(ctx, round%2 == 0, records...) // closing must keep what was not durable, too
		})
		if err = errors.Join(err, holds(ctx, s, "reopen", numbers(0, n)...)); err != nil {
			return fmt.Errorf("opening %d: %w", round+1, err)
		}
	}
	return nil
}

// keepsItsOwn changes everything that was given to the store or by it.
func keepsItsOwn(ctx context.Context, s journal.Store) error {
	mine := []byte("record")
	err := with(ctx, s, "aliases", func(l journal.Log) error {
		err := l.Append(ctx, true, mine, mine)
		clear(mine)
		return err
	})
	for r, readErr := range s.Read(ctx, "test", "aliases") {
		clear(r)
		err = errors.Join(err, readErr)
	}
	err = errors.Join(err, holds(ctx, s, "aliases", "record", "record"))
	document := []byte("document")
	err = errors.Join(err, change(ctx, s, "aliases", func([]byte) []byte { return document }))
	clear(document)
	err = errors.Join(err, change(ctx, s, "aliases", func(old []byte) []byte { clear(old); return nil }))
	return errors.Join(err, is(ctx, s, "aliases", "document"))
}

// names are different ones that a careless store takes for one, or cannot keep.
var names = []string{
	"a", "A", "a.b", "a_b", "a b", "a/b", `a\b`, "a%2Fb", "a:b", "..", ".", "á", "con", "nul.x", "plan.jsonl", "' OR 1=1 --", "*?%_",
	strings.Repeat("long-", 40), strings.Repeat("long ", 40), strings.Repeat("ã", 100), strings.Repeat("ã", 98) + "õõ",
}

func locks(ctx context.Context, s journal.Store) error {
	for i, name := range names {
		l, err := s.Open(ctx, "test", name)
		if err != nil {
			return fmt.Errorf("Open of %q while others are held: %w", name, err)
		}
		defer l.Close() //nolint:errcheck // what matters is checked in closes
		if err := add(ctx, l, strconv.Itoa(i)); err != nil {
			return err
		}
	}
	for range 2 { // being refused must not let the first one go
		if _, err := s.Open(ctx, "test", "a"); !errors.Is(err, journal.ErrLocked) {
			return wants(false, "Open of a log that is held gave %v, want ErrLocked", err)
		}
	}
	other, err := s.Open(ctx, "test-2", "a")
	if err != nil {
		return fmt.Errorf("Open of another recovery's log: %w", err)
	}
	defer other.Close() //nolint:errcheck // as above
	for i, name := range names {
		if err := holds(ctx, s, name, strconv.Itoa(i)); err != nil {
			return fmt.Errorf("log %q: %w", name, err)
		}
	}
	return listed(ctx, s, "test", append([]string{}, names...)...)
}

func closes(ctx context.Context, s journal.Store) error {
	l, err := s.Open(ctx, "test", "close")
	if err != nil {
		return err
	}
	select {
	case <-l.Lost():
		return errors.New("the channel of Lost is closed while the log is held")
	default:
	}
	if err := errors.Join(add(ctx, l, "1"), l.Close()); err != nil {
		return err
	}
	<-l.Lost()
	return with(ctx, s, "close", func(journal.Log) error {
		err := wants(add(ctx, l, "2") != nil, "Append to a closed log gave no error")
		err = errors.Join(err, wants(l.Close() == nil, "closing again gave an error"))
		_, opened := s.Open(ctx, "test", "close")
		err = errors.Join(err, wants(errors.Is(opened, journal.ErrLocked), "closing a log again let go its next holder"))
		return errors.Join(err, holds(ctx, s, "close", "1"))
	})
}

func diesOfErrors(ctx context.Context, s journal.Store) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	n := 0
	err := with(ctx, s, "dead", func(l journal.Log) error {
		if err := add(ctx, l, numbers(0, 1)...); err != nil {
			return err
		}
		err := add(ended, l, numbers(1, 2)...)
		if err := wants(errors.Is(err, context.Canceled), "Append under an ended context gave %v", err); err != nil {
			return err
		}
		if err := wants(add(ctx, l, "3") != nil, "Append after an error gave no error"); err != nil {
			return err
		}
		found, err := read(ctx, s, "dead")
		n = len(found) // the failed append may stand, or its beginning
		return errors.Join(err, wants(n <= 3, "Append after an error has appended"), holds(ctx, s, "dead", numbers(0, n)...))
	})
	return errors.Join(err, appendAll(ctx, s, "dead", numbers(n, 1)...), holds(ctx, s, "dead", numbers(0, n+1)...))
}

func honoursContext(ctx context.Context, s journal.Store) error {
	err := appendAll(ctx, s, "context", "1")
	ended, cancel := context.WithCancel(ctx)
	cancel()
	canceled := func(method string, err error) error {
		return wants(errors.Is(err, context.Canceled), "%s under an ended context gave %v", method, err)
	}
	_, openErr := s.Open(ended, "test", "context")
	_, readErr := read(ended, s, "context")
	return errors.Join(err, canceled("Open", openErr), canceled("Read", readErr),
		canceled("List", listed(ended, s, "test", "context")),
		canceled("List of recoveries", listed(ended, s, "", "test")),
		canceled("Update", change(ended, s, "context", func([]byte) []byte { return []byte("no") })),
		canceled("Delete", s.Delete(ended, "test")),
		holds(ctx, s, "context", "1"), is(ctx, s, "context", ""),
		appendAll(ctx, s, "context", "2"))
}

func refusesNames(ctx context.Context, s journal.Store) error {
	refused := func(recovery, name string) error {
		l, err := s.Open(ctx, recovery, name)
		if err == nil {
			err = l.Close()
			return errors.Join(err, fmt.Errorf("Open(%.20q, %.20q) gave no error", recovery, name))
		}
		for _, err := range s.Read(ctx, recovery, name) {
			if err != nil {
				return nil
			}
		}
		return fmt.Errorf("Read(%.20q, %.20q) gave no error", recovery, name)
	}
	var err error
	for _, id := range []string{"", ".", "..", ".hidden", "a/b", `a\b`, "a b", "ação", strings.Repeat("a", 101)} {
		err = errors.Join(err, refused(id, "a"), wants(s.Delete(ctx, id) != nil, "Delete(%.20q) gave no error", id))
	}
	for _, name := range []string{"", "a\x00", "a\n", "\xff", strings.Repeat("a", 201)} {
		err = errors.Join(err, refused("test", name),
			wants(change(ctx, s, name, func([]byte) []byte { return nil }) != nil, "Update(%.20q) gave no error", name))
	}
	return err
}
