package simulator

import (
	"net/http"
	"sync"
	"time"
)

// Record is one request that the simulator saw, and what became of it. The
// vendors' packages say what each field holds.
type Record struct {
	Time              time.Time
	Operation         string
	Method, URL, Host string
	Proto             string
	Header            http.Header
	Body              []byte
	RemoteAddr        string

	Attempt   int
	Verdict   string
	Processed bool
	Status    int
	RequestID string
	Fault     string
}

// entry is a record, and the call that it is an attempt of. An empty key belongs
// to no call.
type entry struct {
	Record
	key string
}

// record keeps a request that has just arrived.
func (c *Core) record(req *Request) *entry {
	e := &entry{key: c.cfg.Vendor.Key(req), Record: Record{
		Time: req.Time, Operation: req.Operation, Method: req.Method, URL: req.URL, Host: req.HTTP.Host,
		Proto: req.HTTP.Proto, Header: req.Header.Clone(), Body: req.Body, RemoteAddr: req.RemoteAddr,
	}}
	c.requests.push(e)
	return e
}

// finish completes a record.
func (c *Core) finish(e *entry, complete func(*Record)) {
	c.requests.mu.Lock()
	defer c.requests.mu.Unlock()
	complete(&e.Record)
}

// Requests returns the records that are kept, oldest first, with the attempts of
// each call numbered. Their headers and bodies are the simulator's own and must
// not be changed.
func (c *Core) Requests() []Record {
	entries, attempts := c.requests.all(), make(map[string]int)
	c.requests.mu.Lock()
	defer c.requests.mu.Unlock()
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

// Deliveries returns the deliveries that are kept, oldest first. Their bodies
// are the simulator's own and must not be changed.
func (c *Core) Deliveries() []Delivery {
	c.RunDue()
	return c.deliveries.all()
}

// ResetRecords forgets every request and delivery, and starts to number attempts anew.
func (c *Core) ResetRecords() {
	c.requests.clear()
	c.deliveries.clear()
}

// newest keeps the newest limit values. It takes room only as it fills.
type newest[T any] struct {
	mu     sync.Mutex
	limit  int
	values []T
	oldest int // index of the oldest value once limit is reached
}

func (n *newest[T]) push(value T) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.values) < n.limit {
		n.values = append(n.values, value)
		return
	}
	n.values[n.oldest] = value
	n.oldest = (n.oldest + 1) % n.limit
}

func (n *newest[T]) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.values, n.oldest = nil, 0
}

// all returns the values, oldest first.
func (n *newest[T]) all() []T {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append(append(make([]T, 0, len(n.values)), n.values[n.oldest:]...), n.values[:n.oldest]...)
}

// Each converts values to those of a vendor's package, whose page shows their fields.
func Each[F, T any](from []F, convert func(F) T) []T {
	to := make([]T, len(from))
	for i, value := range from {
		to[i] = convert(value)
	}
	return to
}
