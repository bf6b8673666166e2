package simulator

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
)

// ArmedFault is a fault that was injected, and how often it was used.
type ArmedFault struct {
	Fault  Fault
	Seen   int  // requests that matched
	Struck int  // of these, those on which it was used
	Spent  bool // it will not be used again
}

// maxUsed is how many used faults are remembered, so that a long run which
// injects one fault a request does not grow.
const maxUsed = 1000

// faultQueue holds the faults in order of injection and decides which one is used.
type faultQueue struct {
	mu     sync.Mutex
	rng    *rand.Rand
	faults []*ArmedFault
	used   int
}

func newFaultQueue(seed uint64) *faultQueue {
	return &faultQueue{rng: rand.New(rand.NewPCG(seed, 'f'))} //nolint:gosec // repeatable is what it has to be
}

func (q *faultQueue) add(f Fault) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.faults = append(q.faults, &ArmedFault{Fault: f})
}

func (q *faultQueue) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.faults, q.used = nil, 0
}

func (q *faultQueue) list() []ArmedFault {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := make([]ArmedFault, len(q.faults))
	for i, f := range q.faults {
		list[i] = *f
	}
	return list
}

// match returns the fault to use on a request, or nil.
func (q *faultQueue) match(req *Request) *Fault {
	matching := q.matching(req)
	q.mu.Lock()
	defer q.mu.Unlock()
	var used *ArmedFault
	for _, f := range matching {
		f.Seen++
		if used == nil && f.Seen > f.Fault.Skip && !f.Spent && (f.Fault.Probability == 0 || q.rng.Float64() < f.Fault.Probability) {
			used = f
		}
	}
	if used == nil {
		return nil
	}
	used.Struck++
	if limit := used.Fault.limit(); limit >= 0 && used.Struck >= limit {
		used.Spent = true
		if q.used++; q.used > maxUsed {
			oldest := slices.IndexFunc(q.faults, func(f *ArmedFault) bool { return f.Spent })
			q.faults = slices.Delete(q.faults, oldest, oldest+1)
			q.used--
		}
	}
	return &used.Fault
}

// matching asks Match without the lock, since it is the caller's code and may
// well look at the simulator.
func (q *faultQueue) matching(req *Request) []*ArmedFault {
	q.mu.Lock()
	candidates := slices.Clone(q.faults)
	candidates = slices.DeleteFunc(candidates, func(f *ArmedFault) bool { return f.Spent })
	q.mu.Unlock()
	return slices.DeleteFunc(candidates, func(f *ArmedFault) bool { return !f.Fault.matches(req) })
}

func (f *Fault) matches(req *Request) bool {
	if f.Operation != "" && f.Operation != req.Operation {
		return false
	}
	if f.Match == nil {
		return true
	}
	r := *req.HTTP
	r.Header = r.Header.Clone()
	r.Body = io.NopCloser(bytes.NewReader(req.Body))
	return f.Match(&r)
}

// limit says how often a fault is used; below 0: always.
func (f *Fault) limit() int {
	switch {
	case f.Times != 0:
		return f.Times
	case f.Probability > 0:
		return -1
	default:
		return 1
	}
}
