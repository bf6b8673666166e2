package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// errOutput: what was to be printed is not, or not all of it.
var errOutput = errors.New("the output is not complete")

// checked keeps the first error of an output, so that no print has to.
type checked struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

func (c *checked) Write(p []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	if n, err = c.w.Write(p); err != nil {
		c.err = fmt.Errorf("%w: %w", errOutput, err)
	}
	return n, c.err
}

// output is what -json prints. A report or plan is as package recovery writes it.
type output struct {
	Plan    *recovery.Plan  `json:"plan,omitempty"`
	Celcoin json.RawMessage `json:"celcoin,omitempty"` // the report
	Ceffu   *resends        `json:"ceffu,omitempty"`
	Next    []string        `json:"next,omitempty"`
	Error   string          `json:"error,omitempty"`
}

func (j *job) writeJSON(v any) error { return encode(j.stdout, v, "  ") }

// encode writes JSON; without an indent as one line.
func encode(w io.Writer, v any, indent string) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	return encoder.Encode(v)
}

// showPlan prints the plan, with what there is to do next.
func (j *job) showPlan(w *work, next ...string) error {
	j.progress.end()
	if w.plan == nil {
		fmt.Fprintf(j.say, "plan of Ceffu's part, digest %s\n", w.digest)
	}
	if w.ceffu != nil {
		fmt.Fprintf(j.say, "Ceffu: asked for everything that failed since %s, in %s, one for each event type of each webhook.\n"+
			"It does not tell beforehand how many notifications that are.\n\n", stamp(w.ceffu.From, j.zone), plural(len(w.ceffu.Calls), "call"))
	}
	if w.plan == nil {
		j.writeSteps(next)
		return nil
	}
	return w.plan.In(j.zone).With(recovery.Addendum{Steps: next}).WriteText(j.say)
}

// finish prints what a command came to, in all forms that were asked for. Its
// error has the exit code.
func (j *job) finish(ctx context.Context, w *work) error {
	j.progress.end()
	verdict := w.verdict(ctx)
	if w.report != nil && w.report.State == recovery.StateRefused && !j.json {
		return verdict // its report has nothing but that
	}
	next := j.next(w)
	addendum := j.addendum(w, next)
	if w.report != nil {
		w.report = j.dressed(w.report).With(addendum)
	}
	err := j.print(w, next, verdict)
	if j.html != "" {
		err = errors.Join(err, j.writeHTML(w.report, addendum))
	}
	if err != nil {
		return &exitError{errors.Join(w.err, err), exitPartial}
	}
	return verdict
}

// print writes the reports.
func (j *job) print(w *work, next []string, verdict error) error {
	switch short := j.command.name == "status"; {
	case short && j.json:
		return j.writeJSON(j.brief(w.report, next))
	case short:
		j.brief(w.report, next).write(j.stdout, "", "  ")
		return nil
	case j.json:
		var report bytes.Buffer
		if w.report != nil {
			if err := w.report.WriteJSON(&report); err != nil {
				return err
			}
		}
		return j.writeJSON(output{Celcoin: report.Bytes(), Ceffu: w.ceffu, Next: next, Error: j.explain(verdict)})
	case j.csv:
		if err := w.report.WriteCSV(j.stdout); err != nil {
			return err
		}
	}
	if w.ceffu != nil {
		t := j.table(w.ceffu)
		fmt.Fprintf(j.say, "\n%s\n", t.Title)
		writeTable(j.say, append([][]string{t.Header}, t.Rows...))
		fmt.Fprintln(j.say, t.Note)
	}
	if w.report == nil {
		j.writeSteps(next)
		return nil
	}
	fmt.Fprintln(j.say)
	return w.report.WriteText(j.say)
}

func (j *job) writeSteps(steps []string) {
	if len(steps) == 0 {
		return
	}
	fmt.Fprintln(j.say, "\nWhat to do next")
	for _, s := range steps {
		fmt.Fprintf(j.say, "  - %s\n", s)
	}
}

// next are the commands that go on from here.
func (j *job) next(w *work) (steps []string) {
	if a := j.advice(w.err); a != "" {
		steps = append(steps, a)
	}
	if r := w.report; r != nil {
		t := r.Totals
		switch r.State { //nolint:exhaustive // of the others there is nothing to say
		case recovery.StatePlanned:
			steps = append(steps, "To run it: "+j.line("run", w.id))
		case recovery.StateCancelled, recovery.StatePartial:
			stopped := r.State == recovery.StateCancelled || w.err != nil
			if t.StillPending+t.Unknown+t.Expired > 0 || stopped {
				steps = append(steps, "To go on: "+j.line("resume", w.id))
			}
			if t.StillPending == 0 && !stopped {
				steps = append(steps, "To look again: "+j.line("verify", w.id))
			}
		}
	}
	refused := w.report != nil && w.report.State == recovery.StateRefused
	if w.ceffu != nil && w.ceffu.count(notAsked, ceffu.ResendRefused, ceffu.ResendOutcomeUnknown) > 0 && !refused {
		steps = append(steps, "To ask Ceffu for the rest: "+j.ceffuLine(w.ceffu))
	}
	return steps
}

// dressed is a report in the zone of -tz, its texts too.
func (j *job) dressed(r *recovery.Report) *recovery.Report {
	c := r.In(j.zone)
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

// checkHTML finds out early that the page could not be written.
func (j *job) checkHTML() error {
	_, folder := os.Stat(filepath.Dir(j.html) + "/.")
	file, err := os.Stat(j.html)
	if j.html != "" && (folder != nil || err == nil && !file.Mode().IsRegular()) {
		return fmt.Errorf("-html %s: want a file, in a folder that exists", j.html)
	}
	return nil
}

// writeHTML writes the report as a page, or what there is without Celcoin's part.
func (j *job) writeHTML(report *recovery.Report, a recovery.Addendum) error {
	var page bytes.Buffer
	var err error
	if report != nil {
		err = report.WriteHTML(&page)
	} else {
		err = a.WriteHTML(&page, j.zone)
	}
	if err == nil {
		err = os.WriteFile(j.html, page.Bytes(), 0o600) //nolint:gosec // the command line says where
	}
	if err == nil {
		fmt.Fprintln(j.say, "\nThe report as a page:", j.html)
	}
	return err
}
