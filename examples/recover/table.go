package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// count writes a number with separated thousands.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// evidence says what deliveries rest on.
func evidence(t recovery.Totals) string {
	return parts(", ", []string{"received", "pulled", "sent", "counted"}, t.Received, t.Pulled, t.Sent, t.Counted)
}

// totals are a report's numbers in a line or two.
func totals(t recovery.Totals) []string {
	delivered := t.Delivered + t.AlreadyDelivered
	lines := []string{fmt.Sprintf("%s of %s delivered", count(delivered), count(t.Planned))}
	if e := evidence(t); e != "" {
		lines[0] += " (" + e + ")"
	}
	left := parts(", ", []string{"pending", "failed", "sending", "accepted", "in doubt", "overdue", "unproven", "expired"},
		t.Pending, t.Failed, t.Sending, t.Accepted, t.InDoubt, t.Overdue, t.Unproven, t.Expired)
	if left != "" {
		lines = append(lines, "left: "+left)
	}
	if t.NewDuringRun > 0 {
		lines = append(lines, count(t.NewDuringRun)+" newer than the plan")
	}
	return lines
}

// parts names the numbers that are not zero.
func parts(sep string, names []string, numbers ...int) string {
	var all []string
	for i, n := range numbers {
		if n != 0 {
			all = append(all, count(n)+" "+names[i])
		}
	}
	return strings.Join(all, sep)
}

// status is a recovery in short, for list and status.
type status struct {
	ID     string          `json:"id"`
	State  recovery.State  `json:"state"`
	Reason string          `json:"reason,omitempty"`
	From   time.Time       `json:"from,omitzero"`
	To     time.Time       `json:"to,omitzero"`
	Totals recovery.Totals `json:"totals"`
	Next   []string        `json:"next,omitempty"`
}

// writeList prints recoveries.
func (j *job) writeList(all []status) error {
	if j.json {
		return j.writeJSON(all)
	}
	if len(all) == 0 {
		fmt.Fprintf(j.stdout, "There is no recovery in %s.\n", j.dir)
		return nil
	}
	rows := [][]string{{"ID", "STATE", "FROM", "TO", "PLANNED", "DELIVERED", "LEFT"}}
	for _, s := range all {
		t := s.Totals
		delivered := t.Delivered + t.AlreadyDelivered
		row := []string{s.ID, string(s.State), j.zone.stamp(s.From), j.zone.stamp(s.To), count(t.Planned), count(delivered), count(t.Planned - delivered)}
		if s.Reason != "" {
			row = []string{s.ID, string(s.State), s.Reason}
		}
		rows = append(rows, row)
	}
	writeTable(j.stdout, rows)
	fmt.Fprintf(j.stdout, "\nTimes are of UTC%s.\n", j.now.In(j.zone.Location).Format("-07:00"))
	return nil
}

func writeTable(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	t.Flush() //nolint:errcheck,gosec // a table that cannot be printed has no better place to be reported
}

// summary is the table of both vendors: what became of each entity and event type.
var summary = []string{"VENDOR", "ENTITY OR EVENT TYPE", "MISSED", "REPLAYED", "DELIVERED", "UNKNOWN", "EXPIRED", "PENDING", "EVIDENCE"}

func entityRow(e recovery.EntityReport) []string {
	return []string{
		"Celcoin", string(e.Entity), count(e.Planned), count(e.Replayed), count(e.Delivered + e.AlreadyDelivered),
		count(e.Unknown), count(e.Expired), count(e.StillPending), evidence(e.Totals),
	}
}
