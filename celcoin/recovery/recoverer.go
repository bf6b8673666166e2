package recovery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Recoverer plans and runs recoveries. It is safe for concurrent use; recoveries
// that run at once share its rate. The steps of one recovery follow each other.
type Recoverer struct {
	o    *options
	call *caller

	telling sync.Mutex

	mu   sync.Mutex
	busy map[string]*turn // by the ID of a recovery
}

// turn makes those who work on the same recovery follow each other.
type turn struct {
	held    chan struct{} // of capacity 1
	waiting int
}

// New makes a Recoverer of a client. It does not use the network.
func New(api API, opts ...Option) (*Recoverer, error) {
	if api == nil {
		return nil, errors.New("recovery: the client is nil")
	}
	o := defaults()
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(o); err != nil {
			return nil, fmt.Errorf("recovery: %w", err)
		}
	}
	return &Recoverer{
		o:    o,
		call: &caller{api: api, pace: newPace(o.rate, o.burst), now: o.now},
		busy: map[string]*turn{},
	}, nil
}

// The errors of recoveries, for errors.Is.
var (
	// ErrTooManyItems: the plan would be larger than MaxItems.
	ErrTooManyItems = errors.New("more items than allowed")
	// ErrPlanChanged: the plan is not the one that was made.
	ErrPlanChanged = errors.New("the plan has changed")
	// ErrNotFound: there is no complete plan of this ID.
	ErrNotFound = errors.New("no such recovery")
)

// openKnown is open for a recovery that must be in the store already.
func (r *Recoverer) openKnown(ctx context.Context, id string, f func(*book) error) error {
	if err := checkID(id); err != nil {
		return fmt.Errorf("recovery: %w", err)
	}
	known, err := r.o.store.Has(ctx, id)
	if err == nil && !known {
		err = ErrNotFound
	}
	if err != nil {
		return named(id, err)
	}
	return r.open(ctx, id, f)
}

// open gives f the book of a recovery, alone.
func (r *Recoverer) open(ctx context.Context, id string, f func(*book) error) error {
	if err := checkID(id); err != nil {
		return fmt.Errorf("recovery: %w", err)
	}
	unlock, err := r.takeTurn(ctx, id)
	if err != nil {
		return named(id, err)
	}
	defer unlock()
	journal, err := r.o.store.Open(ctx, id)
	if err != nil {
		return named(id, err)
	}
	b := newBook(journal, r.o.now)
	err = b.load(ctx)
	if err == nil {
		err = f(b)
	}
	if e := journal.Close(); err == nil {
		err = e
	}
	return named(id, err)
}

// named says which recovery an error is of, unless it is one of a store of this
// package's, which has said so.
func named(id string, err error) error {
	if err == nil || strings.HasPrefix(err.Error(), "recovery: ") {
		return err
	}
	return fmt.Errorf("recovery: %s: %w", id, err)
}

func (r *Recoverer) takeTurn(ctx context.Context, id string) (unlock func(), err error) {
	r.mu.Lock()
	t := r.busy[id]
	if t == nil {
		t = &turn{held: make(chan struct{}, 1)}
		r.busy[id] = t
	}
	t.waiting++
	r.mu.Unlock()
	leave := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(r.busy, id)
		}
	}
	select {
	case t.held <- struct{}{}:
		return func() { <-t.held; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// vendorNow is the time by the clock that counts.
func (r *Recoverer) vendorNow() time.Time { return r.o.now().Add(r.call.clockSkew()) }

// query finds the pending webhooks of a unit.
func query(req *Request, u Unit) celcoin.Query {
	return celcoin.Query{
		Product: req.Product, Entity: u.Entity, From: u.From, To: u.To, OnlyPending: new(true),
		DocumentNumber: req.Filter.DocumentNumber, Account: req.Filter.Account,
		ID: req.Filter.ID, ClientRequestID: req.Filter.ClientRequestID,
	}
}

// spend notes the calls since the last time in the journal.
func (r *Recoverer) spend(ctx context.Context, b *book) error {
	if n := r.call.spent(); n > 0 {
		return b.write(ctx, Entry{Kind: KindSpent, Calls: n})
	}
	return nil
}
