package main

import (
	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/internal/simulator"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// ceffuSide is the simulated Ceffu, as the console wants it.
type ceffuSide struct {
	*recorded[ceffutest.Record, ceffutest.Delivery]
	server    *ceffutest.Server
	box       *box
	webhookID string
}

// openCeffu starts Ceffu with its share of the outage behind it.
func (b *box) openCeffu() (*ceffuSide, error) {
	s := b.settings
	if err := checkAddr("-ceffu", s.ceffuAddr); err != nil {
		return nil, err
	}
	view, err := console.New()
	if err != nil {
		return nil, err
	}
	opts := append(b.ceffuOptions(), ceffutest.WithConsole(view))
	server, err := ceffutest.Start(append(opts, s.ceffu...)...)
	if err != nil {
		return nil, explain("-ceffu", s.ceffuAddr, err)
	}
	side := &ceffuSide{server: server, box: b, recorded: newRecorded(server)}
	if err = side.miss(); err == nil {
		err = view.Attach(side.panel())
	}
	if err != nil {
		server.Close()
		return nil, err
	}
	return side, nil
}

func (b *box) ceffuOptions() []ceffutest.Option {
	s := b.settings
	opts := []ceffutest.Option{
		ceffutest.WithAddr(s.ceffuAddr),
		ceffutest.WithClock(b.clock.Now),
		ceffutest.WithSeed(s.seed),
		ceffutest.WithRecordLimit(maxRecords),
		ceffutest.WithResendDelay(s.replayDelay),
	}
	if s.tls {
		opts = append(opts, ceffutest.WithTLS())
	}
	if b.receiver != nil {
		opts = append(opts, ceffutest.WithReceiver(b.receiver))
	}
	if s.rate.calls > 0 {
		opts = append(opts, ceffutest.WithRateLimit(s.rate.calls, s.rate.window))
	}
	return opts
}

// miss adds a webhook, and the notifications that its receiver missed.
func (c *ceffuSide) miss() error {
	b := c.box
	hook, err := c.server.AddWebhook(ceffutest.Webhook{URL: b.settings.deliverTo})
	if err != nil {
		return err
	}
	c.webhookID = hook.ID
	types := ceffu.EventTypes()
	for i, n := range shares(b.settings.missed, len(types)) {
		err := c.server.AddFailed(ceffutest.Batch{
			WebhookID: hook.ID, EventType: types[i], Count: n, From: b.from, To: b.to,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Faults implements console.Simulator.
func (c *ceffuSide) Faults() []simulator.ArmedFault {
	var faults []simulator.ArmedFault
	for _, f := range c.server.Faults() {
		faults = append(faults, simulator.ArmedFault{
			Fault: simulator.Fault(f.Fault), Seen: f.Seen, Struck: f.Struck, Spent: f.Spent,
		})
	}
	return faults
}

// Inject implements console.Simulator.
func (c *ceffuSide) Inject(f simulator.Fault) error { return c.server.Inject(ceffutest.Fault(f)) }
