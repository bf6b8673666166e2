package recovery

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"
)

// Summary is a recovery of a store, in short.
type Summary struct {
	ID      string
	Request Request
	State   State
	Planned time.Time // zero: the plan is not complete
	Totals  Totals
}

// Recoveries goes through the recoveries of the store, in no particular order,
// with their states. It takes no lock.
func (r *Recoverer) Recoveries(ctx context.Context) iter.Seq2[Summary, error] {
	return r.summaries(ctx, "")
}

// summaries are those of the recoveries whose ID begins so. Others are not read.
func (r *Recoverer) summaries(ctx context.Context, prefix string) iter.Seq2[Summary, error] {
	return func(yield func(Summary, error) bool) {
		for id, err := range r.e.Store.List(ctx, "") {
			var s Summary
			if err == nil && !strings.HasPrefix(id, prefix) {
				continue
			}
			if err == nil {
				s, err = r.summary(ctx, id)
			}
			if errors.Is(err, ErrNotFound) {
				continue // the store keeps something else there
			}
			if !yield(s, named(id, err)) || ctx.Err() != nil {
				return
			}
		}
	}
}

func (r *Recoverer) summary(ctx context.Context, id string) (Summary, error) {
	p, err := r.e.ReadPlan(ctx, id)
	if err != nil {
		return Summary{ID: id}, err
	}
	s := Summary{ID: id, Request: Request(p.Request), State: StatePlanning, Planned: p.Planned}
	if p.Digest == "" {
		return s, nil
	}
	report, err := r.Report(ctx, id)
	if err != nil {
		return s, err
	}
	s.State, s.Totals = report.State, report.Totals
	return s, nil
}
