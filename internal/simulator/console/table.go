package console

import (
	"fmt"
	"net/url"
	"time"
)

// Table is rows of values under columns.
type Table struct {
	Key     string // in JSON
	Title   string
	Empty   string // what is said instead of no rows
	Columns []Column
	Rows    []Row
}

// Column is one of a table's.
type Column struct {
	Key   string // in JSON
	Label string
}

// Row is one line of a table.
type Row struct {
	Values  []any    // one a column
	Link    string   // of the first value; empty: none
	Buttons []Button // what can be done about it
	Texts   []Text   // more about it, folded away
}

// Text is something long, as it is.
type Text struct {
	Key   string // in JSON
	Label string
	Body  string
}

// Button does an action with the values given.
type Button struct {
	Action string
	Label  string
	Values []Pair
}

// Pair is a name with its value.
type Pair struct{ Name, Value string }

// Listing is a table too long for one page.
type Listing struct {
	Name    string // of its page, under [Path]
	Title   string
	About   string
	Columns []Column
	Filters []Field // parameters that narrow it
	// Page gives the rows after the first skip ones, at most n of them, and how
	// many there are in all.
	Page func(filter Values, skip, n int) (rows []Row, total int, err error)
}

// ListingLink leads to the listing of that name, narrowed by a filter.
func ListingLink(name string, filter ...Pair) string {
	values := url.Values{}
	for _, pair := range filter {
		values.Set(pair.Name, pair.Value)
	}
	if len(values) == 0 {
		return Path + name
	}
	return Path + name + "?" + values.Encode()
}

// objects are the rows as JSON has them.
func (t *Table) objects() []map[string]any {
	objects := make([]map[string]any, 0, len(t.Rows))
	for _, row := range t.Rows {
		object := make(map[string]any, len(t.Columns)+len(row.Texts))
		for i, column := range t.Columns {
			object[column.Key] = plain(row.Values[i])
		}
		for _, text := range row.Texts {
			object[text.Key] = text.Body
		}
		objects = append(objects, object)
	}
	return objects
}

// plain is a value as JSON has it: no time is null rather than the year 1.
func plain(value any) any {
	if t, ok := value.(time.Time); ok {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	return value
}

// show is a value as a page has it.
func show(value any) string {
	switch v := value.(type) {
	case time.Time:
		if v.IsZero() {
			return "–"
		}
		return v.UTC().Format("2006-01-02 15:04:05.000")
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case string:
		if v == "" {
			return "–"
		}
		return v
	default:
		return fmt.Sprint(v)
	}
}
