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

// Fault is one way to misbehave, and when to. ceffutest.Fault and
// celcointest.Fault have the same fields and are converted to it.
//
// At most one fault is used on a request: of those that match, the first that was
// injected. Every fault counts the requests that match it, also those on which
// another one was used.
type Fault struct {
	// When. A fault is used on requests that match, after Skip of them, Times times.
	Operation   string                   // only this call; empty: any
	Match       func(*http.Request) bool // only these; nil: any. The body can be read
	Skip        int                      // matching requests that are left alone first
	Times       int                      // how often it is used: 0 once (always, if Probability is set), negative always
	Probability float64                  // above 0: used with this probability, drawn from the server's seed

	// Whether the request is carried out before the fault shows: the answer is lost, not the request.
	Processed bool

	// What is answered instead. With none of Status, Code, Message, Body, RedirectTo, Bomb and Size
	// set it is the true answer, to which delays, headers and framing apply.
	Status      int    // 0: 400 with a Code or Message, 307 with RedirectTo, otherwise 200
	Code        string // the vendor's code, in the vendor's JSON
	Message     string
	Body        []byte        // sent as it is; non-nil but empty: an empty body. Nil with a Status: the vendor's JSON for it
	ContentType string        // empty: JSON if the body is, otherwise as its first bytes look
	Header      http.Header   // added to the answer's
	RetryAfter  string        // sent as it is, with any Status: seconds, a date, a Unix time, nonsense
	DateSkew    time.Duration // added to the Date header
	NoDate      bool          // no Date header
	RedirectTo  string        // a 307 to this URL (Status overrides the 307)
	RevokeToken bool          // every token is worthless from this request on

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

// truthful says that the vendor's own answer is sent, if at all.
func (f *Fault) truthful() bool {
	return f.Status == 0 && len(f.bodies()) == 0 && f.RedirectTo == "" && !f.silent()
}

// silent says that no answer leaves which is HTTP.
func (f *Fault) silent() bool { return f.Reset || f.Hang || f.Garbage != nil }

// fields are the names of those fields of a group that are set.
type fields []string

func (f *fields) add(set bool, name string) {
	if set {
		*f = append(*f, name)
	}
}

// bodies are the ways to choose a body.
func (f *Fault) bodies() (set fields) {
	set.add(f.Code != "" || f.Message != "", "Code or Message")
	set.add(f.Body != nil, "Body")
	set.add(f.Bomb > 0, "Bomb")
	set.add(f.Size > 0, "Size")
	return set
}

// endings are the ways to answer nothing that is HTTP.
func (f *Fault) endings() (set fields) {
	set.add(f.Reset, "Reset")
	set.add(f.Garbage != nil, "Garbage")
	set.add(f.Hang, "Hang")
	return set
}

// answer are the fields that describe an HTTP answer.
func (f *Fault) answer() fields {
	set := f.bodies()
	set.add(f.Status != 0, "Status")
	set.add(f.ContentType != "", "ContentType")
	set.add(len(f.Header) > 0, "Header")
	set.add(f.RetryAfter != "", "RetryAfter")
	set.add(f.DateSkew != 0, "DateSkew")
	set.add(f.NoDate, "NoDate")
	set.add(f.RedirectTo != "", "RedirectTo")
	set.add(f.DelayBody > 0, "DelayBody")
	set.add(f.CutBody, "CutBody")
	set.add(f.ContentLength > 0, "ContentLength")
	set.add(f.Gzip, "Gzip")
	return set
}

// Check says what is wrong with a fault: values out of range, and fields that
// contradict each other, by name.
func (f Fault) Check() error {
	var negative fields
	negative.add(f.Skip < 0, "Skip")
	negative.add(f.DelayHeaders < 0, "DelayHeaders")
	negative.add(f.DelayBody < 0, "DelayBody")
	negative.add(f.ContentLength < 0, "ContentLength")
	negative.add(f.Bomb < 0, "Bomb")
	negative.add(f.Size < 0, "Size")
	if len(negative) > 0 {
		return fmt.Errorf("fault: %s is negative", negative[0])
	}
	switch {
	case !(f.Probability >= 0 && f.Probability <= 1): // nor is what is no number
		return errors.New("fault: Probability is not between 0 and 1")
	case f.Status != 0 && (f.Status < 200 || f.Status > 999):
		return errors.New("fault: Status is not a final HTTP status (200 to 999)")
	case f.Garbage != nil && len(f.Garbage) == 0:
		return errors.New("fault: Garbage has no bytes")
	case f.silent() && len(f.answer()) > 0:
		return fmt.Errorf("fault: %s leaves no room for %s", f.endings()[0], f.answer()[0])
	}
	for _, pair := range []fields{
		f.endings(), f.bodies(),
		both(f.Hang, "Hang", f.DelayHeaders > 0, "DelayHeaders"),
		both(f.Gzip, "Gzip", f.Bomb > 0 || f.Size > 0, "Bomb or Size"),
		both(f.CutBody, "CutBody", f.ContentLength > 0, "ContentLength"),
		both(f.NoDate, "NoDate", f.DateSkew != 0, "DateSkew"),
	} {
		if len(pair) > 1 {
			return fmt.Errorf("fault: %s exclude each other", strings.Join(pair, " and "))
		}
	}
	return nil
}

func both(one bool, first string, other bool, second string) (set fields) {
	set.add(one, first)
	set.add(other, second)
	return set
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
