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

// doStatuses asks what became of the transactions of what a recovery cannot
// bring back. Each is printed as soon as it is known.
func (j *job) doStatuses(ctx context.Context) error {
	if err := j.choose(ctx); err != nil {
		return err
	}
	const asking = "asking what became of transactions"
	j.progress.show(recovery.Progress{Step: asking})
	show, results, n := j.transactionPrinter(), map[string]int{}, 0
	var err error
	for s, e := range j.recoverer.Statuses(ctx, j.request.ID) {
		if err = e; err == nil {
			err = show(n, s)
		}
		if err != nil {
			break
		}
		n++
		results[string(s.Result)]++
		j.progress.show(recovery.Progress{Step: asking + ": " + count(n)})
	}
	j.progress.end()
	if err != nil && n == 0 {
		return err
	}
	if n > shownTransactions && !j.json && !j.csv {
		fmt.Fprintf(j.stdout, "and %s more: -csv has all\n", count(n-shownTransactions))
	}
	fmt.Fprintf(j.say, "%s: %s that cannot be brought back.\n", j.request.ID, plural(n, "webhook"))
	if n > 0 {
		var all []string
		for _, name := range slices.Sorted(maps.Keys(results)) {
			all = append(all, count(results[name])+" "+name)
		}
		fmt.Fprintf(j.say, "Of their transactions, by the webhooks' ids: %s.\nNone of that is a delivery: book it by hand.\n", strings.Join(all, ", "))
	}
	if err != nil {
		return &exitError{err, exitPartial}
	}
	return nil
}

// shownTransactions is how many are named for people.
const shownTransactions = 20

// transactionPrinter prints a transaction after n others: as a line of JSON, in
// which an empty member is left out, of CSV, or for people.
func (j *job) transactionPrinter() func(n int, s recovery.ItemStatus) error {
	header := []string{"entity", "id", "payload_status", "created", "result", "status", "asked", "error_code", "error"}
	cells := func(s recovery.ItemStatus) []string {
		asked := ""
		if !s.Asked.IsZero() {
			asked = s.Asked.In(j.zone.Location).Format(time.RFC3339)
		}
		return []string{
			string(s.Entity), s.ID, s.PayloadStatus, s.Created, string(s.Result), string(s.Status), asked, s.ErrorCode, j.zoned(s.Error),
		}
	}
	table := csv.NewWriter(j.stdout)
	table.UseCRLF = true
	switch {
	case j.json:
		return func(_ int, s recovery.ItemStatus) error {
			members := map[string]string{}
			for i, text := range cells(s) {
				if text != "" {
					members[header[i]] = text
				}
			}
			return encode(j.stdout, members, "")
		}
	case j.csv:
		table.Write(header) //nolint:errcheck,gosec // the output keeps its errors
		table.Flush()
		return func(_ int, s recovery.ItemStatus) error {
			row := cells(s)
			for i, text := range row {
				// As in the reports of package recovery: a spreadsheet would take it for a formula.
				if text != "" && strings.ContainsRune("=+-@\t\r'", rune(text[0])) {
					row[i] = "'" + text
				}
			}
			table.Write(row) //nolint:errcheck,gosec // as above
			table.Flush()
			return table.Error()
		}
	}
	return func(n int, s recovery.ItemStatus) error {
		if n < shownTransactions {
			j.progress.end()
			fmt.Fprintln(j.stdout, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s: %s %s", s.Entity, s.ID, s.PayloadStatus, s.Result, s.Error)), " "))
		}
		return nil
	}
}
