package rows

import (
	"context"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// Modes are the ways to the server.
func Modes() []string { return []string{server.Plain, server.TLS, server.HTTP2, server.Latency} }

// crowdedRounds are fewer the more goroutines there are: a round has a call of
// each, which average out by themselves.
func (b *Bench) crowdedRounds(goroutines int) int {
	return min(b.Rounds, max(b.Rounds*8/goroutines, 3))
}

// Peers compares all clients with the floor: the calls, in every mode and crowd.
// In a round each client has its turn, in random order.
func (b *Bench) Peers(ctx context.Context, calls []subject.Call, done func(*report.Cell)) ([]report.Cell, error) {
	var cells []report.Cell
	for _, mode := range Modes() {
		subjects, err := b.subjects(mode)
		if err != nil {
			return nil, err
		}
		for _, call := range calls {
			for _, goroutines := range append([]int{1}, b.Crowds...) {
				c, err := b.cell(ctx, subjects, call, goroutines)
				if err != nil {
					return nil, fmt.Errorf("%s, %s, %d goroutines: %w", mode, call, goroutines, err)
				}
				c.Mode = mode
				cells = append(cells, *c)
				done(c)
			}
		}
	}
	return cells, nil
}

// subjects are all of them, each with connections of its own.
func (b *Bench) subjects(mode string) ([]subject.Subject, error) {
	var all []subject.Subject
	for _, name := range subject.Names() {
		s, err := subject.New(name, b.at(mode))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (b *Bench) cell(ctx context.Context, subjects []subject.Subject, call subject.Call, goroutines int) (*report.Cell, error) {
	ops := make([]measure.Op, len(subjects))
	var dismissals []func()
	defer func() {
		for _, dismiss := range dismissals {
			dismiss()
		}
	}()
	for i, s := range subjects {
		do := call.Of(s)
		all, dismiss := measure.Crowd(goroutines, func() error { return do(ctx) })
		dismissals = append(dismissals, dismiss)
		ops[i] = all
		for range min(b.WarmUps, 3) {
			if err := ops[i](); err != nil {
				return nil, fmt.Errorf("%s: %w", subject.Names()[i], err)
			}
		}
	}
	rounds := b.crowdedRounds(goroutines)
	s, err := measure.Compare(b.order, rounds, ops...)
	if err != nil {
		return nil, err
	}
	c := &report.Cell{Call: string(call), Goroutines: goroutines, Rounds: rounds, Floor: s.Typical(0) / time.Duration(goroutines)}
	for i := 1; i < len(ops); i++ {
		c.Ratios = append(c.Ratios, s.Ratio(i, 0))
	}
	return c, nil
}

// Weights is what each client allocates for a call, alone over plain HTTP.
func (b *Bench) Weights(ctx context.Context, calls []subject.Call) ([]report.Weight, error) {
	subjects, err := b.subjects(server.Plain)
	if err != nil {
		return nil, err
	}
	var all []report.Weight
	for _, call := range calls {
		w := report.Weight{Call: string(call)}
		for _, s := range subjects {
			do := call.Of(s)
			f, err := measure.Weigh(b.Runs, func() error { return do(ctx) })
			if err != nil {
				return nil, err
			}
			w.Footprints = append(w.Footprints, f)
		}
		all = append(all, w)
	}
	return all, nil
}

// Iterated is where a listing is served that an iteration in another process can
// go through.
func (b *Bench) Iterated() string { return b.where.URLs[server.Plain] }
