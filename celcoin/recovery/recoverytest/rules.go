package recoverytest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

var rules = []rule{
	{"a log that was not begun is empty and is not listed", func(c, _ *subject) {
		c.holds("new")
		c.with("new", func(l journal.Log) {
			c.add(l) // nothing
			c.works("Append", l.Append(c.ctx, false))
		})
		c.holds("new")
		c.lists("")
		c.lists("test")
	}},
	{"records come back in their order, byte for byte", func(c, _ *subject) {
		c.with("bytes", func(l journal.Log) {
			for i, r := range oddRecords() {
				c.works("Append", l.Append(c.ctx, i%2 == 0, []byte(r)))
			}
			c.add(l, oddRecords()...)
		})
		c.holds("bytes", append(oddRecords(), oddRecords()...)...)
	}},
	{"a log that is closed and opened again goes on", func(c, _ *subject) {
		const each = 1_000
		for n := range 4 { // closing must keep what was not durable, too
			c.with("reopen", func(l journal.Log) {
				c.add(l, numbers(n*each, each-1)...)
				c.works("Append", l.Append(c.ctx, n%2 == 0, []byte(numbers(n*each+each-1, 1)[0])))
			})
			c.holds("reopen", numbers(0, (n+1)*each)...)
		}
	}},
	{"what the caller changes later does not change the store", func(c, _ *subject) {
		mine, document := []byte("record"), []byte("document")
		c.with("aliases", func(l journal.Log) {
			c.works("Append", l.Append(c.ctx, true, mine, mine))
			clear(mine)
		})
		for r, err := range c.Read(c.ctx, "test", "aliases") {
			clear(r)
			c.works("Read", err)
		}
		c.holds("aliases", "record", "record")
		c.works("Update", c.change("aliases", func([]byte) []byte { return document }))
		clear(document)
		c.works("Update", c.change("aliases", func(old []byte) []byte { clear(old); return nil }))
		c.is("aliases", "document")
	}},
	{"a log that is held is locked, and no other", locks},
	{"Close lets the log go, once", closes},
	{"a log is dead after an error", diesOfErrors},
	{"an ended context is honoured", honoursContext},
	{"names that break the rule are refused", refusesNames},
	{"Read yields what was appended before, while more is appended", func(c, _ *subject) {
		c.with("beside", func(l journal.Log) { readBeside(c, l, c) })
	}},
	{"List names the logs that were begun", func(c, _ *subject) {
		c.lists("")
		c.lists("test")
		for _, name := range []string{"plan", "run", "unit"} {
			c.write(name, "1")
		}
		c.within("Test-2.x", "plan", func(other journal.Log) {
			c.add(other, "1")
			c.set("document", "1")
			for _, err := range c.List(c.ctx, "test") {
				c.works("List", err)
				break // it may stop anywhere, and begin again
			}
			c.lists("", "test", "Test-2.x")
			c.lists("test", "plan", "run", "unit")
			c.lists("Test-2.x", "plan")
			c.lists("none")
		})
	}},
	{"Delete removes a recovery that is not held, and no other", func(c, _ *subject) {
		c.works("Delete of what is not there", c.Delete(c.ctx, "none"))
		c.write("plan", "1")
		c.write("unit", "2")
		c.set("document", "kept")
		c.within("test-2", "plan", func(other journal.Log) {
			c.add(other, "3")
			c.with("unit", func(journal.Log) { c.fails("Delete while a log is held", c.Delete(c.ctx, "test"), journal.ErrLocked) })
			c.holds("plan", "1")
			c.holds("unit", "2")
			for range 2 {
				c.works("Delete", c.Delete(c.ctx, "test"))
				c.holds("plan")
				c.lists("test")
				c.lists("", "test-2")
			}
		})
		c.is("document", "kept")
		c.write("unit", "4")
		c.holds("unit", "4")
	}},
	{"Update keeps what f returns, unless f fails", updates},
	{"no Update is lost", func(c, _ *subject) { countUpdates(c, c) }},
}

