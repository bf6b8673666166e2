package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// transactionHeader names what statuses prints of each transaction: the columns of
// CSV and the members of JSON, where an empty one is left out.
var transactionHeader = []string{"entity", "id", "payload_status", "created", "result", "status", "asked", "error_code", "error"}

// cells are the values. Created is as Celcoin wrote it, and status is its own word.
func (j *job) cells(s recovery.ItemStatus) []string {
	asked := ""
	if !s.Asked.IsZero() {
		asked = s.Asked.In(j.zone.Location).Format(time.RFC3339)
	}
	return []string{
		string(s.Entity), s.ID, s.PayloadStatus, s.Created, string(s.Result), string(s.Status), asked, s.ErrorCode, j.zoned(s.Error),
	}
}

// members are cells under their names.
func members(cells []string) map[string]string {
	m := map[string]string{}
	for i, name := range transactionHeader {
		if cells[i] != "" {
			m[name] = cells[i]
		}
	}
	return m
}

// plain puts an apostrophe before a text that a spreadsheet would take for a
// formula, as the reports of package recovery have it.
func plain(cells []string) []string {
	for i, s := range cells {
		if s != "" && strings.ContainsRune("=+-@\t\r'", rune(s[0])) {
			cells[i] = "'" + s
		}
	}
	return cells
}

// shownTransactions is how many are named for people.
const shownTransactions = 20

// doStatuses asks what became of the transactions of what a recovery cannot
// bring back. With -csv and -json each is printed as soon as it is known.
func (j *job) doStatuses(ctx context.Context) error {
	if err := j.choose(ctx); err != nil {
		return err
	}
	const asking = "asking what became of transactions"
	j.progress.show(recovery.Progress{Step: asking})
	table := csv.NewWriter(j.stdout)
	table.UseCRLF = true
	var err error
	if j.csv {
		err = table.Write(transactionHeader)
	}
	results, n := map[string]int{}, 0
	for s, e := range j.recoverer.Statuses(ctx, j.request.ID) {
		if err = e; err != nil {
			break
		}
		switch n++; {
		case j.json:
			err = encode(j.stdout, members(j.cells(s)), "")
		case j.csv:
			err = table.Write(plain(j.cells(s)))
			table.Flush()
		case n <= shownTransactions:
			j.progress.end()
			fmt.Fprintln(j.stdout, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s: %s %s", s.Entity, s.ID, s.PayloadStatus, s.Result, s.Error)), " "))
		}
		if err != nil {
			break
		}
		results[string(s.Result)]++
		j.progress.show(recovery.Progress{Step: asking + ": " + count(n)})
	}
	j.progress.end()
	if table.Flush(); err != nil && n == 0 {
		return err
	}
	if n > shownTransactions && !j.json && !j.csv {
		fmt.Fprintf(j.stdout, "and %s more: -csv has all\n", count(n-shownTransactions))
	}
	fmt.Fprintf(j.say, "%s: %s that cannot be brought back", j.request.ID, plural(n, "webhook"))
	if n > 0 {
		var all []string
		for _, name := range slices.Sorted(maps.Keys(results)) {
			all = append(all, count(results[name])+" "+name)
		}
		fmt.Fprintf(j.say, ". Of their transactions, by the webhooks' ids: %s.\nNone of that is a delivery: book it by hand", strings.Join(all, ", "))
	}
	fmt.Fprintln(j.say, ".")
	if err != nil {
		return &exitError{err, exitPartial}
	}
	return nil
}
