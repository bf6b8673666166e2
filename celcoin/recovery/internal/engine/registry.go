package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// registry is a document with the recoveries of one Celcoin and product that have
// begun, so that two do not replay the same webhooks.
type registry struct {
	Recoveries map[string]begun `json:"recoveries,omitempty"`
}

type begun struct {
	Entities []celcoin.Entity `json:"entities"`
	From     time.Time        `json:"from"`
	To       time.Time        `json:"to"`
	Time     time.Time        `json:"time"`
	Pulled   bool             `json:"pulled,omitempty"`
}

// kept is how long a recovery stays in the registry: what it had is out of
// Celcoin's reach by then.
const kept = 30 * 24 * time.Hour

func (e *Engine) registry(p celcoin.Product) string {
	return "recoveries-" + e.environment() + "-" + shortHash(string(p))
}

// overlapping are the recoveries that share webhooks with a request, its own among them.
func (r *registry) overlapping(req *Request) map[string]begun {
	from, to := req.Bounds()
	shared := maps.Clone(r.Recoveries)
	maps.DeleteFunc(shared, func(_ string, b begun) bool {
		return !b.From.Before(to) || !from.Before(b.To) ||
			!slices.ContainsFunc(b.Entities, func(n celcoin.Entity) bool { return slices.Contains(req.Entities, n) })
	})
	return shared
}

// register takes a recovery into the registry, unless another that is not
// finished would replay the same webhooks. Whether one is finished is read from
// its logs, which an update must not do: so it is tried again after that.
func (e *Engine) register(ctx context.Context, req *Request) error {
	from, to := req.Bounds()
	var allowed map[string]begun
	for {
		var others map[string]begun // that may hold it up
		err := update(ctx, e, e.registry(req.Product), func(now time.Time, r *registry) (bool, error) {
			others = r.overlapping(req)
			for id, b := range others {
				if id != req.ID && !req.AllowOverlap && !allowed[id].Time.Equal(b.Time) {
					return false, nil
				}
			}
			if r.Recoveries == nil {
				r.Recoveries = map[string]begun{}
			}
			maps.DeleteFunc(r.Recoveries, func(_ string, b begun) bool { return now.Sub(b.Time) > kept })
			r.Recoveries[req.ID] = begun{req.Entities, from, to, now, e.Pull != nil || r.Recoveries[req.ID].Pulled}
			others = nil
			return true, nil
		})
		if err != nil || others == nil {
			return err
		}
		open, err := e.unfinished(ctx, others)
		if err != nil {
			return err
		}
		// One that was allowed to begin, and is not finished, is allowed to end.
		if len(open) > 0 && !slices.Contains(open, req.ID) {
			return fmt.Errorf("recovery %s: %w", open[0], ErrOverlap)
		}
		allowed = others
	}
}

// Overlaps names the unfinished recoveries of the same webhooks.
func (e *Engine) Overlaps(ctx context.Context, req *Request) ([]string, error) {
	others, err := e.overlapping(ctx, req)
	if err != nil {
		return nil, err
	}
	delete(others, req.ID)
	return e.unfinished(ctx, others)
}

func (e *Engine) overlapping(ctx context.Context, req *Request) (others map[string]begun, err error) {
	err = update(ctx, e, e.registry(req.Product), func(_ time.Time, r *registry) (bool, error) {
		others = r.overlapping(req)
		return false, nil
	})
	return others, err
}

// unfinished names the recoveries that may still replay something.
func (e *Engine) unfinished(ctx context.Context, recoveries map[string]begun) (open []string, err error) {
	for _, id := range slices.Sorted(maps.Keys(recoveries)) {
		for u, err := range e.unitsOf(ctx, id) {
			if err != nil {
				return nil, fmt.Errorf("recovery %s, which overlaps: %w", id, err)
			}
			if u.Unit.Unfinished() {
				open = append(open, id)
				break
			}
		}
	}
	return open, nil
}

// unitsOf reads the units of a recovery: none, if it was deleted.
func (e *Engine) unitsOf(ctx context.Context, id string) iter.Seq2[UnitState, error] {
	p, err := e.ReadPlan(ctx, id)
	if err == nil {
		return e.Units(ctx, p)
	}
	return func(yield func(UnitState, error) bool) {
		if !errors.Is(err, ErrNotFound) {
			yield(UnitState{}, err)
		}
	}
}
