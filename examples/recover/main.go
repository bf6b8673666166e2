// Command recover gets lost webhooks back: it counts what a receiver missed,
// lists it, asks for it again, and counts once more.
//
// Without credentials in the environment it plays the whole story on embedded
// simulators of both vendors and a receiver that was down. With them it works
// on the vendors, and only shows what it would do unless -yes is given:
//
//	CELCOIN_CLIENT_ID, CELCOIN_CLIENT_SECRET, CELCOIN_BASE_URL
//	CEFFU_API_KEY, CEFFU_API_SECRET, CEFFU_BASE_URL, CEFFU_WEBHOOK_IDS (with commas)
//
// It exits with 0 if nothing is known to be missing (or, without -yes, if it
// could look), with 1 if something is, and with 2 if it was not told properly
// what to do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes.
const (
	exitDone    = 0
	exitMissing = 1
	exitUsage   = 2
)

// run is main with everything that it takes from outside.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	job, yes, err := readJob(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	if err == nil {
		err = job.connect(getenv)
	}
	if err != nil {
		fmt.Fprintln(stderr, "recover:", err)
		return exitUsage
	}
	if job.celcoin == nil && job.ceffu == nil {
		return finish(stdout, stderr, playStory(ctx, stdout))
	}
	if job.from.IsZero() {
		fmt.Fprintln(stderr, "recover: -from is missing: say since when the receiver was down, in RFC 3339 (2026-01-31T03:00:00-03:00)")
		return exitUsage
	}
	if !yes {
		rows, err := job.look(ctx)
		fmt.Fprint(stdout, "This is what would be asked for again. Nothing was: add -yes for that.\n\n")
		return finish(stdout, stderr, result{rows: rows, err: err, looked: true})
	}
	rows, err := job.recover(ctx, stdout)
	return finish(stdout, stderr, result{rows: rows, err: err})
}

// result is what a run came to.
type result struct {
	rows   []row
	err    error
	looked bool // and did nothing
}

func finish(stdout, stderr io.Writer, r result) int {
	writeTable(stdout, r.rows)
	if r.err != nil {
		fmt.Fprintln(stderr, "recover:", r.err)
		return exitMissing
	}
	if r.looked {
		return exitDone
	}
	for _, row := range r.rows {
		if row.missing > 0 {
			return exitMissing
		}
	}
	return exitDone
}

// readJob reads the flags.
func readJob(args []string, stderr io.Writer) (*job, bool, error) {
	j := &job{settle: 10 * time.Second}
	flags := flag.NewFlagSet("recover", flag.ContinueOnError)
	flags.SetOutput(stderr)
	yes := flags.Bool("yes", false, "ask for the webhooks again, instead of only showing what is missing")
	flags.Func("from", "since when the receiver was down (RFC 3339)", moment(&j.from))
	flags.Func("to", "until when (RFC 3339; default now)", moment(&j.to))
	flags.Func("entity", "a Celcoin entity, as pix-payment-in; may be repeated (default: all documented ones of Pix)",
		func(s string) error {
			for e := range strings.SplitSeq(s, ",") {
				j.entities = append(j.entities, celcoin.Entity(strings.TrimSpace(e)))
			}
			return nil
		})
	if err := flags.Parse(args); err != nil {
		return nil, false, err
	}
	if flags.NArg() > 0 {
		return nil, false, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if len(j.entities) == 0 {
		j.entities = celcoin.PixEntities()
	}
	if j.to.IsZero() {
		j.to = time.Now()
	}
	if j.from.After(j.to) {
		return nil, false, errors.New("-from is after -to")
	}
	return j, *yes, nil
}

func moment(t *time.Time) func(string) error {
	return func(s string) (err error) {
		*t, err = time.Parse(time.RFC3339, s)
		if err != nil {
			return errors.New("want RFC 3339, as 2026-01-31T03:00:00-03:00")
		}
		return nil
	}
}
