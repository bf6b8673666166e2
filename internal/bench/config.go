package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"

	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/rows"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// config is what the flags say.
type config struct {
	table, peers, scale bool
	calls               []subject.Call // of -peers
	profile             string
	quick, json         bool
	size                rows.Size
	seed                uint64
	gate                report.Gate
}

func parse(args []string, messages io.Writer) (*config, error) {
	c := &config{}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(messages)
	f.Usage = func() {
		fmt.Fprintln(messages, "Usage of bench:")
		f.PrintDefaults()
		fmt.Fprintln(messages, "Exit codes: 0 all limits that count are held, 1 one is missed or could not be measured, 2 usage.")
	}
	f.BoolVar(&c.table, "table", false, "the figures to hold, with what is seen and whether it holds: under 5 minutes; the default")
	f.BoolVar(&c.peers, "peers", false, "all clients, calls, modes and numbers of goroutines: about 15 minutes")
	call := f.String("call", "", "compare with -peers this `call` alone: resend, details or replay")
	f.BoolVar(&c.scale, "scale", false, "iteration and recovery at n, 10n and 100n")
	f.StringVar(&c.profile, "profile", "", "write CPU profiles of the calls, and of -scale, into this `folder`")
	f.BoolVar(&c.quick, "quick", false, "fewer rounds and smaller numbers: the table in under a minute")
	f.BoolVar(&c.json, "json", false, "write JSON")
	rounds := f.Int("rounds", 0, "`rounds` of each paired comparison; 0: 500, or fewer with -quick")
	f.Uint64Var(&c.seed, "seed", 1, "of the random order of operations")
	gate := f.String("gate", string(report.GateAll), "which missed limits make the program fail: `all`, counts (none of times), none")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("there is no argument %q", f.Arg(0))
	}
	if !c.peers && !c.scale && c.profile == "" {
		c.table = true
	}
	if c.calls = subject.Calls(); *call != "" {
		if !c.peers {
			return nil, errors.New("-call is of -peers, which is not given")
		}
		if !slices.Contains(c.calls, subject.Call(*call)) {
			return nil, fmt.Errorf("-call is %q, want resend, details or replay", *call)
		}
		c.calls = []subject.Call{subject.Call(*call)}
	}
	c.size = rows.Full()
	if c.quick {
		c.size = rows.Quick()
	}
	if *rounds < 0 {
		return nil, errors.New("-rounds must not be negative")
	}
	if *rounds > 0 {
		c.size.Rounds, c.size.Crowded = *rounds, *rounds
	}
	c.gate = report.Gate(*gate)
	switch c.gate {
	case report.GateAll, report.GateCounts, report.GateNone:
		return c, nil
	}
	return nil, fmt.Errorf("-gate is %q, want all, counts or none", *gate)
}
