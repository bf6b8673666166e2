package console

import (
	"net/http"
	"strings"
	"time"
)

// serveState shows the simulator in short, and everything that can be done.
func (c *Console) serveState(x *exchange) {
	state := x.panel.State()
	if x.wantsJSON() {
		x.json(http.StatusOK, x.stateObject(state))
		return
	}
	view := stateView{Facts: state.Facts, Keys: FaultKeys(), Syntax: FaultSyntax}
	for _, table := range state.Tables {
		view.Tables = append(view.Tables, newTableView(table))
	}
	view.Faults = newTableView(faultTable(x.panel.Simulator))
	for i := range x.panel.Actions {
		a := &x.panel.Actions[i]
		view.Forms = append(view.Forms, formView{Action: a, Fields: newFieldViews(a.Name, a.Fields), Curl: x.example(a)})
	}
	if x.panel.Calls != nil {
		view.Calls = x.panel.Calls()
	}
	x.page(http.StatusOK, "state", "State", view)
}

type stateView struct {
	Facts  []Fact
	Tables []tableView
	Faults tableView
	Forms  []formView
	Calls  []Call
	Keys   []FaultKey
	Syntax string
}

type formView struct {
	Action *Action
	Fields []fieldView
	Curl   string
}

// fieldView is a field with the id that its choices have on the page.
type fieldView struct {
	Field
	ListID string
}

func newFieldViews(form string, fields []Field) []fieldView {
	views := make([]fieldView, len(fields))
	for i, f := range fields {
		views[i] = fieldView{Field: f, ListID: form + "-" + f.Name}
	}
	return views
}

// stateObject is the state in JSON.
func (x *exchange) stateObject(state State) map[string]any {
	object := map[string]any{
		"vendor": x.panel.Vendor,
		"url":    x.panel.URL,
		"now":    plain(x.now()),
	}
	if x.panel.Clock != nil {
		object["clockOffset"] = x.panel.Clock.Offset().String()
	}
	faults := faultTable(x.panel.Simulator)
	object[faults.Key] = faults.objects()
	for _, fact := range state.Facts {
		object[fact.Key] = plain(fact.Value)
	}
	for _, table := range state.Tables {
		object[table.Key] = table.objects()
	}
	return object
}

func (x *exchange) now() time.Time {
	if x.panel.Clock != nil {
		return x.panel.Clock.Now()
	}
	return time.Now()
}

// faultTable shows the armed faults with how often they struck.
func faultTable(s Simulator) Table {
	t := Table{
		Key: "faults", Title: "Faults", Empty: "None is armed.",
		Columns: []Column{{"fault", "what"}, {"when", "when"}, {"seen", "matched"}, {"struck", "struck"}, {"spent", "spent"}},
	}
	for _, f := range s.Faults() {
		t.Rows = append(t.Rows, Row{Values: []any{f.Fault.String(), when(f.Fault), f.Seen, f.Struck, f.Spent}})
	}
	return t
}

// tableView is a table with its values as text.
type tableView struct {
	Table
	Lines []lineView
}

type lineView struct {
	Row
	Cells []cellView
}

// cellView is a value as text. A short one is not broken into lines.
type cellView struct {
	Label string // of its column, which stands beside it on a narrow page
	Text  string
	Short bool
}

// shortCell is how long a value may be that stands on one line.
const shortCell = 40

// HasMore says that any row has buttons or texts.
func (t tableView) HasMore() bool {
	for _, line := range t.Lines {
		if len(line.Buttons)+len(line.Texts) > 0 {
			return true
		}
	}
	return false
}

func newTableView(t Table) tableView {
	view := tableView{Table: t}
	for _, row := range t.Rows {
		line := lineView{Row: row}
		for i, value := range row.Values {
			text := show(value)
			line.Cells = append(line.Cells, cellView{Label: t.Columns[i].Label, Text: text, Short: len(text) <= shortCell})
		}
		view.Lines = append(view.Lines, line)
	}
	return view
}

// Curl gives the lines of the call as the page wraps them.
func (c Call) Curl() string { return strings.TrimSpace(c.Line) }
