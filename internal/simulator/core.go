package simulator

import (
	"context"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Core is a running simulator. It is safe for concurrent use.
type Core struct {
	cfg        Config
	now        func() time.Time
	bubble     bool // inside a testing/synctest bubble, without sockets
	faults     faultQueue
	requests   newest[*entry]
	deliveries newest[Delivery]
	schedule   *schedule

	inner       *http.Server    // answers at Transport
	inside      *http.Transport // what Transport returns
	server      *http.Server    // answers at the socket; nil in a bubble
	outside     *http.Transport // of HTTPClient
	sender      *http.Client    // of deliveries
	receiver    *http.Server    // around Config.Receiver; nil without one
	connections atomic.Int64
	url         string
	trust       *x509.Certificate // the server's own, if it speaks TLS

	// life ends with Close, and with it whatever hangs, waits or delivers.
	life context.Context //nolint:containedctx // what outlives a request has no other context
	end  context.CancelFunc

	mu        sync.Mutex
	closed    bool
	ids       *rand.Rand     // of request ids
	serving   sync.WaitGroup // requests being answered
	accepting sync.WaitGroup // the goroutine that waits for connections
}

// Start starts a simulator. Close ends it. Errors from here do not name this
// package: the fake vendor that wraps them names itself.
//
// Inside a testing/synctest bubble it waits for the bubble's other goroutines to
// block, as synctest.Wait does: that is how it knows where it is.
func Start(cfg Config) (*Core, error) {
	if cfg.Vendor == nil {
		return nil, errors.New("no vendor")
	}
	if cfg.Records <= 0 {
		cfg.Records = defaultRecords
	}
	c := &Core{
		cfg:    cfg,
		now:    cfg.Clock,
		bubble: insideBubble(),
		faults: faultQueue{rng: rand.New(rand.NewPCG(cfg.Seed, 'f'))}, //nolint:gosec // repeatable is what it has to be
		ids:    rand.New(rand.NewPCG(cfg.Seed, 'i')),                  //nolint:gosec // ids need not be secret, but repeatable
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.requests.limit, c.deliveries.limit = cfg.Records, cfg.Records
	c.life, c.end = context.WithCancel(context.Background())
	c.schedule = newSchedule(c.life, c.now, cfg.Clock == nil)
	c.sender = c.newSender()
	c.inner = newServer(c)
	c.inside = newInside(c.inner)
	if cfg.Attach != nil {
		cfg.Attach(c)
	}
	if err := c.listen(); err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

// URL is the base URL, without a slash at its end. Inside a testing/synctest
// bubble nothing listens there.
func (c *Core) URL() string { return c.url }

// Now is the time on the simulator's clock.
func (c *Core) Now() time.Time { return c.now() }

// Close stops listening, breaks every connection, ends every request that hangs
// and everything scheduled, and returns when all of it has ended. Closing again
// does nothing.
func (c *Core) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
	for _, server := range []*http.Server{c.inner, c.server} {
		if server != nil {
			_ = server.Close()
		}
	}
	c.accepting.Wait()
	c.schedule.close()
	c.serving.Wait()
	if c.outside != nil {
		c.outside.CloseIdleConnections()
	}
	c.sender.CloseIdleConnections()
	if c.receiver != nil {
		_ = c.receiver.Close()
	}
}

// Context ends with Close. It is for work that goes on when the client that asked
// for it has left.
func (c *Core) Context() context.Context { return c.life }

// enter counts a request in, unless the simulator is closed.
func (c *Core) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.serving.Add(1)
	return true
}

// At runs work when the simulator's clock has reached due. On the default clock
// a timer runs it. A clock of the caller's own cannot wake anybody: there,
// whatever is due runs at the next request, at RunDue and at Settle. Work runs
// one after another, in the order of due times; ctx ends with the simulator.
func (c *Core) At(due time.Time, work func(ctx context.Context)) { c.schedule.at(due, work) }

// RunDue runs whatever is due on a clock of the caller's own. On the default
// clock it does nothing, since timers do it. Vendors call it before they show
// their state.
func (c *Core) RunDue() {
	if c.cfg.Clock != nil {
		c.schedule.run()
	}
}

// Settle runs whatever is due and returns when nothing that is due is left or
// running. Work that is due later stays scheduled. It must not be called from
// within scheduled work, such as a receiver of deliveries.
func (c *Core) Settle() { c.schedule.settle(false) }

// Drain is Settle that on the default clock also waits for what is due later.
func (c *Core) Drain() { c.schedule.settle(true) }
