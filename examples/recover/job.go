package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// job is what is to be done, and with whom.
type job struct {
	*options

	celcoin    *celcoin.Client // nil: not this vendor
	ceffu      *ceffu.Client   // nil: not this vendor
	webhookIDs []string        // Ceffu's

	journals journal.Store
	progress *progress

	stdin          io.Reader
	stdout, stderr io.Writer
	say            io.Writer // for people; stderr if stdout is for programs
}

func newJob(o *options, stdin io.Reader, stdout, stderr io.Writer) *job {
	j := &job{options: o, stdin: stdin, stdout: stdout, stderr: stderr, say: stdout}
	if o.json || o.csv {
		j.say = stderr
	}
	j.journals = recovery.FileStore(o.store)
	j.progress = newProgress(stderr, isTerminal(stderr), time.Now)
	return j
}

// recoverer is made for each command, of the options.
func (j *job) recoverer() (*recovery.Recoverer, error) {
	opts := []recovery.Option{
		recovery.WithStore(j.journals),
		recovery.WithProgress(j.progress.told),
	}
	switch j.command {
	case "report": // asks nobody
	default:
		opts = append(opts, recovery.WithRate(j.rate, max(1, int(math.Ceil(min(j.rate, 1e6))))))
	}
	if j.command != "verify" && j.command != "report" && j.command != "resume" {
		opts = append(opts, recovery.WithWindow(j.window))
	}
	if j.runs() {
		opts = append(opts,
			recovery.WithConcurrency(j.concurrency), recovery.WithCanary(j.canary),
			recovery.WithPatience(j.patience), recovery.WithSettle(j.settle))
		if j.gate != "" {
			opts = append(opts, recovery.WithGate(j.receiverIsUp))
		}
	}
	var api recovery.API = nobody{}
	if j.celcoin != nil {
		api = j.celcoin
	}
	r, err := recovery.New(api, opts...)
	if err != nil {
		return nil, usageError{err}
	}
	return r, nil
}

// runs tells whether the command may ask for webhooks again.
func (j *job) runs() bool {
	return j.command == "" || j.command == "run" || j.command == "resume"
}

// nobody is the client of a report, which asks nothing.
type nobody struct{ recovery.API }

// request is what the flags ask for.
func (j *job) request() recovery.Request {
	margin := j.margin
	if margin == 0 {
		margin = -1 // none, where 0 means the default
	}
	return recovery.Request{
		ID: j.id, Product: j.product, Entities: j.entities, From: j.from, To: j.to, Margin: margin, MaxItems: j.maxItems,
	}
}

// result is what a command came to.
type result struct {
	report *recovery.Report // Celcoin's; nil: it had no part in this
	rows   []row
	err    error
}

// code is the exit code of what was asked for again, or looked at.
func (r *result) code(ctx context.Context) int {
	if r.err != nil || ctx.Err() != nil || r.report != nil && r.report.State != recovery.StateDrained {
		return exitPartial
	}
	for _, row := range r.rows {
		if row.missing > 0 || row.unasked > 0 {
			return exitPartial
		}
	}
	return exitDone
}

// unfinished tells whether another run may bring more.
func (r *result) unfinished(ctx context.Context) bool {
	t := recovery.Totals{}
	if r.report != nil {
		t = r.report.Totals
	}
	return ctx.Err() != nil || t.StillPending > 0 || t.Unknown > 0 ||
		slices.ContainsFunc(r.rows, func(row row) bool { return row.unasked > 0 })
}

// goOn says how a recovery goes on.
func (j *job) goOn(command, id string) string {
	line := fmt.Sprintf("recover %s -id %s", command, id)
	if j.kept {
		store := j.store
		if strings.ContainsAny(store, " \t'\"$&;()") {
			store = strconv.Quote(store)
		}
		line += " -store " + store
	}
	if j.vendor != "" {
		line += " -vendor " + j.vendor
	}
	return line
}
