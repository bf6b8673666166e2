package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// planEvent is a record of the plan's log.
type planEvent struct {
	Kind        string    `json:"kind"`
	Time        time.Time `json:"time,omitzero"`
	Version     int       `json:"version,omitempty"`
	Request     *Request  `json:"request,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"`
	Units       []Span    `json:"units,omitempty"`
	Unit        *Span     `json:"unit,omitempty"`
	Aside       *Aside    `json:"aside,omitempty"`
	Digest      string    `json:"digest,omitempty"`
	listed
	measured
}

// listed is what came of the listing of a window.
type listed struct {
	Items    int  `json:"items,omitempty"`
	LeftOut  int  `json:"left_out,omitempty"`
	Unlisted int  `json:"unlisted,omitempty"`
	Shared   bool `json:"shared,omitempty"` // it also shows rows of ids that are other units'
}

// measured is what a planning has learned of Celcoin.
type measured struct {
	Skew         time.Duration `json:"skew,omitempty"`
	ClockTrusted bool          `json:"trusted,omitempty"` // two answers agreed on Celcoin's clock
	Latency      time.Duration `json:"latency,omitempty"`
	Calls        int           `json:"calls,omitempty"`
}

// The kinds of a plan's records, in about the order in which a log has them.
const (
	planBegun   = "plan"    // Version, Request, Fingerprint, Units
	planSplit   = "split"   // Unit is replaced by Units
	planListed  = "listed"  // Unit is listed: Items, LeftOut, Unlisted, Shared
	planAside   = "aside"   // a window could not be listed: Aside
	planSealed  = "sealed"  // Unit is complete: Items, Digest
	planPlanned = "planned" // the plan is complete: Digest, and what was measured
	planAdded   = "added"   // a later look found webhooks in a window that was empty: Unit
)

// Aside is an entity, or a window of one, that could not be asked or listed in full, or
// that Celcoin need not list any more.
type Aside struct {
	Span
	Old     bool   `json:"old,omitempty"`     // for its age
	Counted int    `json:"counted,omitempty"` // beyond those listed; 0: none, or not known
	Reason  string `json:"reason"`
	ledger.Answer
}

func answerOf(err error) ledger.Answer {
	a := ledger.Answer{Error: oneLine(err)}
	if answer, ok := errors.AsType[*celcoin.Error](err); ok {
		a.Status, a.Code, a.RequestID = answer.StatusCode, answer.Code, answer.RequestID
	}
	return a
}

// UnitPlan is a unit as it was planned.
type UnitPlan struct {
	Span
	listed
	Digest string
	Listed bool
	Added  bool   // by a later look
	aside  *Aside // why it is not listed

	// While it is planned:
	digest ledger.Digest
}

// Empty tells whether the unit has no log.
func (u *UnitPlan) Empty() bool { return u.Items == 0 && u.Unlisted == 0 && !u.Shared && !u.Added }

// Plan is what the log of a plan says.
type Plan struct {
	Request     Request
	Fingerprint string
	Units       []*UnitPlan // the oldest first
	Digest      string      // empty: not complete
	Planned     time.Time
	measured

	byName map[string]*UnitPlan
}

// apply changes a plan by a record of its log.
func (p *Plan) apply(e *planEvent) error {
	if p.byName == nil && e.Kind != planBegun || e.Kind == planBegun && e.Version != ledger.Version {
		return ledger.ErrVersion
	}
	switch e.Kind {
	case planBegun:
		p.Request, p.Fingerprint, p.byName = *e.Request, e.Fingerprint, map[string]*UnitPlan{}
		p.add(e.Units...)
	case planSplit:
		p.Units = slices.DeleteFunc(p.Units, func(u *UnitPlan) bool { return u.LogName() == e.Unit.LogName() })
		p.add(e.Units...)
	case planAside:
		if u := p.unit(e.Aside.Span); u != nil {
			u.aside = e.Aside
			break
		}
		for _, u := range p.Units { // earlier versions wrote one of a whole entity
			if u.Entity == e.Aside.Entity {
				u.aside = e.Aside
			}
		}
	case planListed, planSealed, planAdded:
		u := p.unit(*e.Unit)
		if u == nil {
			return fmt.Errorf("%s of a unit that is not in the plan: %w", e.Kind, journal.ErrCorrupt)
		}
		switch e.Kind {
		case planListed:
			u.Listed, u.listed, u.aside = true, e.listed, nil
		case planSealed:
			u.Items, u.Digest = e.Items, e.Digest
		default:
			u.Added = true
		}
	case planPlanned:
		p.Digest, p.Planned, p.measured = e.Digest, e.Time, e.measured
	default:
		return ledger.ErrVersion
	}
	return nil
}

func (p *Plan) add(spans ...Span) {
	for _, s := range spans {
		u := &UnitPlan{Span: s}
		p.Units = append(p.Units, u)
		p.byName[s.LogName()] = u
	}
	slices.SortStableFunc(p.Units, func(a, b *UnitPlan) int { return a.From.Compare(b.From) })
}

func (p *Plan) unit(s Span) *UnitPlan { return p.byName[s.LogName()] }

// answered are the entities of which Celcoin has listed a window, or refused one for its
// age alone.
func (p *Plan) answered() map[celcoin.Entity]bool {
	answered := map[celcoin.Entity]bool{}
	for _, u := range p.Units {
		if u.Listed || u.aside != nil && u.aside.Old {
			answered[u.Entity] = true
		}
	}
	return answered
}

// spans are the units that were listed: those without a log, or those with one.
func (p *Plan) spans(empty bool) (spans []Span) {
	for _, u := range p.Units {
		if u.Listed && u.Empty() == empty {
			spans = append(spans, u.Span)
		}
	}
	return spans
}

// digest stands for the request and every single item.
func (p *Plan) digest() string {
	h := sha256.New()
	r := p.Request
	r.MaxItems, r.AllowOverlap = 0, false
	json.NewEncoder(h).Encode(r) //nolint:errcheck,errchkjson,gosec // a hash does not fail, and dates were read from JSON
	for _, u := range p.Units {
		fmt.Fprintf(h, "%s %d %s\n", u.LogName(), u.Items, u.Digest) //nolint:errcheck // a hash does not fail
	}
	return hex.EncodeToString(h.Sum(nil))
}

// write applies records and appends them.
func (p *Plan) write(ctx context.Context, e *Engine, log journal.Log, durable bool, events ...planEvent) error {
	for i := range events {
		events[i].Time = e.now()
		if err := p.apply(&events[i]); err != nil {
			return err
		}
	}
	return appendRecords(ctx, log, durable, events...)
}

// ReadPlan reads the plan of a recovery, complete or not, without a lock.
func (e *Engine) ReadPlan(ctx context.Context, id string) (*Plan, error) {
	p := &Plan{}
	if err := readLog(ctx, e, id, planLog, p.apply); err != nil {
		return nil, err
	}
	if p.byName == nil {
		return nil, ErrNotFound
	}
	return p, nil
}
