package render

import "strings"

// grid is a table of a page. On a narrow screen each row becomes a card, where
// the cells stand below each other behind their labels.
type grid struct {
	Number  int // of the table in its page, for ids
	Class   string
	Title   string
	Note    string // below it
	Columns []column
	Rows    [][]gridCell
	Sum     []gridCell // the last row, if there is one
}

// column is the heading of a column.
type column struct{ Name, Class string }

// gridCell is a cell with the name of its column, which a card shows.
type gridCell struct {
	Label, Class string
	Lines        []text
}

// text is one line of a cell.
type text struct{ Class, Text string }

// numberTable is a table with a name and its numbers in each row.
func numberTable(title, first string, names []string, rows [][]number) grid {
	g := grid{Title: title, Columns: []column{{Name: first}}}
	for i, row := range rows {
		cells := []gridCell{{Class: "title", Lines: []text{{Text: names[i]}}}}
		for _, n := range row {
			if i == 0 {
				g.Columns = append(g.Columns, column{n.Name, "number"})
			}
			cells = append(cells, gridCell{n.Name, strings.TrimSpace("number " + n.Class()), []text{{Text: n.Number()}}})
		}
		g.Rows = append(g.Rows, cells)
	}
	return g
}

// entityTable has a row an entity, and their sum.
func entityTable(r *Report) grid {
	var names []string
	var rows [][]number
	for _, e := range r.Entities {
		names, rows = append(names, line(string(e.Entity))), append(rows, e.columns())
	}
	g := numberTable("By entity", "entity", append(names, "all"), append(rows, r.Totals.columns()))
	last := len(g.Rows) - 1
	g.Rows, g.Sum = g.Rows[:last], g.Rows[last]
	return g
}

// vendor is Celcoin's row in the summary by vendor.
func (r *Report) vendor() Vendor {
	t := r.Totals
	return Vendor{
		Name: "Celcoin", Missed: t.Planned, Replayed: t.Replayed, Delivered: t.arrived(),
		Unknown: t.Unknown, Expired: t.Expired, Pending: t.Pending, Failed: t.Failed,
	}
}

// vendorTable has a row a vendor.
func vendorTable(vendors []Vendor) grid {
	var names []string
	var rows [][]number
	silent := false
	for _, v := range vendors {
		row := []number{
			{Name: "missed", Count: v.Missed},
			{Name: "replayed", Count: v.Replayed},
			{Name: "delivered", Count: v.Delivered},
			{Name: "unknown", Count: v.Unknown, Bad: true},
			{Name: "expired", Count: v.Expired, Bad: true},
			{Name: "pending", Count: v.Pending, Bad: true},
			{Name: "failed", Count: v.Failed, Bad: true},
		}
		for _, n := range row {
			silent = silent || n.Count == NotTold
		}
		names, rows = append(names, line(v.Name)), append(rows, row)
	}
	g := numberTable("By vendor", "vendor", names, rows)
	if silent {
		g.Note = "?: the vendor does not tell."
	}
	return g
}

// setAsideTable has a row an entity or window that was set aside.
func setAsideTable(c clock, all []SetAside) grid {
	g := grid{Title: "Set aside", Columns: []column{{Name: "entity"}, {Name: "when"}, {Name: "reason"}}}
	for _, s := range all {
		var why []text
		for _, reason := range s.why() {
			why = append(why, text{Text: reason})
		}
		g.Rows = append(g.Rows, []gridCell{
			{Class: "title", Lines: []text{{Text: line(string(s.Entity))}}},
			{Label: "when", Lines: []text{{Text: s.where(c)}}},
			{Label: "reason", Lines: why},
		})
	}
	return g
}

// failureTable has a row a failure.
func (r *Report) failureTable(c clock) grid {
	g := grid{
		Class: "failures", Title: "Not delivered: " + count(r.failureCount()),
		Columns: []column{{Name: "webhook"}, {Name: "state"}, {Name: "answers and errors"}, {Name: "created", Class: "date"}},
	}
	for _, f := range r.named() {
		names := f.names()
		webhook := []text{{Text: names[0]}, {"id", names[1]}}
		for _, status := range names[2:] {
			webhook = append(webhook, text{"muted", status})
		}
		var why []text
		receiver, vendor := f.answers()
		for _, answer := range []string{receiver, vendor, line(f.Error)} {
			if answer != "" {
				why = append(why, text{Text: answer})
			}
		}
		g.Rows = append(g.Rows, []gridCell{
			{Class: "title", Lines: webhook},
			{Label: "state", Class: "word", Lines: []text{{Text: line(f.State)}, {"muted", f.attempts()}}},
			{Label: "why", Lines: why},
			{Label: "created", Class: "date", Lines: []text{{Text: c.createdText(f.Created)}}},
		})
	}
	if more := r.failureCount() - len(g.Rows); more > 0 {
		g.Note = "And " + count(more) + " more."
	}
	return g
}

// tables are the caller's.
func (o Options) tables() []grid {
	var all []grid
	for _, t := range o.Tables {
		g := grid{Title: line(t.Title), Note: line(t.Note)}
		for _, name := range t.Header {
			g.Columns = append(g.Columns, column{Name: line(name)})
		}
		for _, row := range t.Rows {
			var cells []gridCell
			for i, value := range row {
				c := gridCell{Lines: []text{{Text: line(value)}}}
				switch {
				case i == 0:
					c.Class = "title"
				case i < len(g.Columns):
					c.Label = g.Columns[i].Name
				}
				cells = append(cells, c)
			}
			g.Rows = append(g.Rows, cells)
		}
		all = append(all, g)
	}
	return all
}
