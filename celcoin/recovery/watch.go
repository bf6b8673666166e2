package recovery

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
)

// WatchConfig says what to watch. Zero fields stand for the defaults.
type WatchConfig struct {
	Every    time.Duration    // how often Celcoin is asked: 15 minutes by default
	Lookback time.Duration    // how far back: 24 hours by default
	Grace    time.Duration    // what is younger may still be delivered: 30 minutes by default
	Product  celcoin.Product  // zero: celcoin.ProductPix
	Entities []celcoin.Entity // at least one
	// Auto recovers what is missing, each time as a recovery of its own, whose ID
	// begins with "watch-".
	Auto bool
	// Notify is called when something is missing, or could not be asked. It must not block for long.
	Notify func(ctx context.Context, s WatchState)
	// Observe is called after each look, for gauges; with Auto after what it
	// recovered. It must not block.
	Observe func(s WatchState)
}

// WatchState is what a watch has seen.
type WatchState struct {
	Time     time.Time     // of the look
	Entities []WatchEntity // in the order of WatchConfig
	Pending  int           // older than Grace, of all entities
	// LastSuccess is when all entities were last asked in full; zero: never.
	LastSuccess time.Time
	// Report is that of the recovery that Auto has run since the look before, if any.
	Report *Report
	// Err is why the look, or the recovery after it, did not come to its end.
	Err error
}

// WatchEntity is the part of one entity.
type WatchEntity struct {
	Entity  celcoin.Entity
	Pending int
	Oldest  time.Time // date of the oldest one pending, by the earlier reading; zero: none
	Expires time.Time // when Celcoin stops to replay the first of them; zero: none
	Err     error     // why it could not be asked
}

func (c WatchConfig) normal() (WatchConfig, error) {
	for _, d := range []struct {
		value  *time.Duration
		normal time.Duration
		name   string
	}{{&c.Every, 15 * time.Minute, "Every"}, {&c.Lookback, 24 * time.Hour, "Lookback"}, {&c.Grace, 30 * time.Minute, "Grace"}} {
		if *d.value < 0 {
			return c, invalid(d.name + " is negative")
		}
		if *d.value == 0 {
			*d.value = d.normal
		}
	}
	if c.Grace >= c.Lookback {
		return c, invalid("Grace must be shorter than Lookback")
	}
	_, err := Request{Product: c.Product, Entities: c.Entities, From: time.Unix(1, 0), To: time.Unix(2, 0)}.normal()
	return c, err
}

// Watch asks again and again what is pending at Celcoin and older than Grace, and
// tells of it; with Auto it recovers it. It goes on with its own unfinished
// recoveries before it begins another, and leaves to another recovery what that one is at. After a
// pause it looks back to its last success, 7 days at most.
//
// It returns when ctx ends, with ctx's error, or at once if the config makes no
// sense: every other trouble is told, and the next look tries again.
func (r *Recoverer) Watch(ctx context.Context, c WatchConfig) error {
	c, err := c.normal()
	if err != nil {
		return fmt.Errorf("recovery: watch: %w", err)
	}
	for {
		s := r.watch(ctx, c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.toldOf(ctx, c, s)
		t := time.NewTimer(c.Every)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

func (r *Recoverer) toldOf(ctx context.Context, c WatchConfig, s WatchState) {
	if l := r.e.Logger; l != nil && (s.Pending > 0 || s.Err != nil) {
		l.LogAttrs(ctx, slog.LevelWarn, "recovery: watch", slog.Int("pending", s.Pending), slog.Any("cause", s.Err))
	}
	if c.Observe != nil {
		c.Observe(s)
	}
	if c.Notify != nil && (s.Pending > 0 || s.Err != nil) {
		c.Notify(ctx, s)
	}
}

// watch is one look, and what follows from it.
func (r *Recoverer) watch(ctx context.Context, c WatchConfig) WatchState {
	now := r.e.Now()
	s := WatchState{Time: now}
	if c.Auto {
		s.Report, s.Err = r.watchGoesOn(ctx)
	}
	last, err := r.e.Watched(ctx, c.Product)
	s.LastSuccess = last
	from := now.Add(-c.Lookback - DefaultMargin) // dates may be off
	if !last.IsZero() && last.Add(-c.Lookback-DefaultMargin).Before(from) {
		from = last.Add(-c.Lookback - DefaultMargin)
	}
	if oldest := now.Add(-7 * 24 * time.Hour); from.Before(oldest) {
		from = oldest
	}
	req := Request{Product: c.Product, Entities: c.Entities, From: from, To: now.Add(-c.Grace), Margin: -1}
	// Two processes may look within the same second.
	req.ID = engine.WatchPrefix + now.UTC().Format("20060102T150405Z") + "-" + rand.Text()[:6]
	var all map[celcoin.Entity]*engine.Missed
	if err == nil {
		req, err = req.normal()
	}
	if err == nil {
		all, err = r.e.Survey(ctx, engine.Request(req))
	}
	if err != nil {
		s.Err = errors.Join(s.Err, err)
		return s
	}
	whole, missing := true, []celcoin.Entity(nil)
	for _, e := range c.Entities {
		m := all[e]
		s.Entities = append(s.Entities, WatchEntity{Entity: e, Pending: m.Pending, Oldest: m.Oldest, Expires: m.Expires, Err: m.Err})
		s.Pending += m.Pending
		if m.Pending > 0 {
			missing = append(missing, e)
		}
		if m.Err != nil {
			whole, s.Err = false, errors.Join(s.Err, fmt.Errorf("%s: %w", e, m.Err))
		}
	}
	if whole {
		s.LastSuccess = now
		s.Err = errors.Join(s.Err, r.e.SetWatched(ctx, c.Product, now))
	}
	if c.Auto && len(missing) > 0 {
		req.Entities = missing
		report, err := r.Recover(ctx, req)
		if errors.Is(err, ErrOverlap) {
			return s // the other one is at it
		}
		if report != nil {
			s.Report = report
		}
		s.Err = errors.Join(s.Err, err)
	}
	return s
}

// watchGoesOn resumes the recoveries of a watch that are not finished.
func (r *Recoverer) watchGoesOn(ctx context.Context) (report *Report, err error) {
	var ids []string
	for id, e := range r.e.Store.List(ctx, "") {
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		if !strings.HasPrefix(id, engine.WatchPrefix) {
			continue // neither read nor its trouble
		}
		s, e := r.summary(ctx, id)
		if e != nil {
			err = errors.Join(err, named(id, e))
			continue
		}
		if s.State != StateDrained && s.State != StateRunning &&
			r.e.Now().Sub(s.Request.To) < 7*24*time.Hour {
			ids = append(ids, s.ID)
		}
	}
	for _, id := range ids {
		var e error
		if report, e = r.Resume(ctx, id); e != nil && !errors.Is(e, ErrOverlap) {
			err = errors.Join(err, e)
		}
	}
	return report, err
}
