package recovery

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// Plan says what a run will do. It is made by [Recoverer.Plan] and run by
// [Recoverer.Run], which refuses one whose content has changed. As JSON it may
// wait, or travel, until it is run; durations are nanoseconds there.
type Plan struct {
	ID      string  `json:"id"`
	Request Request `json:"request"`
	// Digest stands for the request and every single item.
	Digest string `json:"digest"`
	// Environment is the fingerprint of the client that made the plan, if it has
	// one: only one with the same may run it.
	Environment string `json:"environment,omitempty"`
	// Items is how many webhooks were found pending.
	Items int `json:"items"`
	// Expired is how many of them are older than 7 days, by both readings of
	// their dates and by a clock that two of Celcoin's answers agreed on. They are tried
	// last, once. The first 100 are named; [Recoverer.Items] has all.
	Expired      int    `json:"expired"`
	ExpiredItems []Item `json:"expired_items,omitempty"`
	// Urgent is how many are older than 7 days by the earlier reading only: they
	// are replayed first.
	Urgent int `json:"urgent,omitempty"`
	// WillExpire is how many expire before the run reaches them.
	WillExpire int `json:"will_expire"`
	// LeftOut is how many more are pending that the receiver has already, or that
	// another recovery has pulled.
	LeftOut int `json:"left_out,omitempty"`
	// Unlisted is how many more Celcoin counts than it lists. A recovery with
	// such is never drained.
	Unlisted int `json:"unlisted,omitempty"`
	// Refused is how many windows Celcoin refused to list in full, or need not list
	// any more. A recovery with such is never drained either: what is missing in
	// them is not known.
	Refused int `json:"refused,omitempty"`
	// SetAside are the entities and windows that could not be asked or listed in
	// full, or that show nothing and are older than 7 days, with the reason.
	SetAside []SetAside `json:"set_aside,omitempty"`
	// Overlaps are the IDs of recoveries of the same webhooks that have begun and
	// are not finished: Run refuses the plan while there are any.
	Overlaps []string `json:"overlaps,omitempty"`
	// Calls is about how many calls the run needs, and Duration how long it
	// takes: see Estimate for why.
	Calls    int           `json:"calls"`
	Duration time.Duration `json:"duration"`
	Estimate Estimate      `json:"estimate"`
	// Skew is how far Celcoin's clock is ahead of ours, if that counts.
	Skew     time.Duration `json:"skew,omitempty"`
	Entities []EntityPlan  `json:"entities"`
	// Units are the pieces for [Recoverer.RunUnit], the oldest first: those where
	// something was pending.
	Units []UnitPlan `json:"units"`

	zone     *time.Location
	addendum Addendum
}

// EntityPlan is the part of one entity.
type EntityPlan struct {
	Entity     celcoin.Entity `json:"entity"`
	Items      int            `json:"items"`
	Expired    int            `json:"expired"`
	WillExpire int            `json:"will_expire"`
}

// Unit is one entity in one window: the piece of a recovery that
// [Recoverer.RunUnit] carries out.
type Unit struct {
	Entity celcoin.Entity `json:"entity"`
	From   time.Time      `json:"from,omitzero"`
	To     time.Time      `json:"to,omitzero"`
}

// UnitPlan is one window of one entity, and how many items it has.
type UnitPlan struct {
	Unit
	Items int `json:"items"`
}

