package celcointest

import (
	"fmt"

	"github.com/reenvio/reenvio-go/celcoin"
)

// WithMovingSet lets the pending webhooks change while somebody lists them: when
// a page of details that is not the last has been answered, the server delivers
// the first n pending webhooks of that page by itself, and as many new ones of
// the same entity fail, at the end of the same window. So the total stays what it
// was, and the following pages begin n webhooks further on. It happens times
// times, or after every page if times is negative.
//
// Nobody reported this of Celcoin; any listing by page numbers allows it. What the
// receiver does not take stays pending, and then nothing is added for it.
func WithMovingSet(n, times int) Option {
	return check(n >= 1 && times != 0, fmt.Sprintf("WithMovingSet: %d webhooks, %d times: nothing would move", n, times),
		func(cfg *config) { cfg.moving, cfg.movingTimes = n, times })
}

// WithUnstableTies lists webhooks that were created at the same instant in an
// order that changes with every request: so many pairs of them change places, or
// all of them if swaps is negative. So one may be on two pages and another on
// none. Nobody reported this of Celcoin; databases do it when they sort by a date
// alone. By default ties keep the order in which they were added.
func WithUnstableTies(swaps int) Option {
	return set(func(cfg *config) { cfg.unstableTies = swaps })
}

// WithListingCap lists n webhooks of a query at most, whatever Limit says, while
// totalItems stays what it is. Nobody reported this of Celcoin. By default there
// is no cap; see [WithDefaultLimit] for one that the answer shows as its limit.
func WithListingCap(n int) Option {
	return check(n >= 1, fmt.Sprintf("WithListingCap: %d is not positive", n),
		func(cfg *config) { cfg.listingCap = n })
}

// WithFailedReplayStatus gives a pending webhook this status when a replay of it
// fails, which takes it out of the pending ones. Celcoin's set of statuses is
// open, and no such status is known. By default it stays pending.
func WithFailedReplayStatus(status celcoin.Status) Option {
	return check(status != "" && status != celcoin.StatusSent, "WithFailedReplayStatus: needs a status of its own",
		func(cfg *config) { cfg.failedStatus = status })
}

// IgnoreReplays makes replays of these webhooks match nothing: they are answered
// 200 with totalItems 0, or what [WithEmptyReplayNotFound] says. A replay without
// webhookId passes them over. Nobody reported this of Celcoin.
func (s *Server) IgnoreReplays(ids ...string) {
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	for _, id := range ids {
		s.vendor.ignored[id] = true
	}
}
