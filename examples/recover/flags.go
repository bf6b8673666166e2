package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// options are what the command line says.
type options struct {
	command string
	args    []string // what follows the flags
	now     time.Time
	given   map[string]bool

	from, to                string // as given
	since, until            time.Time
	relative                bool // one of them is counted back from now
	product                 product
	entities                entities
	anyEntity               bool
	margin                  time.Duration
	maxItems                int
	vendor                  string // empty: all that have settings
	events                  events
	rate                    float64
	concurrency, canary     int
	failureLimit            int
	gate, pullTo            string
	maxWait, deliveryWait   time.Duration
	overlap, json, csv      bool
	yes                     consent
	id, dir, envFile, html  string
	zone                    zone
	addr, out, tlsCert, key string
	every, grace, lookback  time.Duration
	auto, once              bool
	onMissing               string
}

// defaultDir is where journals are kept, below the working directory.
const defaultDir = "recoveries"

// flagLine is a line of the table of flags. One without a name is a heading.
type flagLine struct {
	name, value, about string
	to                 any // a pointer into options, which has the default, or a flag.Value
}

// flags are all flags, in the order of the help.
func (o *options) flags() []flagLine {
	return []flagLine{
		{about: "What to recover"},
		{"from", "TIME", "since when the receiver was down", &o.from},
		{"to", "TIME", "until when; default now", &o.to},
		{"product", "NAME", "of Celcoin: pix (default), baas or baas-v1", &o.product},
		{"entity", "NAME", "of Celcoin, such as pix-payment-in; may be repeated, or a list with commas; default all known ones", &o.entities},
		{"any-entity", "", "take entities that this version does not know", &o.anyEntity},
		{"margin", "3h", "widens the outage: Celcoin's dates may be three hours off; 0 for none", &o.margin},
		{"max-items", "N", "refuse a larger plan; listen: take no more events (default 1,000,000)", &o.maxItems},
		{"vendor", "NAME", "only celcoin, or only ceffu; default those with credentials", &o.vendor},
		{"event", "NAME", "of Ceffu, such as deposit-failed; may be repeated; default all", &o.events},
		{about: "How"},
		{"rate", "10", "calls a second, of all kinds together; of Ceffu at most 2", &o.rate},
		{"concurrency", "8", "calls at once", &o.concurrency},
		{"max-wait", "10m", "how long to wait for Celcoin or the receiver before the run ends as partial", &o.maxWait},
		{"delivery-timeout", "30s", "how long a delivery may take", &o.deliveryWait},
		{"canary", "3", "replays of an entity at once until one is proven delivered; 0 for no such limit", &o.canary},
		{"failure-limit", "40", "failed deliveries in a row that stop an entity", &o.failureLimit},
		{"gate", "URL", "the receiver's health URL, which must answer 2xx; default RECOVER_GATE_URL", &o.gate},
		{"pull-to", "URL", "fetch the payloads and POST them there, instead of having them replayed", &o.pullTo},
		{"overlap", "", "run although another recovery of the same webhooks is not finished: some arrive twice", &o.overlap},
		{"yes", "", "do not ask; -yes=DIGEST only for the plan whose digest begins so (8 characters or more)", &o.yes},
		{about: "Where, and what is printed"},
		{"id", "ID", "the recovery; run and plan make one up from its content", &o.id},
		{"dir", "DIR", "where the journals are; default " + defaultDir, &o.dir},
		{"env-file", "FILE", "lines of NAME=value, instead of the environment; mode 0600", &o.envFile},
		{"tz", "ZONE", "of all times: an offset (-03:00, the default: Brasília), a name (America/Manaus), UTC or local", &o.zone},
		{"html", "FILE", "write the report as one page", &o.html},
		{"json", "", "print JSON, and everything else to standard error", &o.json},
		{"csv", "", "print what was not delivered as CSV, and everything else to standard error", &o.csv},
		{about: "Watching"},
		{"every", "10m", "how often to look", &o.every},
		{"grace", "15m", "what is younger may still be delivered", &o.grace},
		{"lookback", "24h", "how far back to look; after a pause, to the last look", &o.lookback},
		{"auto", "", "recover what is missing", &o.auto},
		{"once", "", "look once", &o.once},
		{"on-missing", "COMMAND", "run it in a shell when something is missing, with the look as JSON on its standard input", &o.onMissing},
		{about: "Receiving"},
		{"addr", "HOST:PORT", "where to listen; default 127.0.0.1:9000", &o.addr},
		{"out", "FILE", "where the events are appended; default webhooks.jsonl", &o.out},
		{"tls-cert", "FILE", "serve HTTPS with this certificate; else something before it must", &o.tlsCert},
		{"tls-key", "FILE", "and this key", &o.key},
	}
}

