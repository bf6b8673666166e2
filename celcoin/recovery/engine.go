package recovery

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// engine is a run under way.
type engine struct {
	*Recoverer
	b          *book
	only       *unit                        // nil: everything
	settle     time.Duration                // how long a delivery may take
	turnedAway time.Time                    // since when Celcoin has taken no replay that it was asked for; zero: it takes them
	unanswered silence                      // of replays
	batchAsked time.Time                    // when the last batch was asked for
	took       time.Duration                // about how long the deliveries of the last batch took
	counts     map[int]tally                // of units
	baseline   map[int][]string             // when the items of a batch were last tried, if not as they were planned
	tries      int8                         // whether dates tell of tries, see [engine.tried]
	touched    map[int]bool                 // items of a batch whose dates have changed although they are pending
	proven     int                          // canaries that were delivered
	misses     int                          // canaries that were not, before the first was
	lateSince  map[int]lateness             // of the late items of this run
	caughtUp   time.Time                    // when the late items were last looked at
	latest     map[celcoin.Entity]time.Time // of the replays that have arrived: when the last one was asked for
	freshSeen  map[celcoin.Entity]int       // pending webhooks of a look that are not of the plan
}

func (r *Recoverer) engine(b *book, only *unit) *engine {
	return &engine{
		Recoverer: r, b: b, only: only, settle: r.o.settle,
		counts: map[int]tally{}, baseline: map[int][]string{}, touched: map[int]bool{}, lateSince: map[int]lateness{},
		latest: map[celcoin.Entity]time.Time{}, freshSeen: map[celcoin.Entity]int{},
	}
}

// drain does the rounds.
func (e *engine) drain(ctx context.Context) error {
	if len(e.b.at) == 0 {
		return nil // nothing was listed, and nothing can come of it
	}
	if e.doubtful() {
		// What an earlier run asked for may still be on its way.
		if err := sleep(ctx, min(e.b.asked.Add(e.settle).Sub(e.o.now()), e.settle)); err != nil {
			return err
		}
	}
	// Each round is an attempt of every item that is left, though perhaps one that
	// does not count for this run.
	for round := range maxAttempts + e.o.rounds {
		if e.doubtful() {
			if err := e.look(ctx, false); err != nil {
				return err
			}
		}
		if err := e.expire(ctx); err != nil {
			return err
		}
		items := e.b.bySoonest(e.eligible)
		if len(items) == 0 {
			break
		}
		if round > 0 {
			if err := sleep(ctx, e.settle); err != nil {
				return err
			}
		}
		// Those that were asked for before come after all others, so that they
		// hold up nobody.
		slices.SortStableFunc(items, func(x, y int) int { return e.b.stand[x].attempts() - e.b.stand[y].attempts() })
		if err := e.replayAll(ctx, items); err != nil {
			return err
		}
	}
	if err := e.expire(ctx); err != nil {
		return err
	}
	return e.verify(ctx)
}

// lastLook sees what became of the replays of a run that ends before its time, as
// far as that can be seen soon: why it ends counts more.
func (e *engine) lastLook(ctx context.Context) {
	if !e.doubtful() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.patience)
	defer cancel()
	if err := e.look(ctx, false); err != nil && e.o.logger != nil {
		e.o.logger.LogAttrs(ctx, slog.LevelInfo, "the last look of a recovery failed",
			slog.String("id", e.b.request.ID))
	}
}

// eligible tells whether an item may be asked for.
func (e *engine) eligible(i int) bool {
	s := e.b.stand[i]
	switch s.phase() {
	case planned, failing, refused:
		return s.tries() < e.o.maxAttempts && s.attempts() < maxAttempts && e.among(i)
	case intended, accepted, unknown, delivered, unasked, expired:
	}
	return false
}

// expire sets aside what has become too old to be asked for.
func (e *engine) expire(ctx context.Context) error {
	now := e.vendorNow().Unix()
	var old []int
	for i, due := range e.b.due {
		if due != 0 && due <= now && e.eligible(i) {
			old = append(old, i)
		}
	}
	for chunk := range slices.Chunk(old, batchOfItems) {
		if err := e.b.write(ctx, Entry{Kind: KindSeen, Items: chunk, Result: ResultExpired}); err != nil {
			return err
		}
	}
	return nil
}
