package recovery

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// WatchConfig says what to watch. Zero fields stand for the defaults.
type WatchConfig struct {
	Every    time.Duration    // how often Celcoin is asked: 15 minutes by default
	Lookback time.Duration    // how far back, at least: 24 hours by default
	Grace    time.Duration    // what is younger may still be delivered: 30 minutes by default
	Product  celcoin.Product  // zero: celcoin.ProductPix
	Entities []celcoin.Entity // at least one
	// Auto recovers what is missing, each time as a recovery of its own, whose ID
	// begins with "watch-".
	Auto bool
	// Notify is called after each look that found something missing or could not
	// ask, and after each recovery. It must not block for long.
	Notify func(ctx context.Context, s WatchState)
	// Observe is called after each look, for gauges: every so often, also while
	// Auto recovers, and at the end of what it recovered. It must not block.
	Observe func(s WatchState)
}

// WatchState is what a watch has seen.
type WatchState struct {
	Time     time.Time     // of the look
	Entities []WatchEntity // in the order of WatchConfig
	Pending  int           // older than Grace, of all entities, with those that are being recovered
	// LastSuccess is when all entities were last asked in full; zero: never.
	LastSuccess time.Time
	// Recovering says that Auto recovers beside the watch: another state follows
	// when it ends. To stop after one round, stop at the first state without it.
	Recovering bool
	// Report is that of the recovery of Auto that has just ended, if any.
	Report *Report
	// Err is why the look, or the recovery before it, did not come to its end.
	Err error
}

// WatchEntity is the part of one entity.
type WatchEntity struct {
	Entity  celcoin.Entity
	Pending int
	Oldest  time.Time // date of the oldest one pending, by the earlier reading; zero: none
	Expires time.Time // when Celcoin stops to replay the first of them; zero: none
	Err     error     // why it could not be asked, or not in full
}

func (c WatchConfig) normal() (WatchConfig, error) {
	c.Every = cmp.Or(c.Every, 15*time.Minute)
	c.Lookback = cmp.Or(c.Lookback, 24*time.Hour)
	c.Grace = cmp.Or(c.Grace, 30*time.Minute)
	switch {
	case min(c.Every, c.Lookback, c.Grace) < 0:
		return c, invalid("Every, Lookback or Grace is negative")
	case c.Grace >= c.Lookback:
		return c, invalid("Grace must be shorter than Lookback")
	}
	_, err := Request{Product: c.Product, Entities: c.Entities, From: time.Unix(1, 0), To: time.Unix(2, 0)}.normal()
	return c, err
}

// Watch asks again and again what is pending at Celcoin and older than Grace, and
// tells of it; with Auto it recovers it beside that. It goes on with its own
// unfinished recoveries before it begins another, and leaves to another recovery
// what that one is at. For each entity the store keeps when it was last asked for in
// full: a look goes back by Lookback from there, and to the oldest webhook that was
// missing then, 7 days at most.
//
// It returns when ctx ends, with ctx's error, or at once if the config makes no
// sense: every other trouble is told, and the next look tries again.
func (r *Recoverer) Watch(ctx context.Context, c WatchConfig) error {
	c, err := c.normal()
	if err != nil {
		return err
	}
	ticker := time.NewTicker(c.Every)
	defer ticker.Stop()
	var recovering sync.WaitGroup
	defer recovering.Wait()
	var ended chan recovered // nil: Auto recovers nothing
	var last recovered
	for begin := c.Auto; ; {
		s, missing := r.look(ctx, c)
		if begin && ctx.Err() == nil {
			unfinished, err := r.unfinishedWatches(ctx)
			s.Err = errors.Join(s.Err, err)
			if len(unfinished)+len(missing.Entities) > 0 {
				ended = make(chan recovered, 1)
				recovering.Go(func() { ended <- r.recoverWatched(ctx, unfinished, missing) })
			}
		}
		s.Recovering, s.Report, s.Err = ended != nil, last.report, errors.Join(last.err, s.Err)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.toldOf(ctx, c, s)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			begin, last = c.Auto && ended == nil, recovered{}
		case last = <-ended:
			begin, ended = false, nil // not again before the next look
		}
	}
}

