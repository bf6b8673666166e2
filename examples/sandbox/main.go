// Command sandbox serves a simulated Ceffu and a simulated Celcoin, with webhooks
// that a receiver missed, to clients in any language.
//
//	go run ./examples/sandbox -missed 250
//
// It prints base URLs and credentials as NAME=value lines, and for each call a curl line
// that works when it is pasted into a shell. The panel shows a browser what the two hold,
// saw and sent, also as JSON, and lets a person add, fail and replay. -h tells the rest.
//
// Its exit code is 0 when a signal ended it, 1 if it could not listen or print, and 2 if
// its flags make no sense. It uses public packages only: copy it to make one of your own.
package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	html "html/template"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	text "text/template"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

var (
	//go:embed page.html style.css printed.txt usage.txt
	files   embed.FS
	page    = html.Must(html.New("page.html").Funcs(lists).ParseFS(files, "page.html"))
	printed = text.Must(text.ParseFS(files, "printed.txt"))
	lists   = html.FuncMap{"pix": celcoin.PixEntities, "baas": celcoin.BaaSEntities, "events": ceffu.EventTypes}
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with everything that it takes from outside. It returns when ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	b := new(sandbox)
	defer b.close()
	err := b.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		usage, _ := files.ReadFile("usage.txt") // embedded
		fmt.Fprint(stdout, string(usage))
		return 0
	}
	if err == nil {
		err = b.open()
	}
	if err != nil {
		fmt.Fprintf(stderr, "sandbox: %v (-h shows how)\n", err)
		if _, ok := errors.AsType[*net.OpError](err); ok {
			return 1
		}
		return 2
	}
	if _, err := io.WriteString(stdout, b.Printed); err != nil { // one write, after everything listens
		fmt.Fprintln(stderr, "sandbox: cannot print:", err)
		return 1
	}
	<-ctx.Done()
	return 0
}

const (
	maxMissed  = 1_000_000 // webhooks that are added at once
	maxRecords = 10_000    // requests and deliveries that a server remembers: it may run for days
	shown      = 200       // of each on the panel
)

// sandbox is everything that runs, and the flags.
type sandbox struct {
	panelAddr, celcoinAddr, ceffuAddr string
	Missed                            int
	outage                            time.Duration
	From, To                          time.Time // of the outage
	DeliverTo                         string    // empty: the built-in receiver
	ClientCA                          bool
	faults                            []string
	celcoinOptions                    []celcointest.Option
	ceffuOptions                      []ceffutest.Option

	Receives                       atomic.Int64 // what the built-in receiver answers
	Celcoin                        *celcointest.Server
	Ceffu                          *ceffutest.Server
	CeffuWebhookID, Panel, Printed string // Panel is its URL, Printed what the program prints
	closers                        []func()
}

// parse reads the flags. What each means stands in usage.txt.
func (b *sandbox) parse(args []string) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run says what is wrong, in one line
	flags.StringVar(&b.panelAddr, "panel", "127.0.0.1:8080", "")
	flags.StringVar(&b.celcoinAddr, "celcoin", "127.0.0.1:8082", "")
	flags.StringVar(&b.ceffuAddr, "ceffu", "127.0.0.1:8081", "")
	flags.IntVar(&b.Missed, "missed", 250, "")
	flags.DurationVar(&b.outage, "outage", 3*time.Hour, "")
	flags.StringVar(&b.DeliverTo, "deliver-to", "", "")
	flags.BoolFunc("tls", "", func(text string) error { return b.assume("tls", text) })
	flags.Func("client-ca", "", func(file string) error {
		b.ClientCA = true
		return b.assume("client-ca", file)
	})
	flags.Func("fault", "", func(text string) error {
		b.faults = append(b.faults, text)
		return nil
	})
	flags.Func("assume", "", func(text string) error { return eachPair(text, b.assume) })
	err := flags.Parse(args)
	switch {
	case err != nil:
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case b.Missed < 0 || b.Missed > maxMissed:
		return fmt.Errorf("-missed %d: want a number from 0 to %d", b.Missed, maxMissed)
	}
	b.To = time.Now().In(time.FixedZone("", -3*60*60)).Truncate(time.Second) // Brasília, as in Celcoin's documentation
	b.From = b.To.Add(-b.outage)
	b.Receives.Store(http.StatusOK)
	if b.DeliverTo == "" {
		b.celcoinOptions = append(b.celcoinOptions, celcointest.WithReceiver(b))
		b.ceffuOptions = append(b.ceffuOptions, ceffutest.WithReceiver(b))
	}
	return nil
}

