package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is one way to misbehave, and when to. ceffutest.Fault and
// celcointest.Fault have the same fields, say what each does, and are converted to it.
type Fault struct {
	Operation   string
	Match       func(*http.Request) bool
	Skip, Times int
	Probability float64

	Processed bool

	Status         int
	Code, Message  string
	Body           []byte
	ContentType    string
	Header         http.Header
	RetryAfter     string
	DateSkew       time.Duration
	NoDate         bool
	RedirectTo     string
	RevokeToken    bool
	DelayHeaders   time.Duration
	DelayBody      time.Duration
	Reset, CutBody bool
	ContentLength  int64
	Gzip           bool
	Bomb, Size     int64
	Garbage        []byte
	Hang           bool
}

// truthful says that the vendor's own answer is sent, if at all.
func (f *Fault) truthful() bool {
	return f.Status == 0 && f.Code == "" && f.Message == "" && f.Body == nil && f.RedirectTo == "" &&
		f.Bomb == 0 && f.Size == 0 && !f.silent()
}

// silent says that no answer leaves which is HTTP.
func (f *Fault) silent() bool { return f.Reset || f.Hang || f.Garbage != nil }

// exclusive are pairs of groups: no field of one goes with a field of the other.
var exclusive = [...][2]string{
	{"Reset", "Garbage Hang"},
	{"Garbage", "Hang"},
	{"Hang", "DelayHeaders"},
	{"Reset Garbage Hang", "Status Code Message Body ContentType Header RetryAfter DateSkew NoDate RedirectTo " +
		"DelayBody CutBody ContentLength Gzip Bomb Size"},
	{"Code Message", "Body Bomb Size"},
	{"Body", "Bomb Size"},
	{"Bomb", "Size"},
	{"Gzip", "Bomb Size"},
	{"CutBody", "ContentLength"},
	{"NoDate", "DateSkew"},
}

// Check says what is wrong with a fault: values out of range, and fields that
// contradict each other, by name.
func (f Fault) Check() error {
	fields := reflect.ValueOf(f)
	for _, name := range []string{"Skip", "DelayHeaders", "DelayBody", "ContentLength", "Bomb", "Size"} {
		if fields.FieldByName(name).Int() < 0 {
			return fmt.Errorf("fault: %s is negative", name)
		}
	}
	switch {
	case !(f.Probability >= 0 && f.Probability <= 1): // nor is what is no number
		return errors.New("fault: Probability is not between 0 and 1")
	case f.Status != 0 && (f.Status < 200 || f.Status > 999):
		return errors.New("fault: Status is not a final HTTP status (200 to 999)")
	case f.Garbage != nil && len(f.Garbage) == 0:
		return errors.New("fault: Garbage has no bytes")
	}
	for _, groups := range exclusive {
		for one := range strings.FieldsSeq(groups[0]) {
			for other := range strings.FieldsSeq(groups[1]) {
				if !fields.FieldByName(one).IsZero() && !fields.FieldByName(other).IsZero() {
					return fmt.Errorf("fault: %s and %s exclude each other", one, other)
				}
			}
		}
	}
	return nil
}

// String names the fields that say what a fault does, for records. When it is used
// is not part of it.
func (f Fault) String() string {
	var words []string
	for field, value := range reflect.ValueOf(f).Fields() {
		switch {
		case value.IsZero() || slices.Contains([]string{"Operation", "Match", "Skip", "Times", "Probability"}, field.Name):
		case value.Kind() == reflect.Bool:
			words = append(words, field.Name)
		case value.Kind() == reflect.String:
			words = append(words, fmt.Sprintf("%s %q", field.Name, value))
		case value.Kind() == reflect.Slice || value.Kind() == reflect.Map:
			words = append(words, fmt.Sprintf("%s of %d", field.Name, value.Len()))
		default:
			words = append(words, fmt.Sprintf("%s %v", field.Name, value))
		}
	}
	return strings.Join(words, ", ")
}

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

// Inject adds a fault, or says what is wrong with it.
func (c *Core) Inject(f Fault) error {
	if err := f.Check(); err != nil {
		return err
	}
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.faults = append(c.faults.faults, &ArmedFault{Fault: f})
	return nil
}

// ClearFaults removes every fault.
func (c *Core) ClearFaults() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.faults, c.faults.used = nil, 0
}

// Faults lists the faults in order of injection, those that are used up too.
func (c *Core) Faults() []ArmedFault {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	list := make([]ArmedFault, len(c.faults.faults))
	for i, f := range c.faults.faults {
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
	limit := used.Fault.Times
	if limit == 0 && used.Fault.Probability == 0 {
		limit = 1
	}
	if limit > 0 && used.Struck >= limit {
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