// sharedRules are about two stores over the same logs.
var sharedRules = []rule{
	{"what one store has appended the other reads", func(c, other *subject) {
		c.with("beside", func(l journal.Log) { readBeside(c, l, other) })
		other.lists("", "test")
		other.lists("test", "beside")
		other.write("beside", numbers(300, 5)...)
		c.holds("beside", numbers(0, 305)...)
	}},
	{"what one store holds is locked for the other", func(c, other *subject) {
		c.with("lock", func(l journal.Log) {
			c.add(l, "1")
			_, err := other.Open(c.ctx, "test", "lock")
			c.fails("Open of what another store holds", err, journal.ErrLocked)
			c.fails("Delete of what another store holds", other.Delete(c.ctx, "test"), journal.ErrLocked)
			other.with("lock-2", func(journal.Log) {})
		})
		other.write("lock", "2")
		c.holds("lock", "1", "2")
	}},
	{"no Update is lost between two stores", countUpdates},
}

func oddRecords() []string {
	return []string{
		`{"kind":"intent"}`, `{ "b" : 1.50, "a" : 1e400, "a" : 9007199254740993 }`, ` [ ] `, "null", `"ação 🕒"`,
		"", " ", "{\n}", "\n", "one\r\ntwo", "\x00\x01\xff\xfe", `{"cut`, "\"\xff\"", `"}`, `<a href='x'>&amp;</a>`, "\u2028\ufeff",
		`"` + strings.Repeat("a long answer. ", 1<<16) + `"`, strings.Repeat("\x00\n", 1<<19), strings.Repeat("[", 1<<14),
	}
}

// names are different ones that a careless store takes for one, or cannot keep.
var names = []string{
	"a", "A", "a.b", "a_b", "a b", "a/b", `a\b`, "a%2Fb", "a:b", "..", ".", "á", "con", "nul.x", "plan.jsonl", "' OR 1=1 --", "*?%_",
	strings.Repeat("long-", 40), strings.Repeat("long ", 40), strings.Repeat("ã", 100), strings.Repeat("ã", 98) + "õõ",
}

func locks(c, _ *subject) {
	for i, name := range names {
		l, err := c.Open(c.ctx, "test", name)
		if !c.works("Open of "+name+" while others are held", err) {
			return
		}
		defer l.Close() //nolint:errcheck // what matters is another rule
		c.add(l, strconv.Itoa(i))
	}
	for range 2 { // being refused must not let the first one go
		_, err := c.Open(c.ctx, "test", "a")
		c.fails("Open of a log that is held", err, journal.ErrLocked)
	}
	c.within("test-2", "a", func(journal.Log) {
		for i, name := range names {
			c.holds(name, strconv.Itoa(i))
		}
		c.lists("test", append([]string{}, names...)...)
	})
}

func closes(c, _ *subject) {
	l, err := c.Open(c.ctx, "test", "close")
	if !c.works("Open", err) {
		return
	}
	select {
	case <-l.Lost():
		c.want(false, "the channel of Lost is closed while the log is held")
	default:
	}
	c.add(l, "1")
	if !c.works("Close", l.Close()) {
		return
	}
	<-l.Lost()
	c.with("close", func(journal.Log) {
		c.want(c.appends(l, "2") != nil, "Append to a closed log gave no error")
		c.works("closing again", l.Close())
		_, err := c.Open(c.ctx, "test", "close")
		c.fails("Open of a log after its holder before has closed it again", err, journal.ErrLocked)
		c.holds("close", "1")
	})
}

func diesOfErrors(c, _ *subject) {
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	var found []string // the failed append may stand, or its beginning
	c.with("dead", func(l journal.Log) {
		c.add(l, numbers(0, 1)...)
		c.fails("Append under an ended context", c.under(ctx).appends(l, numbers(1, 2)...), context.Canceled)
		c.want(c.appends(l, "3") != nil, "Append after an error gave no error")
		var err error
		found, err = c.read("dead")
		c.works("Read", err)
		c.same(found, numbers(0, min(len(found), 3)))
	})
	c.write("dead", numbers(len(found), 1)...)
	c.holds("dead", numbers(0, len(found)+1)...)
}

func honoursContext(c, _ *subject) {
	c.write("context", "1")
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	ended := c.under(ctx)
	_, opened := c.Open(ctx, "test", "context")
	_, read := ended.read("context")
	_, listed := ended.list("test")
	_, recoveries := ended.list("")
	for method, err := range map[string]error{
		"Open": opened, "Read": read, "List": listed, "List of recoveries": recoveries, "Delete": c.Delete(ctx, "test"),
		"Update": ended.change("context", func([]byte) []byte { return []byte("no") }),
	} {
		c.fails(method+" under an ended context", err, context.Canceled)
	}
	c.holds("context", "1")
	c.is("context", "")
	c.write("context", "2")
}

