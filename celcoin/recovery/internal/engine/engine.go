package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// API is what a recovery needs of Celcoin.
type API interface {
	CountWebhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error)
	Webhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) iter.Seq2[celcoin.Webhook, error]
	ReplayWebhooks(ctx context.Context, req celcoin.ReplayRequest, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error)
}

// pager is an API that gives single pages, so that a page that fails is fetched
// again alone.
type pager interface {
	ListWebhooks(ctx context.Context, q celcoin.Query, p celcoin.PageOptions, opts ...celcoin.CallOption) (*celcoin.WebhookPage, error)
}

// Config is what the options of package recovery say.
type Config struct {
	API         API
	Store       journal.Store
	Rate        float64
	Burst       int
	Concurrency int
	Window      time.Duration
	MaxAttempts int
	Policy      ledger.Policy
	Gate        func(context.Context) error                                           // nil: always open
	Received    func(context.Context, celcoin.Entity, []*ledger.Item) ([]bool, error) // nil: Celcoin's word counts
	Pull        func(context.Context, celcoin.Webhook) error                          // nil: replay
	Progress    func(Progress)                                                        // nil: not told
	Logger      *slog.Logger                                                          // nil: none
}

// Request says what to recover. Its fields are those of recovery.Request.
type Request struct {
	ID           string           `json:"id"`
	Product      celcoin.Product  `json:"product,omitempty"`
	Entities     []celcoin.Entity `json:"entities"`
	From         time.Time        `json:"from"`
	To           time.Time        `json:"to"`
	Margin       time.Duration    `json:"margin,omitempty"`
	Filter       celcoin.Filter   `json:"filter,omitzero"`
	MaxItems     int              `json:"max_items,omitempty"`
	AllowOverlap bool             `json:"allow_overlap,omitempty"`
}

// Same tells whether two requests ask for the same.
func (r Request) Same(o Request) bool {
	return r.ID == o.ID && r.Product == o.Product && slices.Equal(r.Entities, o.Entities) &&
		r.From.Equal(o.From) && r.To.Equal(o.To) && r.Margin == o.Margin && r.Filter == o.Filter
}

// Bounds are the outage with its margin, in whole seconds.
func (r *Request) Bounds() (from, to time.Time) {
	margin := max(r.Margin, 0)
	from, to = r.From.Add(-margin).Truncate(time.Second), r.To.Add(margin)
	if whole := to.Truncate(time.Second); !whole.Equal(to) {
		to = whole.Add(time.Second)
	}
	return from, to
}

// Span is one entity in one window.
type Span struct {
	Entity celcoin.Entity `json:"entity"`
	From   time.Time      `json:"from"`
	To     time.Time      `json:"to"`
}

// Progress is how far a plan or run has come.
type Progress struct {
	ID       string // empty: of all in this process
	Step     string
	Done, Of int
	Totals   ledger.Totals
	Until    time.Time // the end of a wait, at most; zero: it is none
}

// The errors of recoveries.
var (
	ErrTooManyItems     = errors.New("more items than allowed")
	ErrPlanChanged      = errors.New("the plan has changed")
	ErrNotFound         = errors.New("no such recovery")
	ErrInvalidRequest   = errors.New("invalid request")
	ErrOverlap          = errors.New("another recovery of the same webhooks is not finished")
	ErrOtherEnvironment = errors.New("planned at another Celcoin, or with other credentials")
)

// WaitError ends what would have to wait longer than the max wait.
type WaitError struct {
	Until time.Time // zero: it is not known
	What  string
	doubt bool // the call that was told so may have been carried out
}

func (w *WaitError) Error() string {
	if w.Until.IsZero() {
		return w.What
	}
	return fmt.Sprintf("%s until %s", w.What, w.Until.UTC().Format(time.RFC3339))
}

// BreakerError ends a unit whose entity's deliveries fail.
type BreakerError struct {
	Entity celcoin.Entity
	Next   time.Time
}

func (b *BreakerError) Error() string {
	return fmt.Sprintf("deliveries of %s fail: is the receiver up? The next trial is at %s", b.Entity, b.Next.UTC().Format(time.RFC3339))
}

// Engine plans and runs recoveries. It is safe for concurrent use.
type Engine struct {
	Config

	owner  string       // of pace slots: this process
	offset atomic.Int64 // of the store's clock to ours
	calls  *caller
	gate   chan struct{} // of capacity 1: who holds it has the next two
	// gateClosed is since when the receiver was not ready, whenever it was asked, and
	// gateAsked when it was asked last.
	gateClosed, gateAsked time.Time

	handlers chan struct{} // places of Pull, as many as calls may be under way

	telling sync.Mutex
}

// New makes an engine.
func New(c Config) *Engine {
	e := &Engine{Config: c, owner: newName(), gate: make(chan struct{}, 1), handlers: make(chan struct{}, c.Concurrency)}
	e.calls = &caller{e: e, places: make(chan struct{}, c.Concurrency), turn: make(chan struct{}, 1)}
	return e
}

// now is the store's clock, as of its latest answer.
func (e *Engine) now() time.Time { return time.Now().Add(time.Duration(e.offset.Load())) }

// update changes a document of the store that has this form.
func update[T any](ctx context.Context, e *Engine, name string, f func(now time.Time, doc *T) (changed bool, err error)) error {
	return e.Store.Update(ctx, name, func(now time.Time, old []byte) ([]byte, error) {
		e.offset.Store(int64(time.Until(now).Round(time.Millisecond)))
		doc := new(T)
		if len(old) > 0 {
			if err := json.Unmarshal(old, doc); err != nil {
				return nil, fmt.Errorf("document %s: %w", name, journal.ErrCorrupt)
			}
		}
		changed, err := f(now, doc)
		if err != nil || !changed {
			return nil, err
		}
		return json.Marshal(doc)
	})
}

// Fingerprint names the Celcoin and the client of the API, if it can.
func (e *Engine) Fingerprint() string {
	if f, ok := e.API.(interface{ Fingerprint() string }); ok {
		return f.Fingerprint()
	}
	return ""
}

// environment names the documents that are of one Celcoin and client.
func (e *Engine) environment() string {
	if f := e.Fingerprint(); f != "" {
		return shortHash(f)
	}
	return "default"
}

// CheckEnvironment refuses logs that were written with another client.
func (e *Engine) CheckEnvironment(fingerprint string) error {
	if own := e.Fingerprint(); own != "" && fingerprint != "" && own != fingerprint {
		return fmt.Errorf("planned with %s, and this is %s: %w", fingerprint, own, ErrOtherEnvironment)
	}
	return nil
}

func (e *Engine) tell(p Progress) {
	if e.Progress == nil {
		return
	}
	e.telling.Lock()
	defer e.telling.Unlock()
	e.Progress(p)
}

// query finds the webhooks of a request in a window.
func (r *Request) query(s Span, pending *bool) celcoin.Query {
	return celcoin.Query{
		Product: r.Product, Entity: s.Entity, From: s.From, To: s.To, OnlyPending: pending,
		DocumentNumber: r.Filter.DocumentNumber, Account: r.Filter.Account,
		ID: r.Filter.ID, ClientRequestID: r.Filter.ClientRequestID,
	}
}
