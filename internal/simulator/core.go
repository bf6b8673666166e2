package simulator

import (
	"context"
	"crypto/x509"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Core is a running simulator. It is safe for concurrent use.
type Core struct {
	Server
	schedule

	cfg    Config
	bubble bool               // inside a testing/synctest bubble, without sockets
	end    context.CancelFunc // of schedule.life

	servers     []*http.Server  // for pipes, the socket, and Config.Receiver, as far as there are any
	inside      *http.Transport // what Transport returns
	outside     *http.Transport // of HTTPClient; in a bubble the same
	sender      *http.Client    // of deliveries
	connections atomic.Int64
	trust       *x509.Certificate // the server's own, if it speaks TLS
	serving     sync.WaitGroup    // requests being answered, and the goroutine that waits for connections

	mu         sync.Mutex // guards what follows
	rng        *rand.Rand // of faults and request ids
	faults     []*ArmedFault
	requests   []*Record
	deliveries []Delivery
}

// Start starts a simulator. Close ends it. Inside a testing/synctest bubble it waits for
// the bubble's other goroutines to block, as synctest.Wait does.
func Start(cfg Config) (*Core, error) {
	maps.DeleteFunc(cfg.Wrong, func(_ string, is bool) bool { return !is })
	if len(cfg.Wrong) > 0 {
		return nil, errors.New(strings.Join(slices.Sorted(maps.Keys(cfg.Wrong)), "; "))
	}
	c := &Core{
		schedule: schedule{now: cfg.Clock, timers: cfg.Clock == nil, turn: make(chan struct{}, 1)},
		cfg:      cfg,
		bubble:   insideBubble(),
		rng:      rand.New(rand.NewPCG(cfg.Seed, 'f')), //nolint:gosec // has to be repeatable
	}
	if c.timers {
		c.now = time.Now
	}
	c.core = c
	c.life, c.end = context.WithCancel(context.Background())
	c.inside = newInside(c.newServer(http.HandlerFunc(c.serve)))
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

// Context ends with Close, for work that goes on when the client has left.
func (c *Core) Context() context.Context { return c.life }
