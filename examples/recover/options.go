package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// options are what the command line says.
type options struct {
	command string   // empty: none
	told    []string // the flags that only make sense with a vendor

	from, to       time.Time // the outage
	product        celcoin.Product
	entities       []celcoin.Entity
	margin, window time.Duration
	maxItems       int
	vendor         string // empty: all that have settings

	rate             float64
	concurrency      int
	canary           int
	gate             string
	patience, settle time.Duration
	yes              consent

	id, store string
	kept      bool // -store was given
	html      string
	json, csv bool
}

// defaultStore is where journals are kept, below the working directory.
const defaultStore = "recoveries"

// commands are the flags that each command takes.
var commands = map[string][]string{
	"plan":   {"from", "to", "product", "entity", "margin", "window", "max-items", "vendor", "rate", "id", "store", "json"},
	"resume": {"vendor", "rate", "concurrency", "canary", "gate", "patience", "settle", "id", "store", "html", "json", "csv"},
	"verify": {"rate", "id", "store", "html", "json", "csv"},
	"report": {"id", "store", "html", "json", "csv"},
	"run":    nil, // all
	"":       nil, // all
}

// readOptions reads the command line. Times are counted back from now.
func readOptions(args []string, now time.Time) (*options, error) {
	o := &options{rate: 10, store: defaultStore}
	now = now.Truncate(time.Second)
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		o.command, args = args[0], args[1:]
	}
	if o.command == "help" {
		return nil, flag.ErrHelp
	}
	allowed, known := commands[o.command]
	if !known {
		return nil, fmt.Errorf("unknown command %q", o.command)
	}
	flags := o.flags(now)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	var wrong error
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "store":
			o.kept = true
		case "from", "to", "product", "entity", "id", "gate", "vendor":
			o.told = append(o.told, "-"+f.Name)
		}
		if allowed != nil && !slices.Contains(allowed, f.Name) {
			wrong = errors.Join(wrong, fmt.Errorf("%s has no flag -%s", o.command, f.Name))
		}
	})
	if wrong != nil {
		return nil, wrong
	}
	return o, o.check(now)
}

// flags are all flags. What they are for is in usage.
func (o *options) flags(now time.Time) *flag.FlagSet {
	flags := flag.NewFlagSet("recover", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run says what is wrong, in one line
	flags.Func("from", "", moment(&o.from, now))
	flags.Func("to", "", moment(&o.to, now))
	flags.Func("product", "", o.readProduct)
	flags.Func("entity", "", o.readEntities)
	flags.DurationVar(&o.margin, "margin", recovery.DefaultMargin, "")
	flags.DurationVar(&o.window, "window", time.Hour, "")
	flags.IntVar(&o.maxItems, "max-items", 0, "")
	flags.StringVar(&o.vendor, "vendor", "", "")
	flags.Float64Var(&o.rate, "rate", 10, "")
	flags.IntVar(&o.concurrency, "concurrency", 8, "")
	flags.IntVar(&o.canary, "canary", 3, "")
	flags.StringVar(&o.gate, "gate", "", "")
	flags.DurationVar(&o.patience, "patience", 10*time.Minute, "")
	flags.DurationVar(&o.settle, "settle", 30*time.Second, "")
	flags.Var(&o.yes, "yes", "")
	flags.StringVar(&o.id, "id", "", "")
	flags.StringVar(&o.store, "store", defaultStore, "")
	flags.StringVar(&o.html, "html", "", "")
	flags.BoolVar(&o.json, "json", false, "")
	flags.BoolVar(&o.csv, "csv", false, "")
	return flags
}

// check finds what makes no sense together, and fills in what is left out.
func (o *options) check(now time.Time) error {
	if o.to.IsZero() {
		o.to = now
	}
	if len(o.entities) == 0 {
		o.entities = celcoin.PixEntities()
		if o.product == celcoin.ProductBaaS {
			o.entities = celcoin.BaaSEntities()
		}
	}
	switch {
	case !(o.rate > 0) || o.rate > 1e6:
		return errors.New("-rate: want calls a second, above 0")
	case o.from.After(o.to):
		return errors.New("-from is after -to")
	case o.margin < 0:
		return errors.New("-margin is negative")
	case o.maxItems < 0:
		return errors.New("-max-items is negative")
	case o.json && o.csv:
		return errors.New("-json and -csv exclude each other")
	case o.store == "":
		return errors.New("-store is empty")
	case o.vendor != "" && o.vendor != "celcoin" && o.vendor != "ceffu":
		return fmt.Errorf("-vendor %q: want celcoin or ceffu", o.vendor)
	case strings.HasSuffix(o.id, ceffuSuffix):
		return fmt.Errorf("-id must not end in %s, the journals of Ceffu's part do", ceffuSuffix)
	case o.gate != "":
		return checkGate(o.gate)
	}
	return nil
}

func (o *options) readProduct(name string) error {
	o.product = celcoin.Product(strings.ToUpper(name))
	if o.product != celcoin.ProductPix && o.product != celcoin.ProductBaaS {
		return errors.New("want pix or baas")
	}
	return nil
}

func (o *options) readEntities(list string) error {
	for e := range strings.SplitSeq(list, ",") {
		e = strings.TrimSpace(e)
		if e == "" {
			return errors.New("want names, as pix-payment-in,pix-payment-out")
		}
		o.entities = append(o.entities, celcoin.Entity(e))
	}
	return nil
}

// moment reads a time: how long ago, the word now, or a date with its offset.
func moment(t *time.Time, now time.Time) func(string) error {
	return func(s string) error {
		if s == "now" {
			*t = now
			return nil
		}
		if d, err := time.ParseDuration(s); err == nil && d >= 0 {
			*t = now.Add(-d)
			return nil
		}
		date, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return errors.New("want how long ago (2h), now, or RFC 3339 (2026-01-31T03:00:00-03:00)")
		}
		*t = date
		return nil
	}
}
