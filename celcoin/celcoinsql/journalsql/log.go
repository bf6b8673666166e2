package journalsql

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/internal/dialect"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// log is held by a lease. Its row names the owner, and counts how often it was
// opened: whoever appends or renews says both.
type log struct {
	store  *Store
	name   string // for errors
	lease  lease
	lost   <-chan struct{}
	lose   context.CancelCauseFunc // closes lost
	why    func() error            // it is closed; nil if it is not
	onLost func(f func()) (stop func() bool)
	expiry *time.Timer
	ended  chan struct{} // closed when nothing is renewed any more

	mu     sync.Mutex // of what follows
	last   int64      // the last record's number
	failed error
}

// lease identifies a lease in the database.
type lease struct {
	id, epoch int64
	owner     string
}

// Open implements [journal.Store].
func (s *Store) Open(ctx context.Context, recovery, name string) (journal.Log, error) {
	err := errors.Join(journal.CheckID(recovery), journal.CheckName(name))
	if err != nil {
		return nil, fmt.Errorf("journalsql: open log: %w", err)
	}
	l := &log{store: s, name: recovery + "/" + name, lease: lease{owner: newOwner()}, ended: make(chan struct{})}
	sent := time.Now()
	err = l.acquire(ctx, recovery, name)
	if err == nil {
		// Whoever held it before has appended all by now: an Append that is under
		// way keeps the row.
		err = s.db.QueryRowContext(ctx, s.query("SELECT COALESCE(MAX(seq), 0) FROM reenvio_journal_record WHERE log = $1"), l.lease.id).Scan(&l.last)
		if err != nil {
			err = errors.Join(err, l.release(ctx))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("journalsql: open %s: %w", l.name, err)
	}
	held, lose := context.WithCancelCause(context.WithoutCancel(ctx)) // the life of the lease
	l.lost, l.lose = held.Done(), lose
	l.why = func() error { return context.Cause(held) }
	l.onLost = func(f func()) func() bool { return context.AfterFunc(held, f) }
	l.expiry = time.AfterFunc(time.Until(l.deadline(sent)), func() { lose(journal.ErrLost) })
	go l.renew(held)
	return l, nil
}

// newOwner names a lease so that one can see whose it is.
func newOwner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text())
}

// acquire takes the lease if nobody has it.
func (l *log) acquire(ctx context.Context, recovery, name string) error {
	err := l.store.writer.Do(ctx, func(c dialect.Conn) error {
		return c.QueryRowContext(ctx, l.store.query("INSERT INTO reenvio_journal_log AS l (recovery, name, owner, epoch, until_us) "+
			"VALUES ($1, $2, $3, 1, NOW + $4) ON CONFLICT (recovery, name) DO UPDATE "+
			"SET owner = excluded.owner, epoch = l.epoch + 1, until_us = excluded.until_us WHERE l.until_us <= NOW RETURNING id, epoch"),
			recovery, name, l.lease.owner, l.store.lease.Microseconds()).Scan(&l.lease.id, &l.lease.epoch)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return journal.ErrLocked
	}
	return err
}

// deadline is when the lease counts as lost, if its last renewal was sent then.
// The database counts from later on, and to the end.
func (l *log) deadline(sent time.Time) time.Time { return sent.Add(l.store.lease / 5 * 4) }

// renew prolongs the lease until it is lost or given back. A renewal that fails is
// tried again at the next turn.
func (l *log) renew(held context.Context) {
	defer close(l.ended)
	every := l.store.lease / 3
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-held.Done():
			return
		case <-ticker.C:
		}
		sent := time.Now()
		ctx, cancel := context.WithTimeout(held, every)
		renewed, err := l.change(ctx, "UPDATE reenvio_journal_log SET until_us = NOW + $4 "+
			"WHERE id = $1 AND owner = $2 AND epoch = $3 AND until_us > NOW", l.store.lease.Microseconds())
		cancel()
		switch {
		case err != nil:
		case !renewed:
			l.lose(journal.ErrLost)
		case l.expiry.Stop(): // not too late
			l.expiry.Reset(time.Until(l.deadline(sent)))
		}
	}
}