func refusesNames(c, _ *subject) {
	refused := func(recovery, name string) {
		l, err := c.Open(c.ctx, recovery, name)
		if !c.want(err != nil, "Open(%.20q, %.20q) gave no error", recovery, name) {
			c.works("Close", l.Close())
		}
		err = nil
		for _, err = range c.Read(c.ctx, recovery, name) {
			break
		}
		c.want(err != nil, "Read(%.20q, %.20q) gave no error", recovery, name)
	}
	for _, id := range []string{"", ".", "..", ".hidden", "a/b", `a\b`, "a b", "ação", strings.Repeat("a", 101)} {
		refused(id, "a")
		c.want(c.Delete(c.ctx, id) != nil, "Delete(%.20q) gave no error", id)
	}
	for _, name := range []string{"", "a\x00", "a\n", "\xff", strings.Repeat("a", 201)} {
		refused("test", name)
		c.want(c.change(name, func([]byte) []byte { return nil }) != nil, "Update(%.20q) gave no error", name)
	}
}

// readBeside reads a log again and again while it grows.
func readBeside(c *subject, l journal.Log, reader *subject) {
	const alone, count, each = 30, 300, 3
	for n := 0; n < alone; n += each {
		c.add(l, numbers(n, each)...)
		reader.holds("beside", numbers(0, n+each)...)
	}
	confirmed := make(chan int, count)
	var g errgroup.Group
	g.Go(func() error {
		defer close(confirmed)
		for n := alone; n < count; n += each {
			c.add(l, numbers(n, each)...)
			confirmed <- n + each
		}
		return nil
	})
	for least := range confirmed {
		found, err := reader.read("beside")
		if !c.works("Read", err) || !c.want(len(found) >= least, "Read gave %d records when %d were appended", len(found), least) {
			break
		}
		c.same(found, numbers(0, min(len(found), count)))
	}
	g.Wait() //nolint:errcheck // it has none
	for _, err := range reader.Read(c.ctx, "test", "beside") {
		c.works("Read", err)
		break // reading may stop anywhere, and begin again
	}
	reader.holds("beside", numbers(0, count)...)
}

func updates(c, _ *subject) {
	var before time.Time
	for i, name := range names {
		c.works("first Update of "+name, c.Update(c.ctx, name, func(now time.Time, old []byte) ([]byte, error) {
			c.want(old == nil && !now.IsZero() && !now.Before(before), "f was given %v and %q", now, old)
			before = now
			return fmt.Append(nil, i), nil
		}))
	}
	failed := errors.New("not now")
	for i, name := range names {
		err := c.Update(c.ctx, name, func(time.Time, []byte) ([]byte, error) { return []byte("no"), failed })
		c.fails("Update when f failed", err, failed)
		c.is(name, strconv.Itoa(i))
	}
	binary := "\x00\xff\n" + fmt.Sprint(numbers(0, 5_000))
	c.set("a", binary)
	c.is("a", binary)
}

// countUpdates counts in one document from many goroutines, and looks at the
// store's clock, which must not go back between two updates.
func countUpdates(c, other *subject) {
	const goroutines, each = 8, 15
	var g errgroup.Group
	for i := range goroutines {
		s := []*subject{c, other}[i%2]
		g.Go(func() error {
			for range each {
				s.works("Update", s.Update(s.ctx, "count", countOne))
			}
			return nil
		})
	}
	g.Wait() //nolint:errcheck // it has none
	var n, last int64
	c.works("Update", c.change("count", func(old []byte) []byte {
		_, _ = fmt.Sscan(string(old), &n, &last)
		return nil
	}))
	c.want(n == goroutines*each, "%d of %d updates were kept", n, goroutines*each)
}

func countOne(now time.Time, old []byte) ([]byte, error) {
	var n, last int64
	if old != nil {
		if _, err := fmt.Sscan(string(old), &n, &last); err != nil {
			return nil, err
		}
	}
	at := now.UnixMicro()
	if at < last {
		return nil, fmt.Errorf("f was given a time %d µs before that of an earlier Update", last-at)
	}
	return fmt.Append(nil, n+1, " ", at), nil
}
