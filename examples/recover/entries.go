package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// entry is a record of the log of Ceffu's part.
type entry struct {
	Kind      string    `json:"kind"`
	Time      time.Time `json:"time"`
	From      time.Time `json:"from,omitzero"`
	Event     string    `json:"event,omitempty"`
	WebhookID string    `json:"webhook_id,omitempty"`
	Items     []int     `json:"items,omitempty"`
	Accepted  bool      `json:"accepted,omitempty"`
	Status    int       `json:"status,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	Error     string    `json:"error,omitempty"`
}

// The kinds of records.
const (
	kindRequest = "request" // From
	kindItem    = "item"    // Event, WebhookID
	kindPlanned = "planned"
	kindRun     = "run"
	kindOutcome = "outcome" // Items, Accepted and what the answer said
)

// resendsLog is the name of the log of Ceffu's part.
const resendsLog = "resends"

// readEntries calls f for each record of a log.
func readEntries(ctx context.Context, store journal.Store, id string, f func(*entry)) error {
	for record, err := range store.Read(ctx, id, resendsLog) {
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(record, &e); err != nil {
			return errors.Join(err, journal.ErrCorrupt)
		}
		f(&e)
	}
	return nil
}