// release gives the lease back, so that another need not wait for its end.
func (l *log) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.store.lease/3)
	defer cancel()
	_, err := l.change(ctx, "UPDATE reenvio_journal_log SET until_us = 0 WHERE id = $1 AND owner = $2 AND epoch = $3")
	return err
}

// change tells whether a statement about the lease has changed something.
func (l *log) change(ctx context.Context, statement string, args ...any) (changed bool, err error) {
	args = append([]any{l.lease.id, l.lease.owner, l.lease.epoch}, args...)
	err = l.store.writer.Do(ctx, func(c dialect.Conn) error {
		result, err := c.ExecContext(ctx, l.store.query(statement), args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		changed = n > 0
		return err
	})
	return changed, err
}

// Append implements [journal.Log]. All records are durable.
func (l *log) Append(ctx context.Context, _ bool, records ...[]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return fmt.Errorf("journalsql: append to %s: after an earlier end: %w", l.name, l.failed)
	}
	err := ctx.Err()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer l.onLost(cancel)()
	if err == nil {
		err = l.why()
	}
	for err == nil && len(records) > 0 {
		n := portion(records)
		err = l.insert(ctx, records[:n])
		records = records[n:]
	}
	if err != nil {
		if lost := l.why(); lost != nil && !errors.Is(err, lost) {
			err = errors.Join(lost, err)
		}
		l.failed = err
		return fmt.Errorf("journalsql: append to %s: %w", l.name, err)
	}
	return nil
}

// portion is how many records one statement takes. Above a few these are powers of
// two, so that there are not many statements for a connection to prepare.
func portion(records [][]byte) int {
	const exact, most, enough = 16, 256, 4 << 20
	n := len(records)
	if n > exact {
		n = min(most, 1<<(bits.Len(uint(n))-1))
	}
	for n > 1 && size(records[:n]) > enough {
		n /= 2
	}
	return n
}

func size(records [][]byte) int {
	size := 0
	for _, r := range records {
		size += len(r)
	}
	return size
}

// insert adds records with one statement, which locks the row of the log: while
// it runs nobody else takes the lease.
func (l *log) insert(ctx context.Context, records [][]byte) error {
	lock := ""
	if l.store.dialect == Postgres {
		lock = " FOR NO KEY UPDATE"
	}
	var b strings.Builder
	b.WriteString("WITH held AS (SELECT id FROM reenvio_journal_log WHERE id = $1 AND owner = $2 AND epoch = $3 AND until_us > NOW" + lock +
		") INSERT INTO reenvio_journal_record (log, seq, data) SELECT held.id, r.column1 + $4, r.column2 FROM held, (VALUES ")
	args := make([]any, 0, len(records)+1)
	args = append(args, l.last)
	for i, r := range records {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(%d, CAST($%d AS %s))", i+1, i+5, l.store.dialect.Blob())
		args = append(args, append([]byte{}, r...)) // an empty record is not NULL
	}
	b.WriteString(") AS r")
	held, err := l.change(ctx, b.String(), args...)
	if err == nil && !held {
		l.lose(journal.ErrLost)
		err = journal.ErrLost
	}
	if err != nil {
		return err
	}
	l.last += int64(len(records))
	return nil
}

// Lost implements [journal.Log].
func (l *log) Lost() <-chan struct{} { return l.lost }

// Close implements [journal.Log]. If the lease cannot be given back, it ends by
// itself.
func (l *log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.failed, journal.ErrClosed) {
		return nil
	}
	l.failed = journal.ErrClosed
	l.lose(journal.ErrClosed)
	l.expiry.Stop()
	<-l.ended
	if err := l.release(context.Background()); err != nil {
		return fmt.Errorf("journalsql: close %s: its lease of %s will end by itself: %w", l.name, l.store.lease, err)
	}
	return nil
}
