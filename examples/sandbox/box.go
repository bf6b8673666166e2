package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// errAddress is behind every error that is about where to listen.
var errAddress = errors.New("cannot listen there")

// outage is how long ago the receiver of the story went down.
const outage = 3 * time.Hour

// tick is how often is looked for what has fallen due: a clock that can be moved
// wakes nobody.
const tick = 10 * time.Millisecond

// maxRecords is how many requests and deliveries each simulator remembers: it
// may run for days.
const maxRecords = 10_000

// box is both simulators, running.
type box struct {
	settings settings
	clock    *console.Clock
	receiver *receiver // nil: webhooks go to a URL
	from, to time.Time // when webhooks were missed
	celcoin  *celcoinSide
	ceffu    *ceffuSide

	end     context.CancelFunc // of the keepers of time
	keepers sync.WaitGroup
}

// open starts both, or neither. What falls due is done until ctx ends.
func open(ctx context.Context, s settings) (*box, error) {
	b := &box{settings: s, clock: new(console.Clock)}
	if err := b.clock.Advance(s.offset); err != nil {
		return nil, fmt.Errorf("-clock: %w", err)
	}
	b.to = b.clock.Now().Truncate(time.Second)
	b.from = b.to.Add(-outage)
	if s.deliverTo == "" {
		b.receiver = newReceiver()
	}
	if err := b.start(); err != nil { //nolint:contextcheck // ending takes no context: it follows the end of one
		b.close() //nolint:contextcheck // ending takes no context: it follows the end of one
		return nil, err
	}
	ctx, end := context.WithCancel(ctx)
	b.end = end
	b.keepers.Go(func() { b.celcoin.server.KeepTime(ctx, tick) })
	b.keepers.Go(func() { b.ceffu.server.KeepTime(ctx, tick) })
	return b, nil
}

func (b *box) start() (err error) {
	if b.celcoin, err = b.openCelcoin(); err != nil {
		return err
	}
	if b.ceffu, err = b.openCeffu(); err != nil {
		return err
	}
	for _, wanted := range b.settings.faults {
		for _, vendor := range wanted.vendors {
			var side console.Simulator = b.celcoin
			if vendor == ceffuName {
				side = b.ceffu
			}
			if err := side.Inject(wanted.fault); err != nil {
				return err
			}
		}
	}
	return nil
}

// close ends everything and waits for it. Closing twice does nothing.
func (b *box) close() {
	if b.end != nil {
		b.end()
	}
	if b.celcoin != nil {
		b.celcoin.server.Close()
	}
	if b.ceffu != nil {
		b.ceffu.server.Close()
	}
	b.keepers.Wait()
}

// shares divides n among so many as evenly as it goes; they add up to n.
func shares(n, among int) []int {
	parts := make([]int, among)
	for i := range parts {
		parts[i] = n / among
		if i < n%among {
			parts[i]++
		}
	}
	return parts
}

// checkAddr says what is wrong with an address, in words of the flag.
func checkAddr(flag, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || port == "" {
		return fmt.Errorf("%s %q: %w: want host:port, as 127.0.0.1:8080", flag, addr, errAddress)
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return fmt.Errorf("%s %s: %w: not a loopback address, and the credentials are public", flag, addr, errAddress)
	}
	return nil
}

// explain makes one line of why a server did not start: about the address, if
// that was it.
func explain(flag, addr string, err error) error {
	if failed, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%s %s: %w: %w", flag, addr, errAddress, failed.Err)
	}
	return err
}
