package simulator

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
)

// ArmedFault is a fault that was injected, and how often it struck.
type ArmedFault struct {
	Fault  Fault
	Seen   int  // requests that matched
	Struck int  // of these, those it struck
	Spent  bool // it will not strike again
}

// maxSpent is how many spent faults are remembered, so that a long run which
// injects one fault a request does not grow.
const maxSpent = 1000

// armory holds the armed faults and decides which one strikes.
type armory struct {
	mu     sync.Mutex
	random *rand.Rand
	count  int // of all faults ever armed
	active []*armed
	spent  ring[*armed]
}

type armed struct {
	ArmedFault
	order int
}

func newArmory(seed uint64) *armory {
	return &armory{
		random: rand.New(rand.NewPCG(seed, 'f')), //nolint:gosec // repeatable is what it has to be
		spent:  ring[*armed]{limit: maxSpent},
	}
}

func (a *armory) arm(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
	a.active = append(a.active, &armed{ArmedFault: ArmedFault{Fault: f}, order: a.count})
}

func (a *armory) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.active = nil
	a.spent.clear()
}

func (a *armory) list() []ArmedFault {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := slices.AppendSeq(slices.Clone(a.active), a.spent.all())
	slices.SortFunc(known, func(x, y *armed) int { return x.order - y.order })
	list := make([]ArmedFault, len(known))
	for i, f := range known {
		list[i] = f.ArmedFault
	}
	return list
}

// strike returns the fault that strikes a request, or nil.
func (a *armory) strike(req *Request) *Fault {
	matching := a.matching(req)
	a.mu.Lock()
	defer a.mu.Unlock()
	var struck *armed
	for _, f := range matching {
		f.Seen++
		if struck == nil && f.Seen > f.Fault.Skip && !f.Spent && a.hits(f.Fault.Probability) {
			struck = f
		}
	}
	if struck == nil {
		return nil
	}
	struck.Struck++
	if limit := struck.Fault.limit(); limit >= 0 && struck.Struck >= limit {
		struck.Spent = true
		a.active = slices.DeleteFunc(a.active, func(f *armed) bool { return f == struck })
		a.spent.push(struck)
	}
	return &struck.Fault
}

// matching asks Match without the lock, since it is the caller's code and may
// well look at the simulator.
func (a *armory) matching(req *Request) []*armed {
	a.mu.Lock()
	candidates := slices.Clone(a.active)
	a.mu.Unlock()
	return slices.DeleteFunc(candidates, func(f *armed) bool { return !f.Fault.matches(req) })
}

func (a *armory) hits(probability float64) bool {
	return probability == 0 || a.random.Float64() < probability
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

// limit says how often a fault strikes; below 0: always.
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

// truthful says that the vendor's own answer is sent, if at all.
func (f *Fault) truthful() bool {
	return f.Status == 0 && f.Code == "" && f.Message == "" && f.Body == nil &&
		f.RedirectTo == "" && f.Bomb == 0 && f.Size == 0 && !f.silent()
}

// silent says that no answer leaves which is HTTP.
func (f *Fault) silent() bool { return f.Reset || f.Hang || f.Garbage != nil }
