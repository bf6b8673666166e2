package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// transaction is a line of statuses.
type transaction struct {
	Entity        string    `json:"entity"`
	ID            string    `json:"id"`
	PayloadStatus string    `json:"payload_status,omitempty"`
	Created       string    `json:"created,omitempty"` // as Celcoin wrote it
	Result        string    `json:"result"`
	Status        string    `json:"status,omitempty"` // Celcoin's own word
	Asked         time.Time `json:"asked,omitzero"`
	ErrorCode     string    `json:"error_code,omitempty"`
	Error         string    `json:"error,omitempty"`
}

func (j *job) transaction(s recovery.ItemStatus) transaction {
	t := transaction{
		string(s.Entity), s.ID, s.PayloadStatus, s.Created, string(s.Result), string(s.Status), s.Asked, s.ErrorCode, j.zoned(s.Error),
	}
	if !t.Asked.IsZero() {
		t.Asked = t.Asked.In(j.zone.Location)
	}
	return t
}

// cells is the line in CSV. A text that a spreadsheet would take for a formula
// gets an apostrophe in front, as in the reports of package recovery.
func (t *transaction) cells() []string {
	asked := ""
	if !t.Asked.IsZero() {
		asked = t.Asked.Format(time.RFC3339)
	}
	all := []string{t.Entity, t.ID, t.PayloadStatus, t.Created, t.Result, t.Status, asked, t.ErrorCode, t.Error}
	for i, s := range all {
		if s != "" && strings.ContainsRune("=+-@\t\r'", rune(s[0])) {
			all[i] = "'" + s
		}
	}
	return all
}

// shownStatuses is how many transactions are named for people.
const shownStatuses = 20

// doStatuses asks what became of the transactions of what a recovery cannot
// bring back. With -csv and -json each is printed as soon as it is known.
func (j *job) doStatuses(ctx context.Context) (int, error) {
	r, err := j.prepare(ctx)
	if err != nil {
		return failed(err)
	}
	const asking = "asking what became of transactions"
	j.progress.step(step{name: asking})
	table := csv.NewWriter(j.stdout)
	table.UseCRLF = true
	if j.csv {
		err = table.Write([]string{"entity", "id", "payload_status", "created", "result", "status", "asked", "error_code", "error"})
	}
	var names []string
	results, n := map[string]int{}, 0
	for s, e := range r.Statuses(ctx, j.id) {
		if err = e; err != nil {
			break
		}
		t := j.transaction(s)
		switch n++; {
		case j.json:
			err = j.writeJSONLine(t)
		case j.csv:
			err = table.Write(t.cells())
			table.Flush()
		case n <= shownStatuses:
			j.progress.end()
			fmt.Fprintln(j.stdout, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s: %s %s", t.Entity, t.ID, t.PayloadStatus, t.Result, t.Error)), " "))
		}
		if err != nil {
			break
		}
		if results[t.Result]++; results[t.Result] == 1 {
			names = append(names, t.Result)
		}
		j.progress.step(step{name: asking + ": " + count(n)})
	}
	j.progress.end()
	if table.Flush(); err == nil {
		err = table.Error()
	}
	if err != nil && n == 0 {
		return failed(err)
	}
	if n > shownStatuses && !j.json && !j.csv {
		fmt.Fprintf(j.stdout, "and %s more: -csv has all\n", count(n-shownStatuses))
	}
	numbers := make([]int, len(names))
	for i, name := range names {
		numbers[i] = results[name]
	}
	fmt.Fprintf(j.say, "%s: %s that cannot be brought back", j.id, plural(n, "webhook"))
	if n > 0 {
		fmt.Fprintf(j.say, ". Of their transactions, by the webhooks' ids: %s.\nNone of that is a delivery: book it by hand", parts(", ", names, numbers...))
	}
	fmt.Fprintln(j.say, ".")
	if err != nil {
		return exitPartial, err
	}
	return exitDone, nil
}
