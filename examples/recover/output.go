package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// finish prints what a command came to, in all forms that were asked for, and
// finds its exit code.
func (j *job) finish(ctx context.Context, res *result) (int, error) {
	j.progress.end()
	if res.report != nil && res.report.State == recovery.StateRefused && !j.json {
		return failed(res.err) // its report has nothing but that
	}
	code, err := res.code(ctx)
	next := j.next(res)
	report := res.report
	if report != nil {
		report = j.dressed(report).With(j.addendum(res, next))
	}
	if e := j.print(report, res, next, err); e != nil {
		return code, errors.Join(err, e)
	}
	if j.html != "" {
		if e := j.writeHTML(report, j.addendum(res, next)); e != nil {
			return code, errors.Join(err, e)
		}
		fmt.Fprintln(j.say, "\nThe report as a page:", j.html)
	}
	return code, err
}

// print writes the reports.
func (j *job) print(report *recovery.Report, res *result, next []string, err error) error {
	switch {
	case j.json:
		o := output{Ceffu: res.ceffu.output(), Next: next}
		if err != nil {
			o.Error = j.explain(err)
		}
		if report != nil {
			var b bytes.Buffer
			if err := report.WriteJSON(&b); err != nil {
				return err
			}
			o.Celcoin = b.Bytes()
		}
		return j.writeJSON(o)
	case j.csv:
		if err := report.WriteCSV(j.stdout); err != nil {
			return err
		}
	}
	if res.ceffu != nil {
		res.ceffu.writeText(j.say)
	}
	if report == nil {
		writeSteps(j.say, next)
		return nil
	}
	fmt.Fprintln(j.say)
	return report.WriteText(j.say)
}

// next are the commands that go on from here.
func (j *job) next(res *result) (steps []string) {
	if a := j.advice(res.err); a != "" {
		steps = append(steps, a)
	}
	if r := res.report; r != nil {
		steps = append(steps, j.tooOld(r.From, r.Started)...)
		t := r.Totals
		switch r.State { //nolint:exhaustive // of the others there is nothing to say
		case recovery.StatePlanned:
			steps = append(steps, "To run it: "+j.line("run", res.id))
		case recovery.StateRunning:
			steps = append(steps, "To see how it stands: "+j.line("status", res.id))
		case recovery.StateCancelled, recovery.StatePartial:
			stopped := r.State == recovery.StateCancelled || res.err != nil
			if t.StillPending+t.Unknown+t.Expired > 0 || stopped {
				steps = append(steps, "To go on: "+j.line("resume", res.id))
			}
			if t.StillPending == 0 && !stopped {
				steps = append(steps, "To look again: "+j.line("verify", res.id))
			}
		}
	}
	if s := res.ceffu; s != nil && s.count(notAsked, ceffu.ResendRefused, ceffu.ResendOutcomeUnknown) > 0 && (res.report == nil || res.report.State != recovery.StateRefused) {
		steps = append(steps, "To ask Ceffu for the rest: "+j.line("run", "", j.ceffuOnly(s)...))
	}
	return steps
}

// addendum is what the report says beyond Celcoin's part.
func (j *job) addendum(res *result, next []string) recovery.Addendum {
	a := recovery.Addendum{Steps: next}
	s := res.ceffu
	if s == nil {
		return a
	}
	const n = recovery.NotTold
	a.Vendors = []recovery.VendorSummary{{Name: "Ceffu", Missed: n, Replayed: n, Delivered: n, Unknown: n, Expired: n, Pending: n, Failed: n}}
	table := recovery.Table{
		Title: "Ceffu", Header: []string{"event type", "webhook", "call", "error"},
		Note: "Asked for everything that failed since " + j.zone.stamp(s.from) + ". " + ceffuIsSilent,
	}
	for _, c := range s.calls {
		table.Rows = append(table.Rows, []string{c.Event, c.WebhookID, string(c.Outcome), c.Error})
	}
	a.Tables = []recovery.Table{table}
	return a
}

const ceffuIsSilent = "Ceffu tells neither how many there are nor what arrived: an accepted call is not a delivery. Look at your receiver."

// writeText writes Ceffu's part.
func (s *resends) writeText(w io.Writer) {
	fmt.Fprintf(w, "\nCeffu: %s of %s accepted\n", count(s.count(ceffu.ResendAccepted)), plural(len(s.calls), "call"))
	if s.skipped != "" {
		fmt.Fprintf(w, "  %s not made: %s\n", count(s.count(notAsked)), s.skipped)
	}
	for _, c := range s.calls {
		if c.Error != "" {
			fmt.Fprintf(w, "  %s of webhook %s: %s\n      %s\n", c.Event, c.WebhookID, c.Outcome, c.Error)
		}
	}
	if s.reached() > 0 {
		fmt.Fprintf(w, "  %s\n", ceffuIsSilent)
	}
}

func writeSteps(w io.Writer, steps []string) {
	if len(steps) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWhat to do next")
	for _, s := range steps {
		fmt.Fprintf(w, "  - %s\n", s)
	}
}

// dressed is a report in the zone of -tz, its texts too.
func (j *job) dressed(r *recovery.Report) *recovery.Report {
	c := r.In(j.zone.Location)
	c.Reason = j.zoned(c.Reason)
	c.SetAside, c.Failures = slices.Clone(c.SetAside), slices.Clone(c.Failures)
	for i := range c.SetAside {
		c.SetAside[i].Reason = j.zoned(c.SetAside[i].Reason)
	}
	for i := range c.Failures {
		c.Failures[i].Error = j.zoned(c.Failures[i].Error)
	}
	return c
}

var utc = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// zoned puts the times of a text into the zone of -tz.
func (j *job) zoned(text string) string {
	return utc.ReplaceAllStringFunc(text, func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		return j.zone.stamp(t)
	})
}

// checkOutput finds out early what would be a pity to find out late.
func (j *job) checkOutput() error {
	if j.html == "" {
		return nil
	}
	//nolint:gosec // the command line says where
	if info, err := os.Stat(filepath.Dir(j.html)); err != nil || !info.IsDir() {
		return usagef("-html %s: there is no such folder", j.html)
	}
	//nolint:gosec // as above
	if info, err := os.Stat(j.html); err == nil && !info.Mode().IsRegular() {
		return usagef("-html %s is not a file", j.html)
	}
	return nil
}

func (j *job) writeHTML(report *recovery.Report, a recovery.Addendum) error {
	var page bytes.Buffer
	var err error
	if report != nil {
		err = report.WriteHTML(&page)
	} else {
		err = a.WriteHTML(&page, j.zone.Location)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(j.html, page.Bytes(), 0o600) //nolint:gosec // the command line says where
}
