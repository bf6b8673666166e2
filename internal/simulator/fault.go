package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Fault is one way to misbehave, and when to.
//
// At most one is used on a request: of those that match, the first that was injected. Every
// fault counts the requests that match it, also those on which another one was used.
type Fault struct {
	// When. A fault is used on requests that match, after Skip of them, Times times.
	Operation   string                   // only this call; empty: any
	Match       func(*http.Request) bool // only these; nil: any. The body can be read
	Skip        int                      // matching requests that are left alone first
	Times       int                      // how often it is used: 0 once (with a Probability always), negative always
	Probability float64                  // above 0: used with this probability, drawn from the server's seed

	// Whether the request is carried out before the fault shows: the answer is lost, not the request.
	Processed bool

	// What is answered instead. With none of Status, Code, Message, Body, RedirectTo, Bomb and Size
	// set it is the true answer, to which delays, headers and framing apply.
	Status        int           // 0: the vendor's for Code or Message (or 400), 307 with RedirectTo, otherwise 200
	Code, Message string        // the vendor's, in the vendor's JSON
	Body          []byte        // sent as it is, also if empty but not nil; nil with a Status: the vendor's JSON for it
	ContentType   string        // empty: JSON if the body is, otherwise as its first bytes look
	Header        http.Header   // added to the answer's
	RetryAfter    string        // sent as it is, with any Status: seconds, a date, a Unix time, nonsense
	DateSkew      time.Duration // added to the Date header; neither vendor is known to do so
	NoDate        bool          // no Date header; neither vendor is known to do so
	RedirectTo    string        // a 307 to this URL (Status overrides the 307)
	RevokeToken   bool          // every token is worthless from this request on, if the vendor has tokens

	// How it is sent.
	DelayHeaders  time.Duration // before the status line
	DelayBody     time.Duration // in the middle of the body
	Reset         bool          // the connection is reset, no answer
	CutBody       bool          // the connection ends in the middle of the body
	ContentLength int64         // a false Content-Length; 0: the true one
	Gzip          bool          // the body compressed, if the client takes it
	Bomb          int64         // a gzip body that unpacks to this many bytes, whether the client takes it or not
	Size          int64         // a body of this many bytes, made as it is sent
	Garbage       []byte        // these bytes instead of HTTP
	Hang          bool          // nothing, until the client leaves
}

// truthful says that the vendor's own answer is sent, if any.
func (f *Fault) truthful() bool {
	return f.Status == 0 && f.Code == "" && f.Message == "" && f.Body == nil && f.RedirectTo == "" &&
		f.Bomb == 0 && f.Size == 0 && !f.silent()
}

// silent says that nothing is sent which is HTTP.
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

// Check says which fields are out of range or contradict each other.
func (f Fault) Check() error {
	fields := reflect.ValueOf(f)
	for _, name := range []string{"Skip", "DelayHeaders", "DelayBody", "ContentLength", "Bomb", "Size"} {
		if fields.FieldByName(name).Int() < 0 {
			return fmt.Errorf("fault: %s is negative", name)
		}
	}
	switch {
	case !(f.Probability >= 0 && f.Probability <= 1): // NaN is not either
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

// String names what a fault does, for records, but not when it is used.
func (f Fault) String() string {
	when := []string{"Operation", "Match", "Skip", "Times", "Probability"}
	var words []string
	for field, value := range reflect.ValueOf(f).Fields() {
		switch {
		case value.IsZero() || slices.Contains(when, field.Name):
		case slices.Contains([]reflect.Kind{reflect.Bool, reflect.Slice, reflect.Map}, value.Kind()):
			words = append(words, field.Name)
		case value.Kind() == reflect.String:
			words = append(words, fmt.Sprintf("%s %q", field.Name, value))
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

// Inject adds a fault, or says what is wrong with it.
func (c *Core) Inject(f Fault) error {
	if err := f.Check(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.faults) >= 1000 { // a run that injects a fault for each request must not grow
		c.faults = slices.DeleteFunc(c.faults, func(f *ArmedFault) bool { return f.Spent })
	}
	c.faults = append(c.faults, &ArmedFault{Fault: f})
	return nil
}

// match returns the fault to use on a request, or one that does nothing.
func (c *Core) match(req *Request) *Fault {
	matching := c.matching(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	var used *ArmedFault
	for _, f := range matching {
		f.Seen++
		ready := used == nil && f.Seen > f.Fault.Skip && !f.Spent
		if ready && (f.Fault.Probability == 0 || c.rng.Float64() < f.Fault.Probability) {
			used = f
		}
	}
	if used == nil {
		return new(Fault)
	}
	used.Struck++
	limit := used.Fault.Times
	if limit == 0 && used.Fault.Probability == 0 {
		limit = 1
	}
	used.Spent = limit > 0 && used.Struck >= limit
	return &used.Fault
}

// matching calls Match without the lock, since it may well look at the simulator.
func (c *Core) matching(req *Request) []*ArmedFault {
	c.mu.Lock()
	candidates := slices.Clone(c.faults)
	candidates = slices.DeleteFunc(candidates, func(f *ArmedFault) bool { return f.Spent })
	c.mu.Unlock()
	return slices.DeleteFunc(candidates, func(f *ArmedFault) bool { return !f.Fault.matches(req) })
}

func (f *Fault) matches(req *Request) bool {
	r := *req.HTTP
	r.Header = r.Header.Clone()
	rewind(&r, req.Body)
	return (f.Operation == "" || f.Operation == req.Operation) && (f.Match == nil || f.Match(&r))
}
