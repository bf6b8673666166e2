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

	Attempt   int    // 1 for the first request of a call, 2 for its first retry
	Verdict   string // "ok", or why the vendor refused; empty if the vendor never saw it
	Processed bool   // it was carried out, whatever the client was told
	Status    int    // answered; 0 if no status line left
	RequestID string // sent with the answer; empty if there was none
	Fault     string // what the fault that struck does; empty if none struck
}

// recorder keeps the newest records and numbers the attempts of a call. What
// it knows of a call goes when the call's last record is dropped, so that a
// long run does not grow.
type recorder struct {
	mu    sync.Mutex
	kept  newest[*entry]
	calls map[string]*attempts
}

type entry struct {
	Record
	key string
}

// attempts counts the requests of one call: all of them, and those still kept.
type attempts struct{ seen, kept int }

func newRecorder(limit int) *recorder {
	return &recorder{kept: newest[*entry]{limit: limit}, calls: make(map[string]*attempts)}
}

// add files a request under its call's key and numbers it. An empty key belongs to no call.
func (r *recorder) add(rec Record, key string) *entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec.Attempt = 1
	if key != "" {
		call := r.calls[key]
		if call == nil {
			call = new(attempts)
			r.calls[key] = call
		}
		call.seen++
		call.kept++
		rec.Attempt = call.seen
	}
	added := &entry{Record: rec, key: key}
	if dropped, ok := r.kept.push(added); ok {
		if call := r.calls[dropped.key]; call != nil {
			if call.kept--; call.kept == 0 {
				delete(r.calls, dropped.key)
			}
		}
	}
	return added
}

// finish completes a record.
func (r *recorder) finish(e *entry, complete func(*Record)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	complete(&e.Record)
}

// all returns the records, oldest first.
func (r *recorder) all() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries := r.kept.all()
	records := make([]Record, len(entries))
	for i, e := range entries {
		records[i] = e.Record
	}
	return records
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept.values, r.kept.oldest = nil, 0
	clear(r.calls)
}

// newest keeps the newest limit values. It takes room only as it fills.
type newest[T any] struct {
	limit  int
	values []T
	oldest int // index of the oldest value once limit is reached
}

// push adds a value and returns the one that had to go for it.
func (n *newest[T]) push(value T) (dropped T, full bool) {
	if len(n.values) < n.limit {
		n.values = append(n.values, value)
		return dropped, false
	}
	dropped = n.values[n.oldest]
	n.values[n.oldest] = value
	n.oldest = (n.oldest + 1) % n.limit
	return dropped, true
}

// all returns the values, oldest first.
func (n *newest[T]) all() []T {
	return append(append(make([]T, 0, len(n.values)), n.values[n.oldest:]...), n.values[:n.oldest]...)
}
