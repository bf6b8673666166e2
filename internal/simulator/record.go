package simulator

import (
	"net/http"
	"sync"
	"time"
)

// Record is one request that the simulator saw, and what became of it. It
// appears when the request has arrived and is complete before the answer leaves.
type Record struct {
	Time       time.Time // of arrival, on the simulator's clock
	Operation  string    // the call it was, or empty if it was none
	Method     string
	URL        string // path and query, as they stood on the request line
	Host       string // whom the client believed to be speaking to
	Proto      string // "HTTP/1.1" or "HTTP/2.0"
	Header     http.Header
	Body       []byte // raw
	RemoteAddr string // empty when it came through Transport

	Attempt   int    // 1 for the first request of a call that is kept, 2 for its first retry
	Verdict   string // "ok", or why the vendor refused; empty if the vendor never saw it
	Processed bool   // it was carried out, whatever the client was told
	Status    int    // answered; 0 if no status line left
	RequestID string // sent with the answer; empty if there was none
	Fault     string // what the fault did that was used; empty if none was
}

// recorder keeps the newest records.
type recorder struct {
	mu   sync.Mutex
	kept newest[*entry]
}

// entry is a record, and the call that it is an attempt of. An empty key belongs
// to no call.
type entry struct {
	Record
	key string
}

func (r *recorder) add(e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept.push(e)
}

// finish completes a record.
func (r *recorder) finish(e *entry, complete func(*Record)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	complete(&e.Record)
}

// all returns the records, oldest first, and numbers the attempts of each call.
func (r *recorder) all() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries, attempts := r.kept.all(), make(map[string]int)
	records := make([]Record, len(entries))
	for i, e := range entries {
		records[i] = e.Record
		records[i].Attempt = 1
		if e.key != "" {
			attempts[e.key]++
			records[i].Attempt = attempts[e.key]
		}
	}
	return records
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept.clear()
}

// newest keeps the newest limit values. It takes room only as it fills.
type newest[T any] struct {
	limit  int
	values []T
	oldest int // index of the oldest value once limit is reached
}

func (n *newest[T]) push(value T) {
	if len(n.values) < n.limit {
		n.values = append(n.values, value)
		return
	}
	n.values[n.oldest] = value
	n.oldest = (n.oldest + 1) % n.limit
}

func (n *newest[T]) clear() { n.values, n.oldest = nil, 0 }

// all returns the values, oldest first.
func (n *newest[T]) all() []T {
	return append(append(make([]T, 0, len(n.values)), n.values[n.oldest:]...), n.values[:n.oldest]...)
}
