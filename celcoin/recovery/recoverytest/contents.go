package recoverytest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// The rules about what a journal keeps.

func newIsEmpty(ctx context.Context, s recovery.Store) error {
	return with(ctx, s, "empty", func(j recovery.Journal) error {
		if err := holds(ctx, j); err != nil {
			return err
		}
		return j.Sync(ctx)
	})
}

// kept appends entries, one by one, and expects to find them.
func kept(ctx context.Context, s recovery.Store, id string, entries ...recovery.Entry) error {
	return with(ctx, s, id, func(j recovery.Journal) error {
		last := none
		for i, e := range entries {
			positions, err := appendTo(ctx, j, &last, e)
			if err != nil {
				return fmt.Errorf("entry %d: %w", i, err)
			}
			got, err := j.Read(ctx, positions[0])
			if err != nil {
				return fmt.Errorf("Read of entry %d: %w", i, err)
			}
			if err := same(got, e); err != nil {
				return fmt.Errorf("Read of entry %d: %w", i, err)
			}
		}
		return holds(ctx, j, entries...)
	})
}

func keepsEveryField(ctx context.Context, s recovery.Store) error {
	return kept(ctx, s, "fields", full(), recovery.Entry{Kind: recovery.KindRun, Time: moment}, full())
}

func keepsOrder(ctx context.Context, s recovery.Store) error {
	return with(ctx, s, "order", func(j recovery.Journal) error {
		entries := run(20)
		last, size := none, 1
		for rest := entries; len(rest) > 0; size = size%5 + 1 {
			n := min(size, len(rest))
			if _, err := appendTo(ctx, j, &last, rest[:n]...); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return holds(ctx, j, entries...)
	})
}

func readsPositions(ctx context.Context, s recovery.Store) error {
	return with(ctx, s, "positions", func(j recovery.Journal) error {
		entries, last := run(20), none
		positions, err := appendTo(ctx, j, &last, entries...)
		if err != nil {
			return err
		}
		stored, err := all(ctx, j)
		if err != nil {
			return err
		}
		if len(stored) != len(entries) {
			return fmt.Errorf("Entries gave %d entries, want %d", len(stored), len(entries))
		}
		for i, want := range slices.Backward(entries) {
			if stored[i].Position != positions[i] {
				return fmt.Errorf("entry %d: Append gave position %d, Entries %d", i, positions[i], stored[i].Position)
			}
			got, err := j.Read(ctx, positions[i])
			if err != nil {
				return fmt.Errorf("Read of entry %d: %w", i, err)
			}
			if err := same(got, want); err != nil {
				return fmt.Errorf("Read of entry %d: %w", i, err)
			}
		}
		return nil
	})
}

func readsNoOther(ctx context.Context, s recovery.Store) error {
	return with(ctx, s, "no-position", func(j recovery.Journal) error {
		if _, err := j.Read(ctx, math.MaxInt64); err == nil {
			return errors.New("Read in an empty journal gave no error")
		}
		last := none
		if _, err := appendTo(ctx, j, &last, run(3)...); err != nil {
			return err
		}
		if e, err := j.Read(ctx, math.MaxInt64); err == nil {
			return fmt.Errorf("Read after the last position gave no error, but %s", show(e))
		}
		return holds(ctx, j, run(3)...)
	})
}

func appendsNothing(ctx context.Context, s recovery.Store) error {
	return with(ctx, s, "nothing", func(j recovery.Journal) error {
		last := none
		for range 2 {
			if _, err := appendTo(ctx, j, &last); err != nil {
				return err
			}
			if _, err := appendTo(ctx, j, &last, item(0)); err != nil {
				return err
			}
		}
		return holds(ctx, j, item(0), item(0))
	})
}

// appendsAllOrNone appends, between two good ones, an entry that many stores
// cannot keep. One that can is as good.
func appendsAllOrNone(ctx context.Context, s recovery.Store) error {
	hard := item(1)
	hard.Time = time.Date(20000, time.January, 1, 0, 0, 0, 0, time.UTC)
	return with(ctx, s, "all-or-none", func(j recovery.Journal) error {
		last := none
		want := []recovery.Entry{item(0)}
		if _, err := appendTo(ctx, j, &last, want...); err != nil {
			return err
		}
		if _, err := j.Append(ctx, item(1), hard, item(2)); err == nil {
			want = append(want, item(1), hard, item(2))
		}
		if err := holds(ctx, j, want...); err != nil {
			return fmt.Errorf("after an append that failed: %w", err)
		}
		if _, err := appendTo(ctx, j, &last, item(3)); err != nil {
			return fmt.Errorf("after an append that failed: %w", err)
		}
		return holds(ctx, j, append(want, item(3))...)
	})
}

func keepsMany(ctx context.Context, s recovery.Store) error {
	return with(ctx, s, "many", func(j recovery.Journal) error {
		const count, each = 5_000, 200
		last := none
		positions := make([]recovery.Position, 0, count)
		for n := 0; n < count; n += each {
			batch := make([]recovery.Entry, each)
			for i := range batch {
				batch[i] = item(n + i)
			}
			added, err := appendTo(ctx, j, &last, batch...)
			if err != nil {
				return err
			}
			positions = append(positions, added...)
		}
		n := 0
		for got, err := range j.Entries(ctx) {
			if err == nil {
				err = same(got.Entry, item(n))
			}
			if err != nil {
				return fmt.Errorf("Entries, entry %d: %w", n, err)
			}
			n++
		}
		if n != count {
			return fmt.Errorf("Entries gave %d entries, want %d", n, count)
		}
		for n := 17; n < count; n += 97 {
			got, err := j.Read(ctx, positions[n])
			if err == nil {
				err = same(got, item(n))
			}
			if err != nil {
				return fmt.Errorf("Read of entry %d: %w", n, err)
			}
		}
		return nil
	})
}

func keepsLarge(ctx context.Context, s recovery.Store) error {
	text, items := item(0), intent(make([]int, 50_000)...)
	text.Error = strings.Repeat("a long answer. ", 1<<16) // 1 MB
	for i := range items.Items {
		items.Items[i] = 999_999 - i
	}
	return kept(ctx, s, "large", item(1), text, item(2), items, item(3))
}

func keepsText(ctx context.Context, s recovery.Store) error {
	var entries []recovery.Entry
	for _, text := range []string{
		`quotes "and" back\slashes\`, "lines\nand\r\nmore\x00\x01\x7f\t", "ação, não: às três 🕒", "日本語",
		"\u2028\u2029\ufeff", "<a href='x'>&amp;</a>", `{"kind":"item"}`, "'; drop table journal; --", "%s %d {} $1 ?", " ",
	} {
		e := item(0)
		e.Error, e.Code, e.RequestID, e.Item.ID, e.Digest = text, text, text, text, text
		entries = append(entries, e)
	}
	return kept(ctx, s, "text", entries...)
}

func keepsInstants(ctx context.Context, s recovery.Store) error {
	var entries []recovery.Entry
	for _, t := range []time.Time{
		{}, moment, moment.UTC(), moment.Truncate(time.Second), moment.Round(time.Millisecond),
		moment.In(time.FixedZone("", 5*60*60+45*60)), time.Unix(0, 1), time.Unix(0, 0),
		time.Date(9999, time.December, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(1, time.January, 1, 0, 0, 0, 1, time.UTC), time.Now(),
	} {
		e := item(0)
		e.Time, e.Item.Expires = t, t
		entries = append(entries, e)
	}
	return kept(ctx, s, "instants", entries...)
}

func keepsUnknownKinds(ctx context.Context, s recovery.Store) error {
	return kept(ctx, s, "kinds", item(0), recovery.Entry{Kind: "of a later release", Time: moment, Result: "new"}, item(1))
}

// keepsItsOwn changes everything that was given to the journal or by it.
func keepsItsOwn(ctx context.Context, s recovery.Store) error {
	return with(ctx, s, "aliases", func(j recovery.Journal) error {
		last, mine := none, []recovery.Entry{full(), item(1)}
		positions, err := appendTo(ctx, j, &last, mine...)
		if err != nil {
			return err
		}
		at := positions[0]
		spoil(mine[0])
		mine[1] = recovery.Entry{}
		clear(positions)
		if err := holds(ctx, j, full(), item(1)); err != nil {
			return fmt.Errorf("after changing what was appended: %w", err)
		}
		for got, err := range j.Entries(ctx) {
			if err == nil && got.Position == at {
				spoil(got.Entry)
			}
		}
		got, err := j.Read(ctx, at)
		if err != nil {
			return fmt.Errorf("Read: %w", err)
		}
		if err := same(got, full()); err != nil {
			return fmt.Errorf("after changing what Entries gave: %w", err)
		}
		spoil(got)
		if err := holds(ctx, j, full(), item(1)); err != nil {
			return fmt.Errorf("after changing what Read gave: %w", err)
		}
		return nil
	})
}

// spoil changes what an entry points to.
func spoil(e recovery.Entry) {
	clear(e.Items)
	clear(e.Request.Entities)
	*e.Request, *e.Item, *e.Window = recovery.Request{}, recovery.Item{}, recovery.Unit{}
}
