package inboxsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/internal/dialect"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// Has tells for each key whether its event was processed. It asks for 500 keys a
// query.
func (i *Inbox[E]) Has(ctx context.Context, keys []string) ([]bool, error) {
	found := make(map[string]bool)
	for some := range slices.Chunk(keys, 500) {
		marks, args := make([]string, len(some)), make([]any, len(some))
		for n, key := range some {
			marks[n], args[n] = "$"+strconv.Itoa(n+1), key
		}
		err := i.db.Rows(ctx, func(row *sql.Rows) error {
			var key string
			err := row.Scan(&key)
			found[key] = true
			return err
		}, "SELECT event_key FROM reenvio_inbox WHERE event_key IN ("+strings.Join(marks, ", ")+")", args...)
		if err != nil {
			return nil, fmt.Errorf("inboxsql: look up keys: %w", err)
		}
	}
	has := make([]bool, len(keys))
	for n, key := range keys {
		has[n] = found[key]
	}
	return has, nil
}

// Received tells for each item of a recovery whether its event was processed:
// it is what recovery.WithReceived asks. An item without a key, whose payload
// Celcoin does not show or shows as something else than JSON, was not, as far as
// this inbox can know.
func (i *Inbox[E]) Received(ctx context.Context, items []recovery.Item) ([]bool, error) {
	keys := make([]string, len(items))
	for n, item := range items {
		keys[n] = item.Key
	}
	return i.Has(ctx, keys)
}

// Prune forgets the keys of events, and the conflicts, that were received longer
// ago than olderThan, and returns how many keys these were. An event that is
// delivered after that is processed again: see the package comment. An olderThan
// that is not positive, as a setting that is missing makes one, is refused.
func (i *Inbox[E]) Prune(ctx context.Context, olderThan time.Duration) (int64, error) {
	if olderThan <= 0 {
		return 0, errors.New("inboxsql: prune: olderThan is not positive, which would forget every event")
	}
	pruned, err := i.prune(ctx, "reenvio_inbox", "event_key", olderThan)
	if err == nil {
		_, err = i.prune(ctx, "reenvio_inbox_conflict", "event_key, payload_sum", olderThan)
	}
	if err != nil {
		return pruned, fmt.Errorf("inboxsql: prune: %w", err)
	}
	return pruned, nil
}

// prune deletes bit by bit, as a receiver is waiting.
func (i *Inbox[E]) prune(ctx context.Context, table, key string, olderThan time.Duration) (all int64, err error) {
	query := i.db.SQL(fmt.Sprintf("DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE received_ms < NOW / 1000 - $1 LIMIT 5000)", table, key))
	for {
		var n int64
		err := i.db.Do(ctx, func(c dialect.Conn) error {
			result, err := c.ExecContext(ctx, query, olderThan.Milliseconds())
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
		err := i.db.Rows(ctx, func(row *sql.Rows) error {
			var c Conflict
			var received int64
			if err := row.Scan(&c.Key, &c.Payload, &received); err != nil {
				return err
			}
			c.Received = time.UnixMilli(received)
			if !yield(c, nil) {
				return io.EOF
			}
			return nil
		}, "SELECT event_key, payload, received_ms FROM reenvio_inbox_conflict ORDER BY received_ms, event_key")
		if err != nil {
			yield(Conflict{}, fmt.Errorf("inboxsql: conflicts: %w", err))
		}
	}
}
