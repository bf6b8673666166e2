package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// options are what the command line says.
type options struct {
	command command
	args    []string // of a command without flags

	now       time.Time
	from, to  string // as given; the times are in request
	relative  bool   // one of them is counted back from now
	zone      *time.Location
	request   recovery.Request
	anyEntity bool
	vendor    string // empty: all that have settings
	events    []ceffu.EventType

	rate                              float64
	concurrency, canary, failureLimit int
	maxWait, deliveryTimeout          time.Duration
	gateURL, pullTo                   string
	yes                               string // empty: ask; "true"; or how the plan's digest begins

	dir, envFile, html string
	json, csv          bool

	watch     recovery.WatchConfig
	once      bool
	onMissing string

	addr, out, tlsCert, tlsKey string
}

// flagSet has the flags of a command, with their defaults. What stands in back
// quotes is the flag's value in the help.
func (o *options) flagSet(c command) *flag.FlagSet {
	f := flag.NewFlagSet("", flag.ContinueOnError)
	duration := func(to *time.Duration, name string, normal time.Duration, usage string) {
		*to = normal
		f.Func(name, usage, func(s string) (err error) {
			*to, err = parseDuration(s)
			return err
		})
	}
	// What to recover.
	f.StringVar(&o.from, "from", "", "`TIME` since when the receiver was down")
	f.StringVar(&o.to, "to", "", "`TIME` until when; default now")
	f.Func("product", "`NAME` of Celcoin's product: pix (default), baas or baas-v1", o.setProduct)
	f.Func("entity", "`NAME` of an entity of Celcoin's, such as pix-payment-in; may be repeated, or a list with commas; default all known ones", o.addEntities)
	f.BoolVar(&o.anyEntity, "any-entity", false, "take entities that this version does not know")
	duration(&o.request.Margin, "margin", recovery.DefaultMargin, "`DURATION` that widens the outage, as Celcoin's dates may be three hours off; default 3h, 0 for none")
	f.IntVar(&o.request.MaxItems, "max-items", 0, "refuse a plan of more than `N`; listen: take no more events than that (default 1,000,000)")
	f.StringVar(&o.vendor, "vendor", "", "`NAME` of the only vendor, celcoin or ceffu; default those with credentials")
	f.Func("event", "`NAME` of an event type of Ceffu's, such as deposit-failed; may be repeated, or a list; default all", o.addEvents)
	// How.
	f.Float64Var(&o.rate, "rate", 10, "`N` calls a second, of all kinds together; of Ceffu at most 2")
	f.IntVar(&o.concurrency, "concurrency", 8, "`N` calls at once")
	duration(&o.maxWait, "max-wait", 10*time.Minute, "`DURATION` of a wait for Celcoin or the receiver, before the run ends as partial; default 10m")
	duration(&o.deliveryTimeout, "delivery-timeout", 30*time.Second, "`DURATION` that a delivery may take; default 30s")
	f.IntVar(&o.canary, "canary", 3, "`N` replays of an entity at once until one is proven delivered; 0 for no such limit")
	f.IntVar(&o.failureLimit, "failure-limit", 40, "`N` failed deliveries in a row that stop an entity")
	f.StringVar(&o.gateURL, "gate", "", "the receiver's health `URL`, which must answer 2xx; default RECOVER_GATE_URL")
	f.StringVar(&o.pullTo, "pull-to", "", "fetch the payloads and POST them to this `URL`, instead of having them replayed")
	f.BoolVar(&o.request.AllowOverlap, "overlap", false, "run although another recovery of the same webhooks is not finished: some arrive twice")
	f.BoolFunc("yes", "do not ask; -yes=DIGEST only for the plan whose digest begins so (8 characters or more)", o.setYes)
	// Where, and what is printed.
	f.StringVar(&o.request.ID, "id", "", "`ID` of the recovery; run and plan make one up from its content")
	f.StringVar(&o.dir, "dir", "", "`FOLDER` of the journals; default "+defaultDir)
	f.StringVar(&o.envFile, "env-file", "", "`FILE` with lines of NAME=value, instead of the environment; mode 0600")
	f.Func("tz", "`ZONE` of all times: -03:00 (the default: Brasília), America/Manaus, UTC or local", o.setZone)
	f.StringVar(&o.html, "html", "", "`FILE` for the report as one page")
	f.BoolVar(&o.json, "json", false, "print JSON, and everything else to standard error")
	f.BoolVar(&o.csv, "csv", false, "print what was not delivered as CSV, and everything else to standard error")
	// Watching.
	duration(&o.watch.Every, "every", 10*time.Minute, "`DURATION` from a look to the next; default 10m")
	duration(&o.watch.Grace, "grace", 15*time.Minute, "`DURATION` in which a webhook may still be delivered; default 15m")
	duration(&o.watch.Lookback, "lookback", 24*time.Hour, "`DURATION` to look back from the last look that succeeded, or further, to what is still missing; default 24h")
	f.BoolVar(&o.watch.Auto, "auto", false, "recover what is missing")
	f.BoolVar(&o.once, "once", false, "look once")
	f.StringVar(&o.onMissing, "on-missing", "", "`COMMAND` for a shell when something is missing, with the look as JSON on its standard input")
	// Receiving.
	f.StringVar(&o.addr, "addr", "127.0.0.1:9000", "`HOST:PORT` to listen on")
	f.StringVar(&o.out, "out", "webhooks.jsonl", "`FILE` to which the events are appended")
	f.StringVar(&o.tlsCert, "tls-cert", "", "`FILE` of a certificate, to serve HTTPS; else something before it must")
	f.StringVar(&o.tlsKey, "tls-key", "", "`FILE` of its key")

	taken := flag.NewFlagSet("recover "+c.name, flag.ContinueOnError)
	taken.SetOutput(io.Discard) // run says what is wrong, in one line
	f.VisitAll(func(one *flag.Flag) {
		if c.takes(one.Name) {
			taken.Var(one.Value, one.Name, one.Usage)
		}
	})
	return taken
}

