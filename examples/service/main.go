// Command service is a receiver of Celcoin's webhooks for production, and what
// gets back those that it missed. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Environ(), os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run is the service until ctx ends.
func run(ctx context.Context, args, environ []string, out io.Writer) error {
	flags := flag.NewFlagSet("service", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() { usage(out) }
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return errors.New("service: takes no arguments: its settings are in the environment, see service -help")
	}
	s, err := readSettings(environ)
	if err != nil {
		return err
	}
	handler := slog.Handler(slog.NewJSONHandler(out, nil))
	if s.simulated() {
		handler = slog.NewTextHandler(out, nil)
	}
	return serve(ctx, s, slog.New(handler))
}
