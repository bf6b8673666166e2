package inboxsql

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/internal/dialect"
)

// Has tells for each key whether its event was processed. It asks for 500 keys a
// query.
func (i *Inbox[E]) Has(ctx context.Context, keys []string) ([]bool, error) {
	const most = 500
	has := make([]bool, len(keys))
	for begin := 0; begin < len(keys); begin += most {
		end := min(begin+most, len(keys))
		found, err := i.find(ctx, keys[begin:end])
		if err != nil {
			return nil, fmt.Errorf("inboxsql: look up keys: %w", err)
		}
		for n, key := range keys[begin:end] {
			has[begin+n] = found[key]
		}
	}
	return has, nil
}

func (i *Inbox[E]) find(ctx context.Context, keys []string) (map[string]bool, error) {
	marks, args := make([]string, len(keys)), make([]any, len(keys))
	for n, key := range keys {
		marks[n], args[n] = "$"+strconv.Itoa(n+1), key
	}
	query := "SELECT event_key FROM reenvio_inbox WHERE event_key IN (" + strings.Join(marks, ", ") + ")"
	rows, err := i.db.QueryContext(ctx, i.dialect.Query(query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	found := make(map[string]bool, len(keys))
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		found[key] = true
	}
	return found, rows.Err()
}

// Prune forgets the keys of events, and the conflicts, that were received longer
// ago than olderThan, and returns how many keys these were. An event that is
// delivered after that is processed again: see the package comment. An olderThan
// that is not positive, as a setting that is missing makes one, is refused.
func (i *Inbox[E]) Prune(ctx context.Context, olderThan time.Duration) (int64, error) {
	if olderThan <= 0 {
		return 0, errors.New("inboxsql: prune: olderThan is not positive, which would forget every event")
	}
	before := time.Now().Add(-olderThan).UnixMilli()
	pruned, err := i.delete(ctx, "DELETE FROM reenvio_inbox WHERE event_key IN (SELECT event_key FROM reenvio_inbox WHERE received_ms < $1 LIMIT 5000)", before)
	if err == nil {
		_, err = i.delete(ctx, "DELETE FROM reenvio_inbox_conflict WHERE (event_key, payload_sum) IN (SELECT event_key, payload_sum FROM reenvio_inbox_conflict WHERE received_ms < $1 LIMIT 5000)", before)
	}
	if err != nil {
		return pruned, fmt.Errorf("inboxsql: prune: %w", err)
	}
	return pruned, nil
}

// delete carries out a query until it deletes nothing more: bit by bit, as a
// receiver is waiting.
func (i *Inbox[E]) delete(ctx context.Context, query string, before int64) (all int64, err error) {
	for {
		var n int64
		err := dialect.Retry(ctx, func() error {
			result, err := i.db.ExecContext(ctx, i.dialect.Query(query), before)
			if err != nil {
				return err
			}
			n, err = result.RowsAffected()
			return err
		})
		if all += n; err != nil || n == 0 {
			return all, err
		}
	}
}

// Conflict is an event that was not processed, because another of its key was,
// whose payload says something else.
type Conflict struct {
	Key      string
	Payload  []byte // what [Event.Payload] returned; it has personal data
	Received time.Time
}

// WithConflict calls f for each new conflict, after it was recorded.
func WithConflict(f func(ctx context.Context, c Conflict)) Option {
	return func(o *options) { o.conflict = f }
}

// Conflicts returns all that are recorded, the oldest first. An error ends it.
func (i *Inbox[E]) Conflicts(ctx context.Context) iter.Seq2[Conflict, error] {
	return func(yield func(Conflict, error) bool) {
		fail := func(err error) { yield(Conflict{}, fmt.Errorf("inboxsql: conflicts: %w", err)) }
		rows, err := i.db.QueryContext(ctx, "SELECT event_key, payload, received_ms FROM reenvio_inbox_conflict ORDER BY received_ms, event_key")
		if err != nil {
			fail(err)
			return
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var c Conflict
			var received int64
			if err := rows.Scan(&c.Key, &c.Payload, &received); err != nil {
				fail(err)
				return
			}
			c.Received = time.UnixMilli(received)
			if !yield(c, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			fail(err)
		}
	}
}