func defaults(now time.Time) *options {
	return &options{
		now: now.Truncate(time.Second), given: map[string]bool{}, zone: zone{brasilia}, dir: defaultDir,
		margin: recovery.DefaultMargin, rate: 10, concurrency: 8, canary: 3, failureLimit: 40,
		every: 10 * time.Minute, grace: 15 * time.Minute, lookback: 24 * time.Hour, maxWait: 10 * time.Minute, deliveryWait: 30 * time.Second, addr: "127.0.0.1:9000", out: "webhooks.jsonl",
	}
}

// flagSet has the flags that a command takes.
func (o *options) flagSet(c command) *flag.FlagSet {
	flags := flag.NewFlagSet("recover", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run says what is wrong, in one line
	for _, f := range o.flags() {
		if !c.takes(f.name) {
			continue
		}
		switch to := f.to.(type) {
		case *string:
			flags.StringVar(to, f.name, *to, "")
		case *bool:
			flags.BoolVar(to, f.name, *to, "")
		case *int:
			flags.IntVar(to, f.name, *to, "")
		case *float64:
			flags.Float64Var(to, f.name, *to, "")
		case *time.Duration:
			flags.Func(f.name, "", func(s string) (err error) {
				*to, err = parseDuration(s)
				return err
			})
		case flag.Value:
			flags.Var(to, f.name, "")
		}
	}
	return flags
}

// readOptions reads the command line. Times are counted back from now.
func readOptions(args []string, now time.Time) (*options, error) {
	o := defaults(now)
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		o.command, args = args[0], args[1:]
	} else if len(args) == 1 && strings.TrimLeft(args[0], "-") == "version" {
		o.command, args = "version", nil
	}
	c, known := commandOf(o.command)
	if !known {
		return o, fmt.Errorf("unknown command %q%s", o.command, didYouMean(o.command, commandNames()))
	}
	if c.flags == "" {
		o.args = args
		return o, nil
	}
	flags := o.flagSet(c)
	if err := flags.Parse(args); err != nil {
		if name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); unknown {
			return o, o.unknownFlag(c, name)
		}
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	flags.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	return o, o.check()
}

// unknownFlag tells a flag of another command from a misspelt one.
func (o *options) unknownFlag(c command, name string) error {
	var names []string
	for _, f := range o.flags() {
		if f.name == name && name != "" {
			return fmt.Errorf("%s has no flag -%s", strings.TrimSpace("recover "+c.name), name)
		}
		if c.takes(f.name) {
			names = append(names, f.name)
		}
	}
	return fmt.Errorf("unknown flag -%s%s", name, didYouMean(name, names))
}

// check finds what makes no sense together, and fills in what is left out.
func (o *options) check() error {
	var err error
	if o.since, err = o.time("-from", o.from); err != nil {
		return err
	}
	if o.until, err = o.time("-to", o.to); err != nil {
		return err
	}
	if o.until.IsZero() {
		o.until = o.now
	}
	if o.entities, err = o.entities.check(o.product, o.anyEntity); err != nil {
		return err
	}
	switch {
	case !(o.rate > 0) || o.rate > 1e6:
		return errors.New("-rate: want calls a second, above 0")
	case o.concurrency < 1, o.failureLimit < 1:
		return errors.New("-concurrency and -failure-limit must be at least 1")
	case o.canary < 0, o.maxItems < 0, o.margin < 0:
		return errors.New("-canary, -max-items and -margin must not be negative")
	case o.maxWait <= 0, o.deliveryWait <= 0:
		return errors.New("-max-wait and -delivery-timeout must be above 0")
	case o.every < time.Second, o.grace >= o.lookback:
		return errors.New("-every must be at least 1s, and -grace shorter than -lookback")
	case o.since.After(o.until):
		return errors.New("-from is after -to")
	case o.json && o.csv:
		return errors.New("-json or -csv, not both")
	case o.dir == "", o.out == "":
		return errors.New("-dir and -out must not be empty")
	case (o.tlsCert == "") != (o.key == ""):
		return errors.New("-tls-cert and -tls-key belong together")
	case o.vendor != "" && o.vendor != "celcoin" && o.vendor != "ceffu":
		return fmt.Errorf("-vendor %q: want celcoin or ceffu", o.vendor)
	}
	return nil
}

// writeFlags prints the flags of a command; all: of every command.
func writeFlags(b *strings.Builder, c command, all bool) {
	heading := ""
	for _, f := range new(options).flags() {
		switch {
		case f.name == "":
			heading = f.about
			continue
		case !all && !c.takes(f.name):
			continue
		case heading != "":
			fmt.Fprintf(b, "\n%s:\n", heading)
			heading = ""
		}
		fmt.Fprintf(b, "  %-20s", strings.TrimSpace("-"+f.name+" "+f.value))
		width := 22
		for word := range strings.FieldsSeq(f.about) {
			if width+len(word)+1 > 96 {
				b.WriteString("\n" + strings.Repeat(" ", 22))
				width = 22
			}
			b.WriteString(" " + word)
			width += len(word) + 1
		}
		b.WriteString("\n")
	}
}
