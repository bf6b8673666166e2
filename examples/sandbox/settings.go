package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/simulator"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// The names of the vendors, in flags and faults.
const (
	celcoinName = "celcoin"
	ceffuName   = "ceffu"
)

// operations are the calls that a fault can strike.
func operations() console.Vendors {
	return console.Vendors{
		celcoinName: {"token", "count", "details", "replay"},
		ceffuName:   {ceffutest.OpResend},
	}
}

// maxMissed is how many webhooks of each vendor the sandbox takes at once.
const maxMissed = 1_000_000

// settings are what the flags say.
type settings struct {
	celcoinAddr, ceffuAddr string

	missed    int
	deliverTo string // empty: the built-in receiver
	tls       bool
	offset    time.Duration // of the clock
	faults    []wantedFault
	seed      uint64

	replayDelay   time.Duration
	tokenLifetime time.Duration
	rate          rate

	celcoin []celcointest.Option // of -reading
	ceffu   []ceffutest.Option
}

// wantedFault is a fault with the vendors that it is for.
type wantedFault struct {
	vendors []string
	fault   simulator.Fault
}

// rate is a limit of calls in a time; no calls are no limit.
type rate struct {
	calls      int
	window     time.Duration
	retryAfter bool
}

func readSettings(args []string) (settings, error) {
	var s settings
	flags := s.flags()
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case s.missed < 0 || s.missed > maxMissed:
		return s, fmt.Errorf("-missed %d: want a number from 0 to %d", s.missed, maxMissed)
	case s.replayDelay < 0:
		return s, fmt.Errorf("-replay-delay %v is negative", s.replayDelay)
	case s.tokenLifetime < time.Second:
		return s, fmt.Errorf("-token-lifetime %v is less than a second", s.tokenLifetime)
	}
	return s, nil
}

// flags reads into s.
func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run says what is wrong, in one line
	flags.StringVar(&s.celcoinAddr, "celcoin", "127.0.0.1:8082", "")
	flags.StringVar(&s.ceffuAddr, "ceffu", "127.0.0.1:8081", "")
	flags.IntVar(&s.missed, "missed", 250, "")
	flags.Func("deliver-to", "", s.readDeliverTo)
	flags.BoolVar(&s.tls, "tls", false, "")
	flags.DurationVar(&s.offset, "clock", 0, "")
	flags.Func("fault", "", func(text string) error {
		vendors, fault, err := operations().ParseFault(text)
		s.faults = append(s.faults, wantedFault{vendors, fault})
		return err
	})
	flags.Uint64Var(&s.seed, "seed", 0, "")
	flags.DurationVar(&s.replayDelay, "replay-delay", 0, "")
	flags.DurationVar(&s.tokenLifetime, "token-lifetime", 40*time.Minute, "")
	flags.Func("rate-limit", "", s.readRate)
	flags.Func("reading", "", s.readReadings)
	return flags
}

func (s *settings) readDeliverTo(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("want an http or https URL")
	}
	s.deliverTo = text
	return nil
}

// readRate reads "10/1m", and "10/1m,retry-after".
func (s *settings) readRate(text string) error {
	wrong := errors.New("want calls per time, as 10/1m or 10/1m,retry-after")
	limit, hint, hinted := strings.Cut(text, ",")
	if hinted && hint != "retry-after" {
		return wrong
	}
	number, window, _ := strings.Cut(limit, "/")
	calls, err := strconv.Atoi(number)
	if err != nil || calls < 1 {
		return wrong
	}
	d, err := time.ParseDuration(window)
	if err != nil || d <= 0 {
		return wrong
	}
	s.rate = rate{calls: calls, window: d, retryAfter: hinted}
	return nil
}
