// Command recover gets lost webhooks back, on package celcoin/recovery:
//
//	recover plan   -from 2h             what is missing; nothing is asked for again
//	recover run    -from 2h -gate URL   plan, confirm, ask again, prove
//	recover resume -id ID               go on with a run that was stopped
//	recover verify -id ID               look again; nothing is asked for again
//	recover report -id ID -html FILE    how it stands, by the journal alone
//
// It works on the vendors that the environment has credentials of:
//
//	CELCOIN_CLIENT_ID, CELCOIN_CLIENT_SECRET, CELCOIN_BASE_URL
//	CELCOIN_CLIENT_CERT, CELCOIN_CLIENT_KEY (PEM text or paths of PEM files; production
//	wants them), CELCOIN_CLIENT_KEY_PASSPHRASE (of an encrypted key)
//	CEFFU_API_KEY, CEFFU_API_SECRET, CEFFU_BASE_URL, CEFFU_WEBHOOK_IDS (with commas)
//
// Without a command and without credentials it plays the whole story on embedded
// simulators of both vendors and a receiver that was down. Without a command but
// with credentials it shows what it would do, and does it if -yes is given.
//
// It exits with 0 if nothing is known to be missing (or, having only looked, if
// it could look), with 2 if it was not told properly what to do, with 3 if
// nothing was asked for again, and with 4 if something is left.
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

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever interrupts a second time means it
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes.
const (
	exitDone    = 0 // drained
	exitUsage   = 2
	exitRefused = 3 // nothing was asked for again
	exitPartial = 4 // something is left, or a run was stopped
)

// run is main with everything that it takes from outside.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := readOptions(args, time.Now())
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return exitDone
	}
	if err != nil {
		fmt.Fprintf(stderr, "recover: %v (recover help shows how)\n", err)
		return exitUsage
	}
	j := newJob(o, stdin, stdout, stderr)
	if err := j.connect(getenv); err != nil {
		fmt.Fprintln(stderr, "recover:", err)
		return exitUsage
	}
	code, err := j.do(ctx)
	j.progress.end()
	if err != nil {
		fmt.Fprintln(stderr, "recover:", j.explain(err))
	}
	return code
}

// do does what the command says.
func (j *job) do(ctx context.Context) (int, error) {
	if j.command == "" && j.celcoin == nil && j.ceffu == nil {
		if len(j.told) > 0 {
			return failed(usagef("%s is for the vendors, and none of their variables is set: %s and so on, or %s and so on",
				j.told[0], celcoin.EnvClientID, ceffuWebhookIDs))
		}
		return playStory(ctx, j)
	}
	switch j.command {
	case "report":
		return j.doReport(ctx)
	case "verify":
		return j.doVerify(ctx)
	case "resume":
		return j.doResume(ctx)
	case "run":
		return j.doRun(ctx)
	case "plan":
		return j.doPlan(ctx)
	}
	if j.yes.given {
		return j.doRun(ctx)
	}
	return j.doLook(ctx)
}

// usageError is one of whoever started the program.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// failed finds the exit code of an error that came before anything was asked for
// again.
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
