package recovery

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// count says how many webhooks are pending in a unit, as patiently as the
// options say. It is below zero where Celcoin refuses to say it, because the
// unit reaches back too far.
func (r *Recoverer) count(ctx context.Context, req *Request, u Unit) (n int, err error) {
	q := query(req, u)
	err = r.call.patiently(ctx, r.o.patience, func() (e error) {
		n, e = r.call.count(ctx, q)
		return e
	})
	if err != nil && r.tooOld(&q, err) {
		return -1, nil
	}
	return n, err
}

// list lists what a query finds, as patiently as the options say. It returns how
// many there were, and whether Celcoin listed the whole window. A try that fails
// in passing is begun anew, with begin.
func (r *Recoverer) list(
	ctx context.Context, q celcoin.Query, begin func(), each func(celcoin.Webhook) error,
) (n int, whole bool, err error) {
	err = r.call.patiently(ctx, r.o.patience, func() (e error) {
		n, whole, e = r.listWhatIsYoung(ctx, q, begin, each)
		return e
	})
	return n, whole, err
}

// listWhatIsYoung lists what a query finds. What Celcoin says to a window that
// reaches a webhook older than 7 days is not documented. If it refuses all of
// it, the window is halved: its younger half first, and of the older half as
// much as Celcoin takes.
func (r *Recoverer) listWhatIsYoung(
	ctx context.Context, q celcoin.Query, begin func(), each func(celcoin.Webhook) error,
) (n int, whole bool, err error) {
	begin()
	n, err = r.call.list(ctx, q, each)
	if err == nil || !r.tooOld(&q, err) {
		return n, true, err
	}
	begin()
	// The halves share a moment.
	type row struct{ id, created, updated string }
	known := map[row]struct{}{}
	once := func(w celcoin.Webhook) error {
		k := row{w.ID, w.Created.Raw, w.LastUpdated.Raw}
		if _, again := known[k]; again {
			return nil
		}
		known[k] = struct{}{}
		return each(w)
	}
	for from, to := q.From, q.To; to.Sub(from) > time.Second; {
		middle := from.Add(to.Sub(from) / 2).Truncate(time.Second)
		if !middle.After(from) {
			break
		}
		q.From, q.To = middle, to
		switch _, err := r.call.list(ctx, q, once); {
		case err == nil:
			to = middle
		case r.tooOld(&q, err):
			from = middle // whatever is older than that is too old as well
		default:
			return 0, false, err
		}
	}
	return len(known), false, nil
}

// tooOld tells whether a query may have been refused because it reaches back
// beyond 7 days, by the less favourable reading of dates.
func (r *Recoverer) tooOld(q *celcoin.Query, err error) bool {
	answer, answered := errors.AsType[*celcoin.Error](err)
	if !answered || answer.StatusCode < 400 || answer.StatusCode > 499 || answer.StatusCode == http.StatusRequestTimeout {
		return false
	}
	for _, other := range []error{
		celcoin.ErrUnauthorized, celcoin.ErrForbidden, celcoin.ErrNotFound, celcoin.ErrRateLimited, celcoin.ErrServer,
	} {
		if errors.Is(err, other) {
			return false
		}
	}
	return q.From.Before(r.vendorNow().Add(-lifetime + brasiliaBehind + 2*tolerated))
}

// brasiliaBehind is how far a date that ends in Z may be off, see [celcoin.Timestamp].
const brasiliaBehind = 3 * time.Hour

// sighting is what a look shows of one webhook's id.
type sighting struct {
	pending bool
	updated []string // when each pending webhook of this id was last tried
	status  int      // what the receiver last said
}

func (s *sighting) add(w *celcoin.Webhook) {
	s.pending = true
	s.updated = append(s.updated, w.LastUpdated.Raw)
	s.status = max(s.status, w.HTTPStatusCode)
}

// and adds what another look shows of the same id.
func (s sighting) and(other sighting) sighting {
	return sighting{
		pending: s.pending || other.pending,
		updated: append(slices.Clone(s.updated), other.updated...),
		status:  max(s.status, other.status),
	}
}

// lookUp asks Celcoin for one item, in all units that its id was listed in.
func (e *engine) lookUp(ctx context.Context, i int, id string) (sighting, error) {
	var seen sighting
	for _, u := range append([]Unit{e.b.units[e.b.unitOf(i)].Unit}, e.b.also[i]...) {
		q := query(&e.b.request, u)
		q.WebhookID = id
		var here sighting
		_, _, err := e.list(ctx, q, func() { here = sighting{} }, func(w celcoin.Webhook) error {
			if w.ID == id {
				here.add(&w)
			}
			return nil
		})
		if err != nil {
			return seen, err
		}
		seen = seen.and(here)
	}
	return seen, nil
}
