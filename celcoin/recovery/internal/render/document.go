package render

import "time"

// Document is a plan or a report in words.
type Document struct {
	Kind     string // of the page: "Celcoin webhook recovery"
	ID       string // of the recovery
	State    string // empty: none
	Headline string
	Meaning  string // of the state
	Reason   string
	Facts    []Fact
	Entities []Row    // shown if there are several
	All      []Number // of all entities together, the last row of that table
	Counts   string   // what Numbers are of, as a heading
	Numbers  []Number
	SetAside []Entry
	Failures []Entry
	More     int    // failures that are not among these
	Effort   string // what Work is, as a heading
	Work     []Fact
	Steps    []string // what to do next

	// What follows is of HTML alone.

	Share     Share
	Clock     Clock
	From, To  time.Time // the outage
	Timelines []Timeline
	Vendors   []Row
	Tables    []Table
}

// NotDelivered is the heading of the failures.
func (d *Document) NotDelivered() string { return "Not delivered: " + Count(len(d.Failures)+d.More) }

// Fact is something that is said once, on one line or more.
type Fact struct {
	Name   string
	Values []string
}

// Number is a count with its explanation, and what it consists of.
type Number struct {
	Name  string
	Count int
	What  string
	Bad   bool // whoever reads it has something to do, unless it is 0
	Parts []Number
}

// NotTold is a count that is not known.
const NotTold = -1

// Row is what a table has numbers of.
type Row struct {
	Name    string
	Numbers []Number
}

// Entry is a webhook that was not delivered, or a stretch that was set aside.
type Entry struct {
	Name  []string // what it is found by
	State []string
	When  string
	Why   []string
}

// Share is how many of All are Delivered, and how many of these are Proven to be, and
// not only counted.
type Share struct{ Proven, Delivered, All int }

// Timeline is an entity's.
type Timeline struct {
	Name    string
	Buckets []Bucket
}

// Bucket is a stretch of time in a timeline.
type Bucket struct {
	Start, End        time.Time
	Missed, Recovered int
}

// Table is a table of text, none of which is trusted.
type Table struct {
	Title  string
	Note   string // below it
	Header []string
	Rows   [][]string
}
