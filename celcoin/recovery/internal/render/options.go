package render

import "time"

// Options are what the caller of an output chooses.
type Options struct {
	// Zone is that of all times. Nil is Brasília's, -03:00.
	Zone *time.Location
	// Steps are lines of the caller's at the end of what to do next, such as the
	// command that goes on with the recovery. Text and HTML show them.
	Steps []string
	// Vendors are further rows of the summary by vendor in HTML, below Celcoin's.
	Vendors []Vendor
	// Tables are further tables at the end of HTML.
	Tables []Table
}

// NotTold is a number of a [Vendor] that the vendor does not tell.
const NotTold = -1

// Vendor is a row of the summary by vendor. Every number may be [NotTold].
type Vendor struct {
	Name      string
	Missed    int
	Replayed  int
	Delivered int
	Unknown   int
	Expired   int
	Pending   int
	Failed    int
}

// Table is a table of the caller's. Every cell is text.
type Table struct {
	Title  string
	Note   string // below it
	Header []string
	Rows   [][]string
}