// Plan asks what is missing and keeps it in the store, without replaying
// anything. If the store has a complete plan of the same request already, that
// one is returned and nothing is asked; a planning that was interrupted goes on,
// and that of another process is waited for.
//
// The outage, widened by the Margin, is cut into windows. In each, the pending
// webhooks of each entity are listed, page by page, several windows at once, into
// a journal of its own, so that memory does not grow. Nothing is replayed
// meanwhile: the set would shrink under the pages.
//
// Entities that Celcoin refuses or does not answer for, and windows that it does
// not list in full, are named in SetAside, and planned around.
//
// Errors: [ErrInvalidRequest], [ErrTooManyItems], [ErrOtherEnvironment], those of
// the store, and those of the client that every other window would get as well.
func (r *Recoverer) Plan(ctx context.Context, req Request) (*Plan, error) {
	req, err := req.normal()
	if err != nil {
		return nil, err
	}
	p, err := r.e.Plan(ctx, engine.Request(req))
	if err != nil {
		return nil, named(req.ID, err)
	}
	return r.planOf(ctx, p)
}

// Stored is the complete plan of that ID in the store; [ErrNotFound] if there is
// none. Celcoin is not asked.
func (r *Recoverer) Stored(ctx context.Context, id string) (*Plan, error) {
	p, err := r.complete(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.planOf(ctx, p)
}

// complete reads the plan of a recovery that is planned.
func (r *Recoverer) complete(ctx context.Context, id string) (*engine.Plan, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	p, err := r.e.ReadPlan(ctx, id)
	if err == nil && p.Digest == "" {
		err = fmt.Errorf("its plan is not complete: %w", ErrNotFound)
	}
	return p, named(id, err)
}

// namedExpired is how many expired items a plan names.
const namedExpired = 100

// planOf makes the plan of what the logs say.
func (r *Recoverer) planOf(ctx context.Context, ep *engine.Plan) (*Plan, error) {
	asides := ep.SetAside(time.Time{})
	p := &Plan{
		ID: ep.Request.ID, Request: Request(ep.Request), Digest: ep.Digest, Environment: ep.Fingerprint,
		Skew: ep.Skew, SetAside: setAside(asides),
	}
	for _, a := range asides {
		if !a.From.IsZero() {
			p.Refused++
		}
	}
	for _, u := range ep.Units {
		p.Unlisted += u.Unlisted
		p.LeftOut += u.LeftOut
	}
	p.Units, p.Items = unitsOf(ep)
	s := newEstimator(&r.e.Config, p, ep)
	for u, err := range r.e.Units(ctx, ep) {
		if err != nil {
			return nil, named(p.ID, err)
		}
		s.add(u)
	}
	s.finish()
	var err error
	p.Overlaps, err = r.e.Overlaps(ctx, &ep.Request)
	return p, named(p.ID, err)
}

// unitsOf are the units that were planned where something was pending, and how
// many items they have.
func unitsOf(ep *engine.Plan) (units []UnitPlan, items int) {
	for _, u := range ep.Units {
		if !u.Added && (u.Items > 0 || u.Unlisted > 0) {
			units = append(units, UnitPlan{Unit: Unit(u.Span), Items: u.Items})
			items += u.Items
		}
	}
	return units, items
}

// matches tells whether a plan is the one that the store has.
func (p *Plan) matches(ep *engine.Plan) bool {
	units, planned := unitsOf(ep)
	items := 0
	for _, e := range p.Entities {
		items += e.Items
	}
	return p.Digest == ep.Digest && p.ID == ep.Request.ID && ep.Request.Same(engine.Request(p.Request)) &&
		p.Items == planned && items == planned && slices.EqualFunc(p.Units, units, func(a, b UnitPlan) bool {
		return a.Entity == b.Entity && a.From.Equal(b.From) && a.To.Equal(b.To) && a.Items == b.Items
	})
}

// In returns the plan with its texts in that time zone. They are in Brasília's,
// -03:00, by default.
func (p *Plan) In(zone *time.Location) *Plan {
	c := *p
	c.zone = zone
	return &c
}

// WriteText writes the plan as a table.
func (p *Plan) WriteText(w io.Writer) error { return render.Text(w, p.document()) }

// String is the table of WriteText.
func (p *Plan) String() string {
	var b strings.Builder
	p.WriteText(&b) //nolint:errcheck,gosec // a strings.Builder does not fail
	return b.String()
}
