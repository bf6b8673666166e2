// Command service is a receiver of Celcoin's webhooks for production, and what
// gets back those that it missed. See README.md.
//
// A third of it is what its environment can set (settings.go) and what a team asks
// it over HTTP (routes.go); the rest puts the parts of the library together.
package main

import (
	"context"
	"errors"
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
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run is the service until ctx ends.
func run(ctx context.Context, args, environ []string, out io.Writer) error {
	switch {
	case len(args) == 1 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help"):
		usage(out)
		return nil
	case len(args) > 0:
		return errors.New("service: takes no arguments: its settings are in the environment, see service -help")
	}
	s, err := readSettings(environ)
	if err != nil {
		return err
	}
	if s.simulated() {
		return serve(ctx, s, slog.New(slog.NewTextHandler(out, nil)))
	}
	return serve(ctx, s, slog.New(slog.NewJSONHandler(out, nil)))
}
