// Command recover gets lost webhooks back, on package celcoin/recovery:
//
//	recover plan   -from 2h             what is missing; nothing is replayed
//	recover run    -from 2h -gate URL   plan, confirm, replay, prove
//	recover resume -id ID               go on with a run that was stopped
//	recover watch  -every 10m -auto     look again and again, and get it back
//	recover listen -out FILE            an emergency receiver of webhooks
//
// Without a command and without credentials it plays the whole story on embedded
// simulators of both vendors and a receiver that was down. recover help has every
// command, flag and variable: they stand in commands.go, flags.go and
// settings.go, one line each.
//
// It exits with 0 if nothing is known to be missing (or, having only looked, if
// it could look), with 2 if it was not told properly what to do, with 3 if
// nothing was replayed, and with 4 if something is left.
//
// It is longer than a command is as a rule, because it is several: a recovery of
// two vendors, a watch, an emergency receiver, the completion for two shells, and
// a story with both simulators. Each is a file or two.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func main() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx := interruptible(context.Background(), signals, os.Stderr, os.Exit)
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitDone    = 0
	exitUsage   = 2
	exitRefused = 3 // nothing was replayed
	exitPartial = 4 // something is left, or a run was stopped
)

// insist is how long after the first signal another one ends the program at
// once: whoever presses Ctrl-C twice by habit still gets the report.
const insist = time.Second

// interruptible is a context that the first signal cancels.
func interruptible(parent context.Context, signals <-chan os.Signal, stderr io.Writer, exit func(int)) context.Context {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		defer cancel()
		var first time.Time
		for {
			select {
			case <-parent.Done():
				return
			case <-signals:
			}
			if first.IsZero() {
				first = time.Now()
				fmt.Fprintln(stderr, "\nrecover: stopping what is under way; once more, a second from now, ends it at once")
				cancel()
			} else if time.Since(first) >= insist {
				fmt.Fprintln(stderr, "\nrecover: ended at once; the journal has all that was done")
				exit(exitPartial)
				return
			}
		}
	}()
	return ctx
}

// run is main with everything that it takes from outside.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := readOptions(args, time.Now())
	if errors.Is(err, flag.ErrHelp) {
		o.args, o.command = []string{o.command}, "help"
		err = nil
	}
	j := newJob(o, getenv, stdin, stdout, stderr)
	if err == nil {
		err = j.connect()
	}
	if err != nil {
		fmt.Fprintf(stderr, "recover: %v (recover help shows how)\n", err)
		return exitUsage
	}
	stop := j.progress.start()
	code, err := j.do(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(stderr, "recover:", j.explain(err))
	}
	return code
}

// do does what the command says. Without one it plays the story, or, if there
// are credentials, shows what would be done, and does it if -yes is given.
func (j *job) do(ctx context.Context) (int, error) {
	if j.command == "" {
		switch {
		case j.celcoin == nil && j.ceffu == nil && j.from == "" && j.id == "" && !j.yes.given:
			return playStory(ctx, j)
		case j.yes.given:
			return j.doRun(ctx)
		}
		return j.doPlan(ctx)
	}
	c, _ := commandOf(j.command)
	return c.do(j, ctx)
}

// usageError is one of whoever started the program.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// failed finds the exit code of an error that came before anything was replayed.
func failed(err error) (int, error) {
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage, err
	}
	switch {
	case errors.Is(err, context.Canceled):
		return exitPartial, err
	case errors.Is(err, recovery.ErrInvalidRequest):
		return exitUsage, err
	}
	return exitRefused, err
}
