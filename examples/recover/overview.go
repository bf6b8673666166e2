package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// status is a recovery in short, for status, list and watch.
type status struct {
	ID     string          `json:"id"`
	State  recovery.State  `json:"state"`
	Reason string          `json:"reason,omitempty"`
	From   time.Time       `json:"from,omitzero"`
	To     time.Time       `json:"to,omitzero"`
	Totals recovery.Totals `json:"totals"`
	Next   []string        `json:"next,omitempty"`
}

// brief is a report in short.
func (j *job) brief(r *recovery.Report, next []string) *status {
	return &status{ID: r.ID, State: r.State, Reason: j.zoned(r.Reason), From: r.From.In(j.zone), To: r.To.In(j.zone), Totals: r.Totals, Next: next}
}

// write prints it for people, indented.
func (s *status) write(w io.Writer, heading, indent string) {
	fmt.Fprintf(w, "%s%s: %s\n", heading, s.ID, s.State)
	lines := []string{s.Reason}
	if !s.From.IsZero() {
		lines = append(lines, fmt.Sprintf("outage %s to %s, UTC%s", stamp(s.From, s.From.Location()), stamp(s.To, s.To.Location()), s.From.Format("-07:00")))
	}
	if s.Reason == "" || s.Totals.Planned > 0 { // else they are not known
		lines = append(lines, totals(s.Totals)...)
	}
	for _, line := range append(lines, s.Next...) {
		if line != "" {
			fmt.Fprintf(w, "%s%s\n", indent, line)
		}
	}
}

// doList shows the recoveries of the folder.
func (j *job) doList(ctx context.Context) error {
	all := []status{}
	for s, err := range j.recoverer.Recoveries(ctx) {
		if err != nil && s.ID == "" {
			return err
		}
		one := status{ID: s.ID, State: s.State, From: s.Request.From.In(j.zone), To: s.Request.To.In(j.zone), Totals: s.Totals}
		if err != nil {
			one.State, one.Reason = "unreadable", j.explain(err) // one that is damaged hides no other
		}
		all = append(all, one)
	}
	if j.json {
		return j.writeJSON(all)
	}
	if len(all) == 0 {
		fmt.Fprintf(j.stdout, "There is no recovery in %s.\n", j.folder())
		return nil
	}
	for _, one := range all {
		one.write(j.stdout, "", "  ")
	}
	return nil
}

func writeTable(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	t.Flush() //nolint:errcheck,gosec // the output keeps its errors
}

// totals are a report's numbers in a line or two.
func totals(t recovery.Totals) []string {
	lines := []string{fmt.Sprintf("%s of %s delivered", count(t.Delivered+t.AlreadyDelivered), count(t.Planned))}
	if e := evidence(t); e != "" {
		lines[0] += " (" + e + ")"
	}
	left := parts([]string{"pending", "failed", "sending", "accepted", "in doubt", "overdue", "unproven", "expired"},
		t.Pending, t.Failed, t.Sending, t.Accepted, t.InDoubt, t.Overdue, t.Unproven, t.Expired)
	if left != "" {
		lines = append(lines, "left: "+left)
	}
	if t.NewDuringRun > 0 {
		lines = append(lines, count(t.NewDuringRun)+" newer than the plan")
	}
	return lines
}

// evidence says what deliveries rest on.
func evidence(t recovery.Totals) string {
	return parts([]string{"received", "pulled", "sent", "counted"}, t.Received, t.Pulled, t.Sent, t.Counted)
}

// parts names the numbers that are not zero.
func parts(names []string, numbers ...int) string {
	var all []string
	for i, n := range numbers {
		if n != 0 {
			all = append(all, count(n)+" "+names[i])
		}
	}
	return strings.Join(all, ", ")
}

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
