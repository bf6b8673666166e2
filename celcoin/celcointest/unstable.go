package celcointest

import (
	"errors"
	"fmt"
	"net/http"
	"time"

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
	return func(cfg *config) error {
		if n < 1 || times == 0 {
			return fmt.Errorf("WithMovingSet: %d webhooks, %d times: nothing would move", n, times)
		}
		cfg.moving, cfg.movingTimes = n, times
		return nil
	}
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
// is no cap; see [WithDefaultLimit] for one that the answer owns up to.
func WithListingCap(n int) Option {
	return func(cfg *config) error {
		if n < 1 {
			return fmt.Errorf("WithListingCap: %d is not positive", n)
		}
		cfg.listingCap = n
		return nil
	}
}

// WithFailedReplayStatus gives a pending webhook this status when a replay of it
// fails, which takes it out of the pending ones. Celcoin's set of statuses is
// open, and no such status is known. By default it stays pending.
func WithFailedReplayStatus(status celcoin.Status) Option {
	return func(cfg *config) error {
		if status == "" || status == celcoin.StatusSent {
			return errors.New("WithFailedReplayStatus: needs a status of its own")
		}
		cfg.failedStatus = status
		return nil
	}
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

// leaving picks what is to move after a page of details. The caller holds the lock.
func (v *vendor) leaving(found selection, page []int32) []reference {
	if v.cfg.moving == 0 || v.moved == v.cfg.movingTimes {
		return nil
	}
	var leaving []reference
	for _, number := range page {
		if found.shelf.items[number].state == statePending && len(leaving) < v.cfg.moving {
			leaving = append(leaving, reference{found.shelf, number})
		}
	}
	if len(leaving) > 0 {
		v.moved++
		v.outstanding += len(leaving)
		v.lastListed = time.Unix(0, found.shelf.items[found.at(found.total()-1)].created)
	}
	return leaving
}

// move delivers what is leaving, and lets as many others fail.
func (v *vendor) move(leaving []reference) {
	for _, to := range leaving {
		v.deliver(v.core.Context(), parcel{to: to})
		v.mu.Lock()
		if to.shelf.items[to.number].state == stateSent {
			v.add(Webhook{
				Product: to.shelf.product, Entity: to.shelf.entity, Created: v.lastListed,
				HTTPStatusCode: http.StatusServiceUnavailable, Response: "receiver is down", Attempts: 1,
			})
		}
		v.mu.Unlock()
	}
}

// shake changes the order of ties among numbers, which are sorted by creation.
func (v *vendor) shake(s *shelf, numbers []int32) {
	end := 0
	for first := 0; first < len(numbers); first = end {
		for end = first + 1; end < len(numbers) && s.items[numbers[end]].created == s.items[numbers[first]].created; end++ {
		}
		ties := numbers[first:end]
		swap := func(i, j int) { ties[i], ties[j] = ties[j], ties[i] }
		if v.cfg.unstableTies < 0 {
			v.dice.draw.Shuffle(len(ties), swap)
			continue
		}
		for range v.cfg.unstableTies {
			swap(v.dice.draw.IntN(len(ties)), v.dice.draw.IntN(len(ties)))
		}
	}
}
