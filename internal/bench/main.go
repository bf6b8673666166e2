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
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// errMissed ends the program with a failure after everything was shown.
var errMissed = errors.New("a limit is missed")

func run(ctx context.Context, args []string, in io.Reader, out, messages io.Writer) (err error) {
	if len(args) > 0 && args[0] == process.Argument {
		return child(ctx, args[1:], in, out)
	}
	c, err := parse(args, messages)
	if err != nil {
		return err
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
