package simulator

import (
	"cmp"
	"context"
	"crypto/x509"
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
	faults     faults
	requests   newest[*entry]
	deliveries newest[Delivery]
	schedule   *schedule

	servers     []*http.Server  // for pipes, the socket, and Config.Receiver, as far as there are any
	inside      *http.Transport // what Transport returns
	outside     *http.Transport // of HTTPClient; in a bubble the same
	sender      *http.Client    // of deliveries
	connections atomic.Int64
	url         string
	trust       *x509.Certificate // the server's own, if it speaks TLS

	// life ends with Close, and with it whatever hangs, waits or delivers.
	life context.Context //nolint:containedctx // what outlives a request has no other context
	end  context.CancelFunc

	mu      sync.Mutex
	ids     *rand.Rand     // of request ids
	serving sync.WaitGroup // requests being answered, and the goroutine that waits for connections
}

// Start starts a simulator. Close ends it. Inside a testing/synctest bubble it waits for
// the bubble's other goroutines to block, as synctest.Wait does.
func Start(cfg Config) (*Core, error) {
	c := &Core{
		cfg:    cfg,
		now:    cfg.Clock,
		bubble: insideBubble(),
		faults: faults{rng: rand.New(rand.NewPCG(cfg.Seed, 'f'))}, //nolint:gosec // has to be repeatable
		ids:    rand.New(rand.NewPCG(cfg.Seed, 'i')),              //nolint:gosec // has to be repeatable
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.requests.limit = cmp.Or(cfg.Records, 100_000)
	c.deliveries.limit = c.requests.limit
	c.life, c.end = context.WithCancel(context.Background())
	c.schedule = &schedule{life: c.life, now: c.now, timers: cfg.Clock == nil, turn: make(chan struct{}, 1)}
	c.inside = newInside(c.newServer(c))
	c.sender = c.newSender()
	if cfg.Attach != nil {
		cfg.Attach(c)
	}
	if err := c.listen(); err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

// URL is the base URL, without a slash at its end.
func (c *Core) URL() string { return c.url }

// Now is the time on the simulator's clock.
func (c *Core) Now() time.Time { return c.now() }

// Close breaks every connection, ends every request that hangs and everything
// scheduled, and returns when all of it has ended. Closing again does nothing.
func (c *Core) Close() {
	c.mu.Lock()
	c.end()
	c.mu.Unlock()
	for _, server := range c.servers {
		_ = server.Close()
	}
	c.schedule.settle()
	c.serving.Wait()
	c.outside.CloseIdleConnections()
	c.sender.CloseIdleConnections()
}

// Context ends with Close. It is for work that goes on when the client that asked
// for it has left.
func (c *Core) Context() context.Context { return c.life }

// enter counts a request in, unless the simulator is closed.
func (c *Core) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.life.Err() != nil {
		return false
	}
	c.serving.Add(1)
	return true
}

// At runs work when the simulator's clock has reached due: one piece after another, in
// the order of due times. On the default clock a timer runs it, on one of the caller's
// own the next request, RunDue or Settle does. ctx ends with the simulator.
func (c *Core) At(due time.Time, work func(ctx context.Context)) { c.schedule.at(due, work) }

// RunDue runs whatever is due on a clock of the caller's own. Vendors call it before
// they show their state.
func (c *Core) RunDue() {
	if c.cfg.Clock != nil {
		c.schedule.run()
	}
}

// Settle runs whatever is due and returns when nothing that is due is left or
// running. It must not be called from within scheduled work, such as a receiver.
func (c *Core) Settle() { c.schedule.settle() }

// Drain is Settle that on the default clock also waits for what is due later.
func (c *Core) Drain() { c.schedule.drain() }
