package simulator

import (
	"net/http"
	"sync"
	"time"
)

// Record is one request that the simulator saw, and what became of it. It appears
// when the request has arrived and is complete before the answer leaves.
type Record struct {
	Time                     time.Time // of arrival, on the simulator's clock
	Operation                string    // the call it was, or empty if it was none
	Method, URL, Host, Proto string    // URL: path and query, as on the request line; Proto: "HTTP/1.1" or "HTTP/2.0"
	Header                   http.Header
	Body                     []byte // raw
	RemoteAddr               string // empty when it came through Transport

	Attempt   int    // 1 for the first request of a call among those kept, 2 for its first retry; equal calls are one
	Verdict   string // "ok", or why the vendor refused; empty if the vendor never saw it
	Processed bool   // it was carried out, whatever the client was told
	Status    int    // answered; 0 if no status line left
	RequestID string // sent with the answer; empty if there was none
	Fault     string // what the fault did that was used; empty if none was
}

// entry is a record, and the call that it is an attempt of. An empty key belongs
// to no call.
type entry struct {
	Record
	key string
}

// Requests returns the records that are kept, oldest first, with the attempts of
// each call numbered.
func (c *Core) Requests() []Record {
	entries, attempts := c.requests.all(), make(map[string]int)
	c.requests.mu.Lock() // of a record that is being completed
	defer c.requests.mu.Unlock()
	return Each(entries, func(e *entry) Record {
		record := e.Record
		record.Attempt = 1
		if e.key != "" {
			attempts[e.key]++
			record.Attempt = attempts[e.key]
		}
		return record
	})
}

// Deliveries returns the deliveries that are kept, oldest first.
func (c *Core) Deliveries() []Delivery {
	c.RunDue()
	return c.deliveries.all()
}

// ResetRecords forgets every request and delivery, and starts to number attempts anew.
func (c *Core) ResetRecords() {
	c.requests.clear()
	c.deliveries.clear()
}

// newest keeps the newest limit values.
type newest[T any] struct {
	mu     sync.Mutex
	limit  int
	values []T
}

func (n *newest[T]) push(value T) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.values = append(n.values, value)
	n.values = n.values[max(0, len(n.values)-n.limit):]
}

func (n *newest[T]) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.values = nil
}

// all returns a copy of the values, oldest first.
func (n *newest[T]) all() []T {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]T{}, n.values...)
}

// Each converts values.
func Each[F, T any](from []F, convert func(F) T) []T {
	to := make([]T, len(from))
	for i, value := range from {
		to[i] = convert(value)
	}
	return to
}
