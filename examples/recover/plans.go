package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// plans are what both vendors would be asked.
type plans struct {
	id        string
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
func (p *plans) empty() bool {
	return (p.celcoin == nil || p.celcoin.Items == 0) && (p.ceffu == nil || p.ceffu.left() == 0)
}

// plan asks what is missing, or finds the plan that was made before.
func (j *job) plan(ctx context.Context) (*plans, error) {
	if j.celcoin == nil && j.ceffu == nil {
		return nil, usagef("no credentials: set %s and so on, or %s and so on", celcoin.EnvClientID, ceffuWebhookIDs)
	}
	before := j.from.IsZero()
	if before && (j.id == "" || j.command == "" && !j.yes.given) {
		return nil, usagef("-from is missing: say since when the receiver was down, as 2h (ago) or 2026-01-31T03:00:00-03:00")
	}
	p := &plans{id: j.id}
	useCelcoin, useCeffu := j.celcoin != nil, j.ceffu != nil
	if before {
		parts, err := j.parts(j.id)
		if err != nil {
			return nil, err
		}
		useCelcoin, useCeffu = parts.celcoin, parts.ceffu
	}
	if err := j.needsCelcoin(useCelcoin); err != nil {
		return nil, err
	}
	if useCelcoin {
		if err := j.planCelcoin(ctx, p, before); err != nil {
			return nil, err
		}
	}
	if useCeffu {
		var err error
		if p.ceffu, err = j.planResends(ctx, newResends(p.id, j.from, j.webhookIDs)); err != nil {
			return nil, err
		}
		p.id = p.ceffu.id
	}
	return p, nil
}

func (j *job) planCelcoin(ctx context.Context, p *plans, before bool) (err error) {
	if p.recoverer, err = j.recoverer(); err != nil {
		return err
	}
	req := j.request()
	if before {
		h, err := j.history(ctx, j.id)
		if err != nil {
			return err
		}
		if h.request == nil {
			return fmt.Errorf("%s: %w", j.id, recovery.ErrNotFound)
		}
		req = *h.request
	}
	if p.celcoin, err = p.recoverer.Plan(ctx, req); err != nil {
		return err
	}
	p.id = p.celcoin.ID
	return nil
}

// needsCelcoin refuses what shows Celcoin's report where there is none.
func (j *job) needsCelcoin(there bool) error {
	if !there && (j.json || j.csv || j.html != "") {
		return usagef("-json, -csv and -html show Celcoin's part, and this has none")
	}
	return nil
}

// show prints the plans.
func (j *job) show(p *plans) error {
	j.progress.end()
	if p.celcoin != nil {
		if j.json && (j.command == "plan" || j.command == "" && !j.yes.given) {
			encoder := json.NewEncoder(j.stdout)
			encoder.SetIndent("", "  ")
			if err := encoder.Encode(p.celcoin); err != nil {
				return err
			}
		}
		if err := p.celcoin.WriteText(j.say); err != nil {
			return err
		}
	}
	if p.ceffu != nil {
		if p.celcoin == nil {
			fmt.Fprintf(j.say, "plan %s, digest %.12s\n", p.id, p.digest())
		}
		p.ceffu.writeText(j.say)
	}
	return nil
}

// rows are the table before anything is asked for.
func (p *plans) rows() []row {
	var rows []row
	if p.celcoin != nil {
		for _, e := range p.celcoin.Entities {
			rows = append(rows, row{vendor: "Celcoin", what: string(e.Entity), missed: e.Items, missing: e.Items})
		}
	}
	if p.ceffu != nil {
		rows = append(rows, p.ceffu.rows()...)
	}
	return rows
}

// rowsOf are the table of a report.
func rowsOf(r *recovery.Report) []row {
	var rows []row
	for _, e := range r.Entities {
		arrived := e.Delivered + e.AlreadyDelivered
		rows = append(rows, row{
			vendor: "Celcoin", what: string(e.Entity),
			missed: e.Planned, asked: e.Replayed, arrived: arrived, missing: e.Planned - arrived,
		})
	}
	return rows
}

// history is what a journal of Celcoin's part says of how far it came.
type history struct {
	request *recovery.Request
	run     bool // a run has begun
}

func (j *job) history(ctx context.Context, id string) (h history, err error) {
	r, err := j.recoverer()
	if err != nil {
		return h, err
	}
	for summary, err := range r.Recoveries(ctx) {
		if summary.ID != id {
			continue
		}
		if err != nil {
			return h, err
		}
		h.request = &summary.Request
		h.run = summary.State != recovery.StatePlanned && summary.State != recovery.StatePlanning
	}
	return h, nil
}
