package rows

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// pair is the floor's and our own way to make a call.
func (b *Bench) pair(ctx context.Context, call subject.Call, t *subject.Target) (floor, candidate measure.Op, err error) {
	var ops [2]measure.Op
	for i, name := range []string{subject.Floor, subject.Ours} {
		s, err := subject.New(name, t)
		if err != nil {
			return nil, nil, err
		}
		do := call.Of(s)
		ops[i] = func() error { return do(ctx) }
	}
	return ops[0], ops[1], nil
}

// calls are rows 1 to 6: one goroutine over plain HTTP on loopback.
func (b *Bench) calls(ctx context.Context) ([]report.Row, error) {
	var rows []report.Row
	for _, c := range []struct {
		call   subject.Call
		what   string
		time   float64
		excess func(ours, floor measure.Footprint) []report.Check
	}{
		{subject.Resend, "ceffu resend", 1.05, func(ours, floor measure.Footprint) []report.Check {
			return []report.Check{
				report.Over(report.Allocs, ours.Allocs, floor.Allocs, 15),
				report.Over(report.Bytes, ours.Bytes, floor.Bytes, 1<<10),
			}
		}},
		{subject.Details, "celcoin details, 200 items", 1.00, func(ours, floor measure.Footprint) []report.Check {
			return []report.Check{
				report.Over(report.Allocs, ours.Allocs, floor.Allocs, 30),
				report.Counted("bytes / floor", report.Ratio, ours.Bytes/floor.Bytes, 0.75),
			}
		}},
		{subject.Replay, "celcoin replay", 1.15, func(ours, floor measure.Footprint) []report.Check {
			return []report.Check{
				report.Over(report.Allocs, ours.Allocs, floor.Allocs, 40),
				report.Over(report.Bytes, ours.Bytes, floor.Bytes, 2<<10),
			}
		}},
	} {
		floor, candidate, err := b.pair(ctx, c.call, b.at(server.Plain))
		if err != nil {
			return nil, err
		}
		timed, err := report.Timed("", c.time, func() (measure.Ratio, error) { return b.compare(b.Rounds, floor, candidate) })
		if err != nil {
			return nil, err
		}
		base, err := measure.Weigh(b.Runs, floor)
		if err != nil {
			return nil, err
		}
		own, err := measure.Weigh(b.Runs, candidate)
		if err != nil {
			return nil, err
		}
		second := "... allocs and bytes over the floor"
		if c.call == subject.Details {
			second = "... allocs over the floor; bytes / floor"
		}
		rows = append(rows,
			report.Row{What: c.what + ": time / floor", Checks: []report.Check{timed}},
			report.Row{What: second, Checks: c.excess(own, base), Note: fmt.Sprintf(
				"%.0f allocs, %.0f B a call; floor %.0f allocs, %.0f B", own.Allocs, own.Bytes, base.Allocs, base.Bytes)})
	}
	return rows, nil
}

func crowdsText(crowds []int) string {
	texts := make([]string, len(crowds))
	for i, n := range crowds {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, " and ")
}

// crowds are row 7.
func (b *Bench) crowds(ctx context.Context) ([]report.Row, error) {
	row := report.Row{What: crowdsText(b.Crowds) + " goroutines: time / floor, each call"}
	for _, call := range subject.Calls() {
		floor, candidate, err := b.pair(ctx, call, b.at(server.Plain))
		if err != nil {
			return nil, err
		}
		for _, goroutines := range b.Crowds {
			floors, dismissFloors := measure.Crowd(goroutines, floor)
			candidates, dismissCandidates := measure.Crowd(goroutines, candidate)
			c, err := report.Timed(fmt.Sprintf("%s, %d", call, goroutines), 1.20, func() (measure.Ratio, error) {
				return b.compare(b.Crowded, floors, candidates)
			})
			dismissFloors()
			dismissCandidates()
			if err != nil {
				return nil, err
			}
			row.Checks = append(row.Checks, c)
		}
	}
	return []report.Row{row}, nil
}