// recovered is what a recovery of a watch came to.
type recovered struct {
	report *Report
	err    error
}

func (r *Recoverer) toldOf(ctx context.Context, c WatchConfig, s WatchState) {
	trouble := s.Pending > 0 || s.Err != nil
	if trouble && r.e.Logger != nil {
		r.e.Logger.LogAttrs(ctx, slog.LevelWarn, "recovery: watch", slog.Int("pending", s.Pending), slog.Any("cause", s.Err))
	}
	if c.Observe != nil {
		c.Observe(s)
	}
	if c.Notify != nil && (trouble || s.Report != nil) {
		c.Notify(ctx, s)
	}
}

// look asks what is pending. Missing is a request for what no recovery of the
// watch has yet; without entities if there is none.
func (r *Recoverer) look(ctx context.Context, c WatchConfig) (s WatchState, missing Request) {
	now := r.e.Now()
	s.Time = now
	from, success, err := r.e.Watched(ctx, c.Product, c.Entities, c.Lookback)
	if err != nil {
		s.Err = err
		return s, missing
	}
	s.LastSuccess = success
	from = from.Add(-DefaultMargin) // dates may be off
	if oldest := now.Add(-ledger.Lifetime); from.Before(oldest) {
		from = oldest
	}
	// Two processes may look within the same second.
	id := engine.WatchPrefix + now.UTC().Format("20060102T150405Z") + "-" + rand.Text()[:6]
	req, err := Request{ID: id, Product: c.Product, Entities: c.Entities, From: from, To: now.Add(-c.Grace), Margin: -1}.normal()
	var all map[celcoin.Entity]*engine.Missed
	if err == nil {
		all, err = r.e.Survey(ctx, engine.Request(req))
	}
	if err != nil {
		s.Err = err
		return s, missing
	}
	req.Entities = nil
	asked := map[celcoin.Entity]engine.Asked{}
	for _, e := range c.Entities {
		m := all[e]
		s.Entities = append(s.Entities, WatchEntity{Entity: e, Pending: m.Pending, Oldest: m.Oldest, Expires: m.Expires, Err: m.Err})
		s.Pending += m.Pending
		if m.Open > 0 {
			req.Entities = append(req.Entities, e)
		}
		if m.Err != nil {
			s.Err = errors.Join(s.Err, fmt.Errorf("%s: %w", e, m.Err))
			continue
		}
		a := engine.Asked{From: now.Add(-c.Lookback), Success: now}
		if !m.Oldest.IsZero() && m.Oldest.Before(a.From) {
			a.From = m.Oldest // it is missing until it is seen no more
		}
		asked[e] = a
	}
	if s.Err == nil {
		s.LastSuccess = now
	}
	s.Err = errors.Join(s.Err, r.e.SetWatched(ctx, c.Product, asked))
	return s, req
}

// recoverWatched goes on with recoveries, and then begins another for what is
// missing. It returns the last report.
func (r *Recoverer) recoverWatched(ctx context.Context, unfinished []string, missing Request) (all recovered) {
	keep := func(report *Report, err error) {
		if errors.Is(err, ErrOverlap) || errors.Is(err, ErrOtherEnvironment) {
			return // another recovery, or another client's watch, has these webhooks
		}
		if report != nil {
			all.report = report
		}
		all.err = errors.Join(all.err, err)
	}
	for _, id := range unfinished {
		keep(r.Resume(ctx, id))
	}
	if len(missing.Entities) > 0 {
		keep(r.Recover(ctx, missing))
	}
	return all
}

// unfinishedWatches are the recoveries of a watch that are not finished, of what
// Celcoin may still have.
func (r *Recoverer) unfinishedWatches(ctx context.Context) (ids []string, errs error) {
	for s, err := range r.summaries(ctx, engine.WatchPrefix) {
		if err != nil {
			errs = errors.Join(errs, err)
		} else if s.State != StateDrained && s.State != StateRunning && r.e.Now().Sub(s.Request.To) < ledger.Lifetime {
			ids = append(ids, s.ID)
		}
	}
	return ids, errs
}
