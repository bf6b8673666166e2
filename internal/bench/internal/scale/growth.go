package scale

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/reenvio/reenvio-go/internal/bench/internal/process"
)

// Sizes are n, 10n and 100n.
func Sizes(largest int) []int { return []int{largest / 100, largest / 10, largest} }

// Iterating measures the iteration of each size, in a process of its own, from a
// server in a third. A CPU profile of the largest goes to profile, unless that
// is empty.
func Iterating(ctx context.Context, url string, sizes []int, profile string) ([]Measured, error) {
	var all []Measured
	for i, n := range sizes {
		var m Measured
		if err := process.Run(ctx, &m, IterateChild, strconv.Itoa(n), url, last(profile, i, sizes)); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// Recovering measures a whole recovery of each size, likewise, from a simulator
// in a third process, and makes sure that nothing is left there.
func Recovering(ctx context.Context, sizes []int, profile string) ([]Recovered, error) {
	var all []Recovered
	for i, n := range sizes {
		r, err := recoverOne(ctx, n, last(profile, i, sizes))
		if err != nil {
			return nil, fmt.Errorf("recover %d: %w", n, err)
		}
		all = append(all, *r)
	}
	return all, nil
}

func recoverOne(ctx context.Context, n int, profile string) (r *Recovered, err error) {
	var where Simulated
	simulator, err := process.Start(ctx, &where, SimulatorChild, strconv.Itoa(n))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, simulator.Close()) }()
	arg, err := json.Marshal(where) //nolint:gosec // a simulator's secret is none
	if err != nil {
		return nil, err
	}
	r = &Recovered{}
	if err := process.Run(ctx, r, RecoverChild, strconv.Itoa(n), string(arg), profile); err != nil {
		return nil, err
	}
	var pending int
	if err := simulator.Ask("pending", &pending); err != nil {
		return nil, err
	}
	if pending != 0 {
		return nil, fmt.Errorf("the simulator still has %d pending", pending)
	}
	return r, nil
}

func last(profile string, i int, sizes []int) string {
	if i < len(sizes)-1 {
		return ""
	}
	return profile
}

// PerItem is what one item cost, in microseconds of time and of processor.
func (m *Measured) PerItem() (elapsed, cpu float64) {
	n := float64(max(m.Items, 1))
	return m.Seconds * 1e6 / n, m.CPU * 1e6 / n
}

// Rate is items a second.
func (m *Measured) Rate() float64 { return float64(m.Items) / max(m.Seconds, 1e-9) }

// Growth is how much more of the processor an item costs at 100n than at 10n: 1
// if the cost of an item does not depend on their number. The smallest size is
// left out, since it takes in what a process does once.
func Growth(small, large *Measured) float64 {
	_, a := small.PerItem()
	_, b := large.PerItem()
	if a == 0 {
		return 0
	}
	return b / a
}
