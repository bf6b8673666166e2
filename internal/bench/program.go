package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/rows"
	"github.com/reenvio/reenvio-go/internal/bench/internal/scale"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// program is the parts that were asked for.
type program struct {
	*config
	bench         *rows.Bench
	out, messages io.Writer
	missed        bool // a limit that counts
}

func (p *program) setting() report.Setting {
	return report.NewSetting(p.size.Rounds, p.seed, p.quick)
}

// table measures the figures to hold.
func (p *program) table(ctx context.Context) error {
	all, err := p.bench.All(ctx, func(r *report.Row) {
		fmt.Fprintf(p.messages, "row %d: %s (%.1f s)\n", r.Number, r.Verdict(), r.Seconds)
	})
	if err != nil {
		return err
	}
	for i := range all {
		p.missed = p.missed || p.gate.Fails(&all[i])
	}
	setting := p.setting()
	if p.json {
		return report.WriteJSON(p.out, struct {
			report.Setting
			Rows []report.Row `json:"rows"`
		}{setting, all})
	}
	setting.Write(p.out)
	return report.WriteTable(p.out, all)
}

// peers compares with other clients. It has no limits.
func (p *program) peers(ctx context.Context) error {
	weights, err := p.bench.Weights(ctx, p.calls)
	if err != nil {
		return err
	}
	cells, err := p.bench.Peers(ctx, p.calls, func(c *report.Cell) {
		fmt.Fprintf(p.messages, "%s, %s, %d goroutines\n", c.Mode, c.Call, c.Goroutines)
	})
	if err != nil {
		return err
	}
	peers := report.Peers{Setting: p.setting(), Clients: subject.Names(), Cells: cells, Weights: weights}
	if p.json {
		return report.WriteJSON(p.out, peers)
	}
	peers.Setting.Write(p.out)
	return peers.Write(p.out)
}

// scale measures iteration and recovery at n, 10n and 100n.
func (p *program) scale(ctx context.Context) error {
	iterated, err := scale.Iterating(ctx, p.bench.Iterated(), scale.Sizes(p.size.Webhooks), p.profilePath("iterate"))
	if err != nil {
		return err
	}
	recovered, err := scale.Recovering(ctx, scale.Sizes(p.size.Webhooks/10), p.profilePath("recover"))
	if err != nil {
		return err
	}
	var plans, runs []scale.Measured
	for _, r := range recovered {
		plans, runs = append(plans, r.Plan), append(runs, r.Run)
	}
	all := []report.Scale{
		report.NewScale("iterate", iterated),
		report.NewScale("recovery: plan", plans),
		report.NewScale("recovery: run", runs),
	}
	for i := range all {
		p.missed = p.missed || p.gate.FailsGrowth(&all[i])
	}
	setting := p.setting()
	if p.json {
		return report.WriteJSON(p.out, struct {
			report.Setting
			Scale []report.Scale `json:"scale"`
		}{setting, all})
	}
	setting.Write(p.out)
	return report.WriteScale(p.out, all)
}

// profiles are those of the calls; the scale's own come with it.
func (p *program) profiles(ctx context.Context) error {
	return p.bench.Profiles(ctx, p.profile, 10*time.Second)
}

func (p *program) profilePath(name string) string {
	if p.profile == "" {
		return ""
	}
	return filepath.Join(p.profile, name+".pprof")
}