// parse reads the command and its flags, and nothing into them. The error is that
// of package flag, or names the flag that the command does not have.
func parse(args []string, now time.Time) (*options, error) {
	o := &options{now: now.Truncate(time.Second), zone: brasilia}
	name := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	} else if len(args) == 1 && strings.TrimLeft(args[0], "-") == "version" {
		name, args = "version", nil
	}
	var known bool
	if o.command, known = commandOf(name); !known {
		return o, fmt.Errorf("unknown command %q%s", name, didYouMean(name, commandNames()))
	}
	if o.command.flags == "" {
		o.args = args
		return o, nil
	}
	flags := o.flagSet(o.command)
	err := flags.Parse(args)
	if unknown, ok := strings.CutPrefix(fmt.Sprint(err), "flag provided but not defined: -"); ok {
		err = fmt.Errorf("%s has no flag -%s%s", strings.TrimSpace(flags.Name()), unknown, didYouMean(unknown, strings.Fields(o.command.flags)))
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return o, err
}

// readOptions reads the command line. Times are counted back from now.
func readOptions(args []string, now time.Time) (*options, error) {
	o, err := parse(args, now)
	if errors.Is(err, flag.ErrHelp) {
		o.args = []string{o.command.name}
		o.command, _ = commandOf("help")
		return o, nil
	}
	if err != nil || o.command.flags == "" {
		return o, err
	}
	return o, o.check()
}

// check finds what makes no sense together, and fills in what is left out. Of
// most numbers package recovery says what it takes.
func (o *options) check() error {
	if o.request.Margin == 0 {
		o.request.Margin = -1 // none, where 0 means the default
	}
	o.request.To = o.now
	if err := errors.Join(o.setTime(&o.request.From, "-from", o.from), o.setTime(&o.request.To, "-to", o.to)); err != nil {
		return err
	}
	switch {
	case o.request.From.After(o.request.To):
		return errors.New("-from is after -to")
	case o.request.MaxItems < 0:
		return errors.New("-max-items must not be negative")
	case o.watch.Every < time.Second, o.watch.Grace >= o.watch.Lookback:
		return errors.New("-every must be at least 1s, and -grace shorter than -lookback")
	case o.json && o.csv:
		return errors.New("-json or -csv, not both")
	case (o.tlsCert == "") != (o.tlsKey == ""):
		return errors.New("-tls-cert and -tls-key belong together")
	case o.vendor != "" && o.vendor != "celcoin" && o.vendor != "ceffu":
		return fmt.Errorf("-vendor %q: want celcoin or ceffu", o.vendor)
	}
	return o.checkEntities()
}
