package journalsql

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/internal/dialect"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// log is held by a lease. Its row names the owner, and counts how often it was
// opened: whoever appends or renews says both.
type log struct {
	store *Store
	name  string // for errors

	id, epoch int64
	owner     string

	held   context.Context         //nolint:containedctx // until the lease is lost or given back, or an append failed
	lose   context.CancelCauseFunc // with the reason, of which the first counts
	expiry *time.Timer
	ended  chan struct{} // closed when nothing is renewed any more

	mu   sync.Mutex // of what follows
	last int64      // the last record's number
}

// Open implements [journal.Store].
func (s *Store) Open(ctx context.Context, recovery, name string) (journal.Log, error) {
	if err := errors.Join(journal.CheckID(recovery), journal.CheckName(name)); err != nil {
		return nil, fmt.Errorf("journalsql: open log: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	owner := fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()) // so that one can see whose the lease is
	l := &log{store: s, name: recovery + "/" + name, owner: owner, ended: make(chan struct{})}
	sent := time.Now()
	err = l.acquire(ctx, recovery, name)
	if err == nil {
		// Whoever held it before has appended all by now: an Append that is under
		// way keeps the row.
		err = s.db.QueryRowContext(ctx, s.db.SQL("SELECT COALESCE(MAX(seq), 0) FROM reenvio_journal_record WHERE log = $1"), l.id).Scan(&l.last)
		if err != nil {
			err = errors.Join(err, l.release(ctx))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("journalsql: open %s: %w", l.name, err)
	}
	l.held, l.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	l.expiry = time.AfterFunc(time.Until(l.deadline(sent)), func() { l.lose(journal.ErrLost) })
	go l.renew(l.held) //nolint:contextcheck // which outlives the caller's
	return l, nil
}

// acquire takes the lease if it is free.
func (l *log) acquire(ctx context.Context, recovery, name string) error {
	err := l.store.db.Do(ctx, func(c dialect.Conn) error {
		return c.QueryRowContext(ctx, l.store.db.SQL("INSERT INTO reenvio_journal_log AS l (recovery, name, owner, epoch, until_us) "+
			"VALUES ($1, $2, $3, 1, NOW + $4) ON CONFLICT (recovery, name) DO UPDATE "+
			"SET owner = excluded.owner, epoch = l.epoch + 1, until_us = excluded.until_us WHERE l.until_us <= NOW RETURNING id, epoch"),
			recovery, name, l.owner, l.store.lease.Microseconds()).Scan(&l.id, &l.epoch)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return journal.ErrLocked
	}
	return err
}

// why is the reason why it is not held, nil if it is.
func (l *log) why() error { return context.Cause(l.held) }

// deadline is when the lease counts as lost, if its last renewal was sent then.
// The database counts from later on, and to the end.
func (l *log) deadline(sent time.Time) time.Time { return sent.Add(l.store.lease / 5 * 4) }

// renew prolongs the lease until it is lost or given back. A renewal that fails is
// tried again at the next turn.
func (l *log) renew(ctx context.Context) {
	defer close(l.ended)
	every := l.store.lease / 3
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		sent := time.Now()
		inTime, cancel := context.WithTimeout(ctx, every)
		renewed, err := l.change(inTime, "UPDATE reenvio_journal_log SET until_us = NOW + $4 "+
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
	args = append([]any{l.id, l.owner, l.epoch}, args...)
	err = l.store.db.Do(ctx, func(c dialect.Conn) error {
		result, err := c.ExecContext(ctx, l.store.db.SQL(statement), args...)
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
	err := errors.Join(ctx.Err(), l.why())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.held, cancel)() //nolint:contextcheck // that of the log ends that of the caller
	const most = 64                           // records a statement
	for some := range slices.Chunk(records, most) {
		if err == nil {
			err = l.insert(ctx, some)
		}
	}
	if err != nil {
		l.lose(err)
		if why := l.why(); !errors.Is(err, why) {
			err = errors.Join(why, err)
		}
		return fmt.Errorf("journalsql: append to %s: %w", l.name, err)
	}
	return nil
}

// insert adds records with one statement, which locks the row of the log: while
// it runs, the lease cannot be taken.
func (l *log) insert(ctx context.Context, records [][]byte) error {
	var b strings.Builder
	b.WriteString("WITH held AS (SELECT id FROM reenvio_journal_log WHERE id = $1 AND owner = $2 AND epoch = $3 AND until_us > NOW FOR NO KEY UPDATE) " +
		"INSERT INTO reenvio_journal_record (log, seq, data) SELECT held.id, r.column1 + $4, r.column2 FROM held, (VALUES ")
	args := []any{l.last}
	for i, r := range records {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(%d, CAST($%d AS BLOB))", i+1, i+5)
		args = append(args, append([]byte{}, r...)) // an empty record is not NULL
	}
	b.WriteString(") AS r")
	held, err := l.change(ctx, b.String(), args...)
	if err == nil && !held {
		err = journal.ErrLost
	}
	if err == nil {
		l.last += int64(len(records))
	}
	return err
}

// Lost implements [journal.Log].
func (l *log) Lost() <-chan struct{} { return l.held.Done() }

// Close implements [journal.Log]. If the lease cannot be given back, it ends by
// itself.
func (l *log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.why(), journal.ErrClosed) {
		return nil
	}
	l.lose(journal.ErrClosed)
	l.expiry.Stop()
	<-l.ended
	if err := l.release(context.Background()); err != nil {
		return fmt.Errorf("journalsql: close %s: its lease of %s will end by itself: %w", l.name, l.store.lease, err)
	}
	return nil
}
