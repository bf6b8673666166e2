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
	results, n := map[string]int{}, 0
	if j.csv {
		j.writeRow(transactionHeader) //nolint:errcheck,gosec // the output keeps its errors
	}
	var err error
	for s, e := range j.recoverer.Statuses(ctx, j.request.ID) {
		if err = e; err == nil {
			err = j.writeTransaction(s)
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

var transactionHeader = []string{"entity", "id", "payload_status", "created", "result", "status", "asked", "error_code", "error"}

// writeTransaction writes a transaction as a line: of JSON, in which an empty
// member is left out, of CSV, or for people.
func (j *job) writeTransaction(s recovery.ItemStatus) error {
	asked := ""
	if !s.Asked.IsZero() {
		asked = s.Asked.In(j.zone).Format(time.RFC3339)
	}
	row := []string{
		string(s.Entity), s.ID, s.PayloadStatus, s.Created, string(s.Result), string(s.Status), asked, s.ErrorCode, j.zoned(s.Error),
	}
	switch {
	case j.json:
		members := map[string]string{}
		for i, text := range row {
			if text != "" {
				members[transactionHeader[i]] = text
			}
		}
		return encode(j.stdout, members, "")
	case j.csv:
		return j.writeRow(row)
	}
	j.progress.end()
	_, err := fmt.Fprintln(j.stdout, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s: %s %s", s.Entity, s.ID, s.PayloadStatus, s.Result, s.Error)), " "))
	return err
}

// writeRow writes a row of CSV.
func (j *job) writeRow(row []string) error {
	for i, text := range row {
		// As in the reports of package recovery: a spreadsheet would take it for a formula.
		if text != "" && strings.ContainsRune("=+-@\t\r'", rune(text[0])) {
			row[i] = "'" + text
		}
	}
	table := csv.NewWriter(j.stdout)
	table.UseCRLF = true
	table.Write(row) //nolint:errcheck,gosec // Error tells
	table.Flush()
	return table.Error()
}
