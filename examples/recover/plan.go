package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// plans are what both vendors would be asked.
type plans struct {
	id        string // of Celcoin's part
	recoverer *recovery.Recoverer
	celcoin   *recovery.Plan // nil: not this vendor
	ceffu     *resends       // nil: not this vendor
}

// digest is what whoever confirms the plans types. With both vendors it is that
// of Celcoin's, as Ceffu's part follows from the settings.
func (p *plans) digest() string {
	if p.celcoin != nil {
		return p.celcoin.Digest
	}
	return p.ceffu.digest()
}

// empty tells whether there is nothing to ask for.
func (p *plans) empty() bool { return p.ceffu == nil && (p.celcoin == nil || p.celcoin.Items == 0) }

// plan asks what is missing, or finds the plan that was made before.
func (j *job) plan(ctx context.Context) (*plans, error) {
	switch {
	case j.celcoin == nil && j.ceffu == nil:
		return nil, usagef("no credentials: set %s, %s and %s, or %s, %s, %s and %s", celcoin.EnvClientID,
			celcoin.EnvClientSecret, celcoinBaseURL, ceffu.EnvAPIKey, ceffu.EnvAPISecret, ceffuBaseURL, ceffuWebhookIDs)
	case j.since.IsZero() && (j.id == "" || j.celcoin == nil):
		return nil, usagef(`-from is missing: say since when the receiver was down, such as 2h or "2026-01-31 01:10"`)
	}
	p := &plans{id: j.id}
	from := j.since
	if j.celcoin != nil {
		if err := j.planCelcoin(ctx, p); err != nil {
			return nil, err
		}
		from = p.celcoin.Request.From
	}
	if j.ceffu != nil {
		p.ceffu = j.newResends(from)
	}
	return p, nil
}

func (j *job) planCelcoin(ctx context.Context, p *plans) (err error) {
	if p.recoverer, err = j.recoverer(); err != nil {
		return err
	}
	j.progress.step(step{name: "planning"})
	if j.since.IsZero() {
		p.celcoin, err = j.stored(ctx, p.recoverer)
	} else {
		p.celcoin, err = p.recoverer.Plan(ctx, j.request())
	}
	if err != nil {
		return err
	}
	if skew := p.celcoin.Skew; j.relative && skew.Abs() > max(p.celcoin.Request.Margin, 0) {
		return fmt.Errorf("this machine's clock and Celcoin's are %v apart, so times counted back from now cannot be taken: give -from and -to as dates", skew.Abs())
	}
	p.celcoin.Request.AllowOverlap = j.overlap
	p.id = p.celcoin.ID
	return nil
}

// stored is the plan of -id. One whose planning was interrupted is completed.
func (j *job) stored(ctx context.Context, r *recovery.Recoverer) (*recovery.Plan, error) {
	p, err := r.Stored(ctx, j.id)
	if !errors.Is(err, recovery.ErrNotFound) {
		return p, err
	}
	for s, e := range r.Recoveries(ctx) {
		if e == nil && s.ID == j.id {
			return r.Plan(ctx, s.Request)
		}
	}
	return nil, fmt.Errorf("%w in %s: give -from to plan it", err, j.dir)
}

// show prints the plans, with what there is to do next.
func (j *job) show(p *plans, next ...string) error {
	j.progress.end()
	if p.celcoin == nil {
		fmt.Fprintf(j.say, "plan of Ceffu's part, digest %s\n", p.digest())
	}
	if p.ceffu != nil {
		fmt.Fprintf(j.say, "Ceffu: asked for everything that failed since %s, in %s, one for each event type of each webhook.\n"+
			"It does not tell beforehand how many notifications that are.\n", j.zone.stamp(p.ceffu.from), plural(len(p.ceffu.calls), "call"))
	}
	if p.celcoin == nil {
		writeSteps(j.say, next)
		return nil
	}
	if p.ceffu != nil {
		fmt.Fprintln(j.say)
	}
	next = append(next, j.tooOld(p.celcoin.Request.From, j.now)...)
	return p.celcoin.In(j.zone.Location).With(recovery.Addendum{Steps: next}).WriteText(j.say)
}

// tooOld says what is not known of an outage, because Celcoin does not list it.
func (j *job) tooOld(from, now time.Time) []string {
	limit := now.Add(-7 * 24 * time.Hour)
	if now.IsZero() || !from.Before(limit) {
		return nil
	}
	return []string{"Celcoin's details go back 7 days: what failed before " + j.zone.stamp(limit) + " may be missing, and not be listed."}
}

// doPlan shows what is missing and keeps it for a run. Without a command it
// leaves nothing behind unless it is told where.
func (j *job) doPlan(ctx context.Context) (int, error) {
	if j.command == "" && !j.given["dir"] && j.id == "" {
		j.store = recovery.MemoryStore()
	}
	p, err := j.plan(ctx)
	if err != nil {
		return j.notRun(ctx, err)
	}
	next := j.line("run", p.id)
	switch {
	case p.celcoin == nil:
		next = j.line("run", "", j.ceffuOnly(p.ceffu)...)
	case j.command == "":
		next = "nothing is kept of this plan: add -yes to run it"
	}
	if j.json {
		return exitDone, j.writeJSON(output{Plan: p.celcoin, Ceffu: p.ceffu.output(), Next: []string{next}})
	}
	return exitDone, j.show(p, next)
}

// notRun ends a command that did not come to its run.
func (j *job) notRun(ctx context.Context, err error) (int, error) {
	j.progress.end()
	if id := j.planned(context.WithoutCancel(ctx)); ctx.Err() != nil && id != "" {
		fmt.Fprintf(j.say, "Nothing was replayed. To go on: %s\n", j.line("run", id))
	}
	return failed(err)
}

// planned is the ID of what was being planned; empty if nothing is kept of it.
func (j *job) planned(ctx context.Context) string {
	r, err := j.recoverer()
	if err != nil {
		return ""
	}
	for s, err := range r.Recoveries(ctx) {
		if err == nil && (s.ID == j.id || j.id == "" && s.Request.From.Equal(j.since) && s.Request.To.Equal(j.until)) {
			return s.ID
		}
	}
	return ""
}

// output is what -json prints. A report or plan is as package recovery writes it.
type output struct {
	Plan    *recovery.Plan  `json:"plan,omitempty"`
	Celcoin json.RawMessage `json:"celcoin,omitempty"` // the report
	Ceffu   *ceffuOutput    `json:"ceffu,omitempty"`
	Next    []string        `json:"next,omitempty"`
	Error   string          `json:"error,omitempty"`
}

func (j *job) writeJSON(v any) error {
	encoder := json.NewEncoder(j.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

func (j *job) writeJSONLine(v any) error {
	encoder := json.NewEncoder(j.stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
