package render

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// longestCell is how much text a cell gets. Spreadsheets take 32,767 characters.
const longestCell = 32_000

// CSV writes a report as one table, RFC 4180: UTF-8 without a byte order mark,
// CRLF, a header. First stands a line a failure, with a count of 1; then, for
// each entity, a line a state and evidence with the number of its webhooks that
// have no line of their own. So the sum of the column count is the number of
// planned webhooks. Last stands what was set aside, without a count.
//
// The column created is as Celcoin wrote it, created_at is RFC 3339 in the
// output's zone. A status of 0 is an empty cell.
//
// A text that a spreadsheet would take for a formula gets an apostrophe in
// front. A program that reads ids from the file takes one apostrophe off an id
// that begins with one; Celcoin's do not begin with any such character.
func CSV(w io.Writer, r *Report, o Options) error {
	c := newClock(o.Zone, r.FalseZ, r.From, r.Started)
	records := [][]string{{
		"entity", "id", "created", "state", "attempts", "status", "code", "request_id", "error",
		"receiver_status", "payload_status", "created_at", "evidence", "count",
	}}
	named := map[[2]string]int{}
	for _, f := range r.named() {
		named[[2]string{string(f.Entity), f.State}]++
		createdAt := ""
		if t := c.created(f.Created); !t.IsZero() {
			createdAt = t.In(c.zone).Format(time.RFC3339)
		}
		records = append(records, []string{
			cell(string(f.Entity)), cell(f.ID), cell(f.Created), cell(f.State),
			strconv.Itoa(f.Attempts), statusCell(f.Status), cell(f.Code), cell(f.RequestID), cell(f.Error),
			statusCell(f.ReceiverStatus), cell(f.PayloadStatus), createdAt, "", "1",
		})
	}
	for _, e := range r.Entities {
		for _, s := range e.standing() {
			if n := s.Count - named[[2]string{string(e.Entity), s.Name}]; n > 0 {
				records = append(records, []string{
					cell(string(e.Entity)), "", "", s.Name, "", "", "", "", "", "", "", "", s.What, strconv.Itoa(n),
				})
			}
		}
	}
	for _, s := range r.SetAside {
		records = append(records, []string{
			cell(string(s.Entity)), "", "", "set aside", "", statusCell(s.Status), cell(s.Code), cell(s.RequestID),
			cell(s.where(c) + ": " + s.Reason), "", "", "", "", "",
		})
	}
	return writeCSV(w, records)
}

// standing is how many webhooks are in each state, those that are delivered by
// their evidence, which stands in What.
func (t Totals) standing() []number {
	return []number{
		{Name: "delivered", What: "received", Count: t.Received},
		{Name: "delivered", What: "pulled", Count: t.Pulled},
		{Name: "delivered", What: "sent", Count: t.Sent},
		{Name: "counted", What: "counted", Count: t.Counted},
		{Name: "sending", Count: t.Sending},
		{Name: "accepted", Count: t.Accepted},
		{Name: "in doubt", Count: t.InDoubt},
		{Name: "overdue", Count: t.Overdue},
		{Name: "unproven", Count: t.Unproven},
		{Name: "expired", Count: t.Expired},
		{Name: "pending", Count: t.Pending},
		{Name: "failed", Count: t.Failed},
	}
}

// statusCell is an HTTP status; empty if there is none.
func statusCell(status int) string {
	if status == 0 {
		return ""
	}
	return strconv.Itoa(status)
}

// cell makes a text fit for a cell: on one line, and no formula. What stands
// behind blanks counts too, since some spreadsheets skip them, and so do the
// full-width signs that Japanese versions take for the plain ones.
func cell(s string) string {
	text := redact.Text(s, longestCell)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, " "))
	if strings.ContainsRune("=+-@＝＋－＠", first) || strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") {
		return "'" + text
	}
	return text
}

// writeCSV writes all records, or none if they cannot be written as CSV.
func writeCSV(w io.Writer, records [][]string) error {
	var b strings.Builder
	cw := csv.NewWriter(&b)
	cw.UseCRLF = true
	if err := cw.WriteAll(records); err != nil {
		return fmt.Errorf("recovery: write CSV: %w", err)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
