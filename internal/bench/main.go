// Command bench measures this library against net/http by hand and against the
// clients that a Go programmer might take instead, and holds it to the figures
// that it is to keep. README.md says how, and what was seen.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/reenvio/reenvio-go/internal/bench/internal/process"
	"github.com/reenvio/reenvio-go/internal/bench/internal/rows"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	os.Exit(exitCode(err))
}

// exitCode keeps a limit that is missed apart from a question that makes no
// sense, for scripts that act on either.
func exitCode(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	return 1
}

// errMissed ends the program with a failure after everything was shown.
var errMissed = errors.New("a limit is missed")

// errUsage is in every error about flags.
var errUsage = errors.New("-h shows the flags")

func run(ctx context.Context, args []string, in io.Reader, out, messages io.Writer) (err error) {
	if len(args) > 0 && args[0] == process.Argument {
		return child(ctx, args[1:], in, out)
	}
	c, err := parse(args, messages)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	if c.profile != "" {
		if err := os.MkdirAll(c.profile, 0o750); err != nil {
			return err
		}
	}
	b, err := rows.New(ctx, c.size, c.seed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	p := &program{config: c, bench: b, out: out, messages: messages}
	for _, part := range []struct {
		wanted bool
		do     func(context.Context) error
	}{{c.table, p.table}, {c.peers, p.peers}, {c.scale, p.scale}, {c.profile != "", p.profiles}} {
		if part.wanted {
			if err := part.do(ctx); err != nil {
				return err
			}
		}
	}
	if p.missed {
		return errMissed
	}
	return nil
}
