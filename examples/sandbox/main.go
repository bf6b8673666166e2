// Command sandbox serves a simulated Ceffu and a simulated Celcoin, with webhooks
// that a receiver missed, to clients in any language.
//
//	go run ./examples/sandbox -missed 250
//
// It prints base URLs and credentials as NAME=value lines, and for each call a
// curl line that works when it is pasted into a shell. A third address, the
// panel, shows a browser what the two hold, saw and sent, lets a person add, fail
// and replay, and does the same in JSON. Run it with -h for the rest.
//
// It ends on SIGINT and SIGTERM. Its exit code is 0 when it was told to end, 1 if
// it could not listen or print, and 2 if its flags make no sense. It uses public
// packages only: copy it to make a sandbox of your own. It is as long as it is
// because each fault and each assumption is a line with its meaning, for -h.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with everything that it takes from outside. It returns when ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s := new(settings)
	flags := s.flags()
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err == nil && (s.Missed < 0 || s.Missed > maxMissed) {
		err = fmt.Errorf("-missed %d: want a number from 0 to %d", s.Missed, maxMissed)
	}
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage())
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "sandbox: %v (-h shows how)\n", err)
		return 2
	}
	to := time.Now().Truncate(time.Second)
	b := &box{settings: s, From: to.Add(-s.Outage), To: to, vendors: map[string]vendor{}, faults: map[string][]string{}}
	defer b.close()
	if err := b.open(); err != nil {
		fmt.Fprintln(stderr, "sandbox:", err)
		if _, ok := errors.AsType[*net.OpError](err); ok {
			return 1
		}
		return 2
	}
	text, err := b.describe()
	if err == nil {
		_, err = io.WriteString(stdout, text) // one write, after everything listens: who has read it can begin
	}
	if err != nil {
		fmt.Fprintln(stderr, "sandbox: cannot print:", err)
		return 1
	}
	<-ctx.Done()
	return 0
}

// maxMissed is how many webhooks are added at once.
const maxMissed = 1_000_000

// settings are what the flags say.
type settings struct {
	panelAddr, celcoinAddr, ceffuAddr string

	Missed    int
	Outage    time.Duration
	DeliverTo string // empty: the built-in receiver
	tls       bool
	ClientCA  bool
	faults    []string
	celcoin   []celcointest.Option
	ceffu     []ceffutest.Option
}

// flags reads into s.
func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run says what is wrong, in one line
	flags.StringVar(&s.panelAddr, "panel", "127.0.0.1:8080", "loopback `host:port` of the panel; port 0 is a free one")
	flags.StringVar(&s.celcoinAddr, "celcoin", "127.0.0.1:8082", "loopback `host:port` of Celcoin")
	flags.StringVar(&s.ceffuAddr, "ceffu", "127.0.0.1:8081", "loopback `host:port` of Ceffu")
	flags.IntVar(&s.Missed, "missed", 250, "`number` of webhooks of each vendor that were missed")
	flags.DurationVar(&s.Outage, "outage", 3*time.Hour, "they were missed within this `duration`; Celcoin keeps them for 168h")
	flags.StringVar(&s.DeliverTo, "deliver-to", "", "`URL` that webhooks are POSTed to, instead of a built-in receiver")
	flags.BoolVar(&s.tls, "tls", false, "HTTPS, with a test certificate that the panel gives out")
	flags.Func("client-ca", "PEM `file` of CAs: Celcoin speaks HTTPS and wants a client certificate of them", func(file string) error {
		pool, err := readCAs(file)
		s.celcoin, s.ClientCA = append(s.celcoin, celcointest.WithClientCAs(pool)), true
		return err
	})
	flags.Func("fault", "what goes wrong, as `vendor:call:keys`; may be repeated", func(text string) error {
		s.faults = append(s.faults, text)
		return nil
	})
	flags.Func("assume", "what a vendor does, as `name,name`; may be repeated", func(text string) error {
		return setPairs(s.assumptions(), text)
	})
	return flags
}

func readCAs(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // the file is the caller's to name
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("the file holds no certificate in PEM")
	}
	return pool, nil
}

// usage is what -h prints.
func usage() string {
	var b strings.Builder
	b.WriteString(`sandbox serves a simulated Celcoin and a simulated Ceffu, with webhooks that a receiver missed.
It prints base URLs, credentials, and a curl line for each call. It ends with Ctrl-C.

  go run ./examples/sandbox -missed 10000 -deliver-to http://127.0.0.1:9000/hook
  go run ./examples/sandbox -fault celcoin:replay:status=429,retry-after=60,times=3 -assume pending-hidden,single-token
  go run ./examples/sandbox -fault 'celcoin:*:match=onboarding-proposal,hang,times=-1' -fault ceffu:resend:reset,processed

`)
	list(&b, "-", " ", new(settings).flags())
	b.WriteString(`
Faults: a vendor, a call (Celcoin's token, count, details, replay; Ceffu's resend; * is any), and keys.
A pair that holds a comma stands in double quotes, as in CSV.
`)
	list(&b, "", "=", faultKeys(new(celcointest.Fault)))
	b.WriteString("\nAssumptions: what the vendors may do as well as not.\n")
	list(&b, "", "=", new(settings).assumptions())
	return b.String()
}

// list prints the names of a set, each with the form of its value.
func list(w io.Writer, before, between string, set *flag.FlagSet) {
	set.VisitAll(func(f *flag.Flag) {
		form, about := flag.UnquoteUsage(f)
		if form != "" {
			form = between + form
		}
		if before != "" && f.DefValue != "" && f.DefValue != "false" {
			about += " (" + f.DefValue + ")"
		}
		fmt.Fprintf(w, "  %-30s %s\n", before+f.Name+form, about)
	})
}
