// Command bench measures this library beside net/http by hand and beside the clients
// that a Go programmer might take instead, and holds it to its limits. README.md says
// how, and what was seen.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code: 1 if a limit is missed or a measurement fails, 2 for flags
// that make no sense.
func run(ctx context.Context, args []string, in io.Reader, out, messages io.Writer) (code int) {
	if len(args) == 3 && args[0] == childArgument {
		if err := child(ctx, args[1], args[2], in, out); err != nil { //nolint:gosec // they are three
			fmt.Fprintln(messages, "bench:", err)
			return 1
		}
		return 0
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(messages)
	less := flags.Bool("quick", false, "fewer rounds and smaller numbers: less than a minute instead of four")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err == nil && flags.NArg() > 0:
		fmt.Fprintln(messages, "bench: it takes no arguments; -h shows the flags")
		return 2
	case err != nil:
		return 2
	}
	s := size{rounds: 500, crowds: 1, runs: 300, webhooks: 1_000_000, replayed: 20_000, pulled: 100_000}
	if *less {
		s = size{rounds: 200, crowds: 10, runs: 100, webhooks: 100_000, replayed: 2_000, pulled: 10_000}
	}
	begin, before := time.Now(), load()
	rows, err := measure(ctx, s, messages)
	if err != nil {
		fmt.Fprintln(messages, "bench:", err)
		return 1
	}
	missed := write(out, rows)
	fmt.Fprintf(out, "\n%s, %s %s/%s, %d processors, load %s before and %s after, %s.\n",
		begin.Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		before, load(), time.Since(begin).Round(time.Second))
	if missed {
		return 1
	}
	return 0
}

// load is the machine's average of the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if average, _, found := strings.Cut(string(text), " "); err == nil && found {
		return average
	}
	return "unknown"
}
