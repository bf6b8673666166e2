package console

import (
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Simulator is what the console asks of every simulator.
type Simulator interface {
	Requests() []simulator.Record
	Deliveries() []simulator.Delivery
	Faults() []simulator.ArmedFault
	Inject(f simulator.Fault) error
	ClearFaults()
	ResetRecords()
	Certificate() *x509.Certificate
}

// Panel describes one simulator to the console.
type Panel struct {
	Vendor     string   // as in faults: "celcoin"
	Title      string   // "Celcoin"
	URL        string   // base URL of the simulator, without a slash at its end
	Operations []string // that a fault can strike
	Simulator  Simulator
	Clock      *Clock // nil: time cannot be moved

	// State is what the first page begins with.
	State func() State
	// Calls are the simulator's own calls, as command lines that work now.
	Calls    func() []Call
	Listings []Listing
	Actions  []Action
}

// State is a simulator's state in short.
type State struct {
	Facts  []Fact
	Tables []Table
}

// Fact is a single value.
type Fact struct {
	Key   string // in JSON
	Label string
	Value any
}

// Call is a command line.
type Call struct{ About, Line string }

// Action is something that a person can do, by a form or by curl.
type Action struct {
	Name   string // what it is POSTed to, under [Path]
	Label  string // on the button
	About  string // one sentence
	Fields []Field
	// Example is what the command line on its page sends; nil: what the form has.
	Example []Pair
	// Do carries it out, with a value for each field, and says what it did. An
	// error is the person's mistake.
	Do func(values Values) (string, error)
}

// Field is one value of an action's form or of a listing's filter.
type Field struct {
	Name    string
	Label   string
	Value   string   // what it has unless told otherwise
	Options []string // if it is a choice
	Free    bool     // other values than Options are possible
	Long    bool     // it takes a line of its own
}

// names of fields, actions and listings stand in URLs and command lines.
var nameForm = regexp.MustCompile(`^[a-z][a-z-]*$`)

// check finds mistakes of the program.
func (p *Panel) check() error {
	if p.Vendor == "" || p.Title == "" || p.URL == "" || p.Simulator == nil || p.State == nil {
		return errors.New("console: panel without vendor, title, URL, simulator or state")
	}
	taken := map[string]bool{"requests": true, "deliveries": true, "state": true}
	for _, l := range p.Listings {
		if !nameForm.MatchString(l.Name) || taken[l.Name] || l.Page == nil {
			return fmt.Errorf("console: listing %q is malformed or there twice", l.Name)
		}
		taken[l.Name] = true
	}
	for _, a := range p.Actions {
		if !nameForm.MatchString(a.Name) || taken[a.Name] || a.Do == nil {
			return fmt.Errorf("console: action %q is malformed or there twice", a.Name)
		}
		taken[a.Name] = true
	}
	return nil
}

func (p *Panel) action(name string) (*Action, bool) {
	for i := range p.Actions {
		if p.Actions[i].Name == name {
			return &p.Actions[i], true
		}
	}
	return nil, false
}

func (p *Panel) listing(name string) (*Listing, bool) {
	for i := range p.Listings {
		if p.Listings[i].Name == name {
			return &p.Listings[i], true
		}
	}
	return nil, false
}
