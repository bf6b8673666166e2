package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// ceffuSuffix ends the ID of the journal of Ceffu's part. It is beside the one
// of Celcoin's part and in the same form, as locks, checksums and torn lines are
// the store's to care for: an item's entity is an event type, and its ID a
// webhook's.
const ceffuSuffix = ".ceffu"

// planResends keeps what is to be asked of Ceffu, unless that has been done.
func (j *job) planResends(ctx context.Context, wanted *resends) (*resends, error) {
	var kept *resends
	err := j.withResends(ctx, wanted.id, func(log journal.Log, stored *resends) error {
		if len(stored.calls) == 0 {
			if wanted.from.IsZero() {
				return fmt.Errorf("%s: %w", wanted.id, recovery.ErrNotFound)
			}
			entries := []entry{{Kind: kindRequest, From: wanted.from}}
			for _, c := range wanted.calls {
				entries = append(entries, entry{Kind: kindItem, Event: string(c.event), WebhookID: c.webhookID})
			}
			kept = wanted
			return appendNow(ctx, log, append(entries, entry{Kind: kindPlanned})...)
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
func (j *job) withResends(ctx context.Context, id string, do func(journal.Log, *resends) error) (err error) {
	log, err := j.journals.Open(ctx, id+ceffuSuffix, resendsLog)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	s := &resends{id: id}
	planned := false
	err = readEntries(ctx, j.journals, id+ceffuSuffix, func(e *entry) {
		planned = planned || e.Kind == kindPlanned
		s.apply(e)
	})
	if err != nil {
		return err
	}
	if !planned {
		s = &resends{id: id}
	}
	return do(log, s)
}

// apply takes in what the journal tells.
func (s *resends) apply(e *entry) {
	switch e.Kind {
	case kindRequest:
		s.calls = nil // a plan that was not completed is begun anew
		s.from = e.From
	case kindItem:
		s.calls = append(s.calls, call{webhookID: e.WebhookID, event: ceffu.EventType(e.Event)})
	case kindRun:
		s.begun = true
	case kindOutcome:
		for _, i := range e.Items {
			if i >= 0 && i < len(s.calls) {
				s.calls[i].accepted = e.Accepted
			}
		}
	}
}

// appendNow makes entries durable.
func appendNow(ctx context.Context, log journal.Log, entries ...entry) error {
	now := time.Now()
	records := make([][]byte, len(entries))
	for i := range entries {
		entries[i].Time = now
		var err error
		if records[i], err = json.Marshal(&entries[i]); err != nil {
			return err
		}
	}
	return log.Append(ctx, true, records...)
}
