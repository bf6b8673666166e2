// Command recover gets lost webhooks back, on package celcoin/recovery:
//
//	recover plan   -from 2h             what is missing; nothing is replayed
//	recover run    -from 2h -gate URL   plan, confirm, replay, look up what arrived
//	recover resume -id ID               go on with a run that was stopped
//	recover watch  -every 10m -auto     look again and again, and get it back
//	recover listen -out FILE            an emergency receiver of webhooks
//
// Without a command and without credentials it plays the whole story on embedded
// simulators of both vendors and a receiver that was down. recover help has every
// command, flag and variable: they stand in commands.go, flags.go and
// variables.go, one line each.
//
// It is longer than a command usually is, because it is several, for two vendors,
// each with people, scripts and spreadsheets as readers: about a fifth of its lines
// read commands, flags, their values and variables, a fifth print, a fifth recover,
// and the rest are the watch, the emergency receiver, the completion for two shells
// and the story.
package main

import (
	"context"
	"errors"
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
	ctx, cancel := context.WithCancel(context.Background())
	go interrupt(signals, cancel, os.Stderr, os.Exit)
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitDone    = 0
	exitUsage   = 2
	exitRefused = 3 // nothing was replayed
	exitPartial = 4 // something is left, or it was stopped, or its output is not complete
)

// secondSignal is how long after the first signal another one ends the program at
// once: whoever presses Ctrl-C twice by habit still gets the report.
const secondSignal = time.Second

// interrupt cancels at the first signal.
func interrupt(signals <-chan os.Signal, cancel func(), stderr io.Writer, exit func(int)) {
	<-signals
	first := time.Now()
	fmt.Fprintln(stderr, "\nrecover: stopping what is under way; once more, a second from now, ends it at once")
	cancel()
	for range signals {
		if time.Since(first) >= secondSignal {
			fmt.Fprintln(stderr, "\nrecover: ended at once; the journal has all that was done")
			exit(exitPartial)
		}
	}
}

// run is main with everything that it takes from outside.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &checked{w: stdout}
	j, err := newJob(ctx, args, getenv, stdin, out, stderr)
	if err == nil {
		stop := j.progress.start()
		err = j.command.do(j, ctx)
		stop()
	}
	if err == nil {
		err = out.err
	}
	code := exitCode(err)
	if text := j.explain(err); text != "" {
		if code == exitUsage {
			text += " (recover help shows how)"
		}
		fmt.Fprintln(stderr, "recover:", text)
	}
	return code
}

// exitError is an error with an exit code of its own.
type exitError struct {
	error

	code int
}

func (e *exitError) Unwrap() error { return e.error }

// errSaid: what there is to say was printed.
var errSaid = errors.New("")

// usagef is an error of whoever started the program.
func usagef(format string, args ...any) error {
	return &exitError{fmt.Errorf(format, args...), exitUsage}
}

func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, errOutput):
		return exitPartial
	case errors.Is(err, recovery.ErrInvalidRequest):
		return exitUsage
	}
	return exitRefused
}
