package main

import (
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/simulator"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// missedEntities are those that -missed is divided among.
func missedEntities() []celcoin.Entity {
	return []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut, celcoin.EntityPixReversalIn}
}

// What a receiver of -deliver-to sees as HTTP Basic.
const (
	receiverLogin    = "sandbox"
	receiverPassword = "sandbox"
)

// celcoinSide is the simulated Celcoin, as the console wants it.
type celcoinSide struct {
	*recorded[celcointest.Record, celcointest.Delivery]
	server *celcointest.Server
	box    *box
}

// openCelcoin starts Celcoin with its share of the outage behind it.
func (b *box) openCelcoin() (*celcoinSide, error) {
	s := b.settings
	if err := checkAddr("-celcoin", s.celcoinAddr); err != nil {
		return nil, err
	}
	view, err := console.New()
	if err != nil {
		return nil, err
	}
	opts := append(b.celcoinOptions(), celcointest.WithConsole(view))
	server, err := celcointest.Start(append(opts, s.celcoin...)...)
	if err != nil {
		return nil, explain("-celcoin", s.celcoinAddr, err)
	}
	side := &celcoinSide{server: server, box: b, recorded: newRecorded(server)}
	if err = side.miss(); err == nil {
		err = view.Attach(side.panel())
	}
	if err != nil {
		server.Close()
		return nil, err
	}
	return side, nil
}

func (b *box) celcoinOptions() []celcointest.Option {
	s := b.settings
	opts := []celcointest.Option{
		celcointest.WithAddr(s.celcoinAddr),
		celcointest.WithClock(b.clock.Now),
		celcointest.WithSeed(s.seed),
		celcointest.WithRecords(maxRecords),
		celcointest.WithReplayDelay(s.replayDelay),
		celcointest.WithTokenLifetime(s.tokenLifetime),
	}
	if s.tls {
		opts = append(opts, celcointest.WithTLS())
	}
	if b.receiver != nil {
		opts = append(opts, celcointest.WithReceiver(b.receiver))
	}
	if s.rate.calls > 0 {
		opts = append(opts, celcointest.WithRateLimit(s.rate.calls, s.rate.window, s.rate.retryAfter))
	}
	return opts
}

// miss adds the webhooks that the receiver missed.
func (c *celcoinSide) miss() error {
	for _, entity := range celcoin.PixEntities() {
		if err := c.subscribe(entity); err != nil {
			return err
		}
	}
	entities := missedEntities()
	for i, n := range shares(c.box.settings.missed, len(entities)) {
		if err := c.server.AddMissed(entities[i], n, c.box.from, c.box.to); err != nil {
			return err
		}
	}
	return nil
}

// subscribe has the webhooks of an entity go where -deliver-to says. The
// built-in receiver has all of them anyway.
func (c *celcoinSide) subscribe(entity celcoin.Entity) error {
	if c.box.receiver != nil {
		return nil
	}
	return c.server.Subscribe(entity, c.box.settings.deliverTo, receiverLogin, receiverPassword)
}

// Faults implements console.Simulator.
func (c *celcoinSide) Faults() []simulator.ArmedFault {
	var faults []simulator.ArmedFault
	for _, f := range c.server.Faults() {
		faults = append(faults, simulator.ArmedFault{
			Fault: simulator.Fault(f.Fault), Seen: f.Seen, Struck: f.Struck, Spent: f.Spent,
		})
	}
	return faults
}

// Inject implements console.Simulator.
func (c *celcoinSide) Inject(f simulator.Fault) error { return c.server.Inject(celcointest.Fault(f)) }
