package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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

func (b *begun) overlaps(r *Request) bool {
	from, to := r.Bounds()
	return b.From.Before(to) && from.Before(b.To) &&
		slices.ContainsFunc(b.Entities, func(n celcoin.Entity) bool { return slices.Contains(r.Entities, n) })
}

// register takes a recovery into the registry, unless another that is not
// finished would replay the same webhooks. Whether one is finished is read from
// its logs, which an update must not do: so it is tried again for each that is.
func (e *Engine) register(ctx context.Context, req *Request) error {
	from, to := req.Bounds()
	finished := map[string]time.Time{}
	goesOn := false
	for {
		var others []string
		var seen map[string]begun
		err := update(ctx, e, e.registry(req.Product), func(now time.Time, r *registry) (bool, error) {
			others, seen = nil, r.Recoveries
			for id, b := range r.Recoveries {
				if id != req.ID && b.overlaps(req) && !finished[id].Equal(b.Time) {
					others = append(others, id)
				}
			}
			if len(others) > 0 && !req.AllowOverlap && !goesOn {
				return false, nil
			}
			if r.Recoveries == nil {
				r.Recoveries = map[string]begun{}
			}
			for id, b := range r.Recoveries {
				if now.Sub(b.Time) > kept {
					delete(r.Recoveries, id)
				}
			}
			r.Recoveries[req.ID] = begun{req.Entities, from, to, now, e.Pull != nil || r.Recoveries[req.ID].Pulled}
			return true, nil
		})
		if err != nil || len(others) == 0 || req.AllowOverlap || goesOn {
			return err
		}
		// One that was allowed to begin, and is not finished, is allowed to end.
		if _, begun := seen[req.ID]; begun {
			if goesOn, err = e.unfinished(ctx, req.ID); err != nil {
				return err
			} else if goesOn {
				continue
			}
		}
		slices.Sort(others)
		for _, id := range others {
			open, err := e.unfinished(ctx, id)
			if err != nil {
				return fmt.Errorf("recovery %s, which overlaps: %w", id, err)
			}
			if open {
				return fmt.Errorf("recovery %s: %w", id, ErrOverlap)
			}
			finished[id] = seen[id].Time
		}
	}
}

// unfinished tells whether a recovery may still replay something.
func (e *Engine) unfinished(ctx context.Context, id string) (bool, error) {
	p, err := e.ReadPlan(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil // it was deleted
	}
	if err != nil {
		return false, err
	}
	for u, err := range e.Units(ctx, p) {
		if err != nil {
			return false, err
		}
		if u.Unit.Unfinished() {
			return true, nil
		}
	}
	return false, nil
}

// Overlaps names the unfinished recoveries of the same webhooks.
func (e *Engine) Overlaps(ctx context.Context, req *Request) (ids []string, err error) {
	var all map[string]begun
	err = update(ctx, e, e.registry(req.Product), func(_ time.Time, r *registry) (bool, error) {
		all = r.Recoveries
		return false, nil
	})
	for id, b := range all {
		if err != nil || id == req.ID || !b.overlaps(req) {
			continue
		}
		var open bool
		if open, err = e.unfinished(ctx, id); open {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, err
}

// given are the rows that are left out of a recovery, read once for all its units:
// that takes all the logs of other recoveries.
type given struct {
	mu   sync.Mutex
	rows map[rowName]struct{} // nil: not read
}

func (g *given) read(ctx context.Context, e *Engine, req *Request) (rows map[rowName]struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.rows == nil {
		g.rows, err = e.pulledElsewhere(ctx, req)
	}
	return g.rows, err
}

// pulledElsewhere are the rows of a request that are left out of it: above all
// those that other recoveries have pulled, which Celcoin lists as pending all the same.
func (e *Engine) pulledElsewhere(ctx context.Context, req *Request) (map[rowName]struct{}, error) {
	var all map[string]begun
	err := update(ctx, e, e.registry(req.Product), func(_ time.Time, r *registry) (bool, error) {
		all = r.Recoveries
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	rows := map[rowName]struct{}{}
	for id, b := range all {
		watched := strings.HasPrefix(id, WatchPrefix) && strings.HasPrefix(req.ID, WatchPrefix)
		if id == req.ID || !b.Pulled && !watched || !b.overlaps(req) {
			continue
		}
		p, err := e.ReadPlan(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for u, err := range e.Units(ctx, p) {
			if err != nil {
				return nil, err
			}
			if !slices.Contains(req.Entities, u.Entity) {
				continue
			}
			for i := range u.Unit.Rows {
				if r := &u.Unit.Rows[i]; isGiven(req.ID, id, r) {
					rows[nameOf(&r.Item)] = struct{}{}
				}
			}
		}
	}
	return rows, nil
}
