// Command sandbox serves a simulated Ceffu and a simulated Celcoin to clients in
// any language, with webhooks that a receiver missed.
//
//	go run ./examples/sandbox -celcoin 127.0.0.1:8082 -ceffu 127.0.0.1:8081 -missed 250
//
// It prints base URLs and credentials as NAME=value lines and, for each call, a
// curl line that works when it is pasted into a shell. Under /_sim/ each of the
// two shows a browser, or curl, what it holds, saw and sent, and takes orders.
// Run it with -h for the rest. It ends on SIGINT and SIGTERM.
//
// Its exit code is 0 when it was told to end, 1 if it could not listen or print,
// and 2 if its flags make no sense.
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// run is main with everything that it takes from outside. It returns when ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	wanted, err := readSettings(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage())
		return exitDone
	}
	if err != nil {
		fmt.Fprintf(stderr, "sandbox: %v (-h shows how)\n", err)
		return exitUsage
	}
	box, err := open(ctx, wanted)
	if err != nil {
		fmt.Fprintln(stderr, "sandbox:", err)
		if errors.Is(err, errAddress) {
			return exitFailed
		}
		return exitUsage
	}
	defer box.close() //nolint:contextcheck // ending takes no context: it follows the end of one
	// One write, after everything listens: who has read it can begin.
	if _, err := io.WriteString(stdout, box.describe()); err != nil {
		fmt.Fprintln(stderr, "sandbox: cannot print:", err)
		return exitFailed
	}
	<-ctx.Done()
	return exitDone
}