func (b *sandbox) open() error {
	if err := b.openCelcoin(); err != nil {
		return fmt.Errorf("-celcoin %s: %w", b.celcoinAddr, err)
	}
	if err := b.openCeffu(); err != nil {
		return fmt.Errorf("-ceffu %s: %w", b.ceffuAddr, err)
	}
	for _, text := range b.faults {
		vendor, fault, _ := strings.Cut(text, ":")
		if err := b.fail(vendor, fault); err != nil {
			return fmt.Errorf("-fault %s: %w", text, err)
		}
	}
	if err := b.openPanel(); err != nil {
		return fmt.Errorf("-panel %s: %w", b.panelAddr, err)
	}
	var out strings.Builder
	err := printed.Execute(&out, b)
	b.Printed = out.String()
	return err
}

// openCelcoin starts Celcoin with its share of the outage behind it.
func (b *sandbox) openCelcoin() (err error) {
	options := []celcointest.Option{celcointest.WithAddr(b.celcoinAddr), celcointest.WithRecords(maxRecords), celcointest.WithMiddleware(guard)}
	if b.Celcoin, err = celcointest.Start(append(options, b.celcoinOptions...)...); err != nil {
		return err
	}
	b.closers = append(b.closers, b.Celcoin.Close)
	for _, entity := range append(celcoin.PixEntities(), celcoin.BaaSEntities()...) {
		if b.DeliverTo != "" {
			err = cmp.Or(err, b.Celcoin.Subscribe(entity, b.DeliverTo, "sandbox", "sandbox")) // login and password
		}
	}
	missed := []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut, celcoin.EntityPixReversalIn}
	for i, entity := range missed {
		err = cmp.Or(err, b.Celcoin.AddMissed(entity, (b.Missed+i)/len(missed), b.From, b.To))
	}
	return err
}

// openCeffu starts Ceffu, with one webhook, and its share of the outage behind it.
func (b *sandbox) openCeffu() (err error) {
	options := []ceffutest.Option{ceffutest.WithAddr(b.ceffuAddr), ceffutest.WithRecordLimit(maxRecords), ceffutest.WithMiddleware(guard)}
	if b.Ceffu, err = ceffutest.Start(append(options, b.ceffuOptions...)...); err != nil {
		return err
	}
	b.closers = append(b.closers, b.Ceffu.Close)
	hook, err := b.Ceffu.AddWebhook(ceffutest.Webhook{URL: b.DeliverTo})
	b.CeffuWebhookID = hook.ID
	for i, event := range ceffu.EventTypes() {
		err = cmp.Or(err, b.add("ceffu", string(event), (b.Missed+i)/len(ceffu.EventTypes()), b.To))
	}
	return err
}

func (b *sandbox) openPanel() error {
	addr, err := net.ResolveTCPAddr("tcp", b.panelAddr)
	if err == nil && !addr.IP.IsLoopback() {
		err = errors.New("not a loopback address")
	}
	if err != nil {
		return err
	}
	listener, err := net.ListenTCP("tcp", addr)
	if err != nil {
		return err
	}
	b.Panel = "http://" + listener.Addr().String()
	panel := &http.Server{Handler: guard(b.routes()), ReadHeaderTimeout: time.Minute}
	b.closers = append(b.closers, func() { _ = panel.Close() })
	go func() { _ = panel.Serve(listener) }() // until it is closed
	return nil
}

func (b *sandbox) close() {
	for _, end := range b.closers {
		end()
	}
}

// ServeHTTP is the built-in receiver.
func (b *sandbox) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(int(b.Receives.Load()))
}
