package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// ceffuSuffix ends the ID of the journal of Ceffu's part. It is beside the one
// of Celcoin's part and in the same form, as locks, checksums and torn lines are
// the store's to care for: an item's entity is an event type, and its ID a
// webhook's.
const ceffuSuffix = ".ceffu"

// planResends keeps what is to be asked of Ceffu, unless that has been done.
func (j *job) planResends(ctx context.Context, wanted *resends) (*resends, error) {
	var kept *resends
	err := j.withResends(ctx, wanted.id, func(journal recovery.Journal, stored *resends) error {
		if len(stored.calls) == 0 {
			if wanted.from.IsZero() {
				return fmt.Errorf("%s: %w", wanted.id, recovery.ErrNotFound)
			}
			entries := []recovery.Entry{{
				Kind: recovery.KindRequest, Version: 1, Request: &recovery.Request{ID: wanted.id, From: wanted.from, To: wanted.from},
			}}
			for _, c := range wanted.calls {
				entries = append(entries, recovery.Entry{Kind: recovery.KindItem, Item: c.item()})
			}
			kept = wanted
			return appendNow(ctx, journal, append(entries, recovery.Entry{Kind: recovery.KindPlanned, Digest: wanted.digest()})...)
		}
		if wanted.from.IsZero() {
			wanted.from = stored.from
		}
		if kept = stored; kept.digest() != wanted.digest() {
			return fmt.Errorf("the ID belongs to another request: -from or %s was not the same: %w", ceffuWebhookIDs, recovery.ErrInvalidRequest)
		}
		return nil
	})
	return kept, err
}

// withResends opens the journal of Ceffu's part of a recovery. Without calls,
// there was none.
func (j *job) withResends(ctx context.Context, id string, do func(recovery.Journal, *resends) error) (err error) {
	journal, err := j.journals.Open(ctx, id+ceffuSuffix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	s := &resends{id: id}
	planned := false
	for e, err := range journal.Entries(ctx) {
		if err != nil {
			return err
		}
		planned = planned || e.Entry.Kind == recovery.KindPlanned
		s.apply(&e.Entry)
	}
	if !planned {
		s = &resends{id: id}
	}
	return do(journal, s)
}

// apply takes in what the journal tells.
func (s *resends) apply(e *recovery.Entry) {
	switch e.Kind {
	case recovery.KindRequest:
		s.calls = nil // a plan that was not completed is begun anew
		if e.Request != nil {
			s.from = e.Request.From
		}
	case recovery.KindItem:
		if e.Item != nil {
			s.calls = append(s.calls, call{webhookID: e.Item.ID, event: ceffu.EventType(e.Item.Entity)})
		}
	case recovery.KindRun:
		s.begun = true
	case recovery.KindOutcome:
		for _, i := range e.Items {
			if i >= 0 && i < len(s.calls) {
				s.calls[i].accepted = e.Result == recovery.ResultAccepted
			}
		}
	default: // Celcoin's
	}
}

// appendNow makes entries durable.
func appendNow(ctx context.Context, journal recovery.Journal, entries ...recovery.Entry) error {
	now := time.Now()
	for i := range entries {
		entries[i].Time = now
	}
	if _, err := journal.Append(ctx, entries...); err != nil {
		return err
	}
	return journal.Sync(ctx)
}
