package recovery

import (
	"context"
	"iter"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// Item is a webhook of the plan, without its payload.
type Item struct {
	Entity celcoin.Entity `json:"entity"`
	ID     string         `json:"id"`
	// Key is the key that package inbox makes of the payload; a receiver finds
	// the webhook by it also where it has no ID.
	Key string `json:"key,omitempty"`
	// PayloadStatus is the status of the transaction, such as CONFIRMED. One ID
	// comes with several.
	PayloadStatus string         `json:"payload_status,omitempty"`
	Status        celcoin.Status `json:"status,omitempty"`
	Created       string         `json:"created,omitempty"` // as Celcoin wrote it
	Updated       string         `json:"updated,omitempty"` // as Celcoin wrote it
	// HTTPStatusCode is the receiver's last answer; 0: none.
	HTTPStatusCode int `json:"http_status_code,omitempty"`
	// Expires is when Celcoin stops to replay it: 7 days after Created, by the
	// later reading of that date. Zero if Created cannot be read.
	Expires time.Time `json:"expires,omitzero"`
	// FoundLater: a look after the plan found it.
	FoundLater bool `json:"found_later,omitempty"`
}

func itemOf(entity celcoin.Entity, it *ledger.Item) Item {
	_, expires := it.Expires()
	return Item{
		Entity: entity, ID: it.ID, Key: it.Key, PayloadStatus: it.PayloadStatus, Status: it.Status,
		Created: it.Created, Updated: it.Updated, HTTPStatusCode: it.HTTPStatus, Expires: expires, FoundLater: it.FoundLater,
	}
}

// ItemState is an item and what became of it.
type ItemState struct {
	Item
	// State is "pending", "sending", "accepted", "in doubt", "counted",
	// "overdue", "failed", "unproven", "expired" or "delivered".
	State string
	// Evidence of one that is delivered is "received", "pulled", "sent" or "counted".
	Evidence string
	Attempts int    // over all runs
	Error    string // the last, on one line
}

// Items goes through the items of a plan and what became of them, unit by unit,
// also those that a report does not name. It takes no lock.
func (r *Recoverer) Items(ctx context.Context, id string) iter.Seq2[ItemState, error] {
	return func(yield func(ItemState, error) bool) {
		p, err := r.complete(ctx, id)
		if err != nil {
			yield(ItemState{}, err)
			return
		}
		for u, err := range r.e.Units(ctx, p) {
			if err != nil {
				yield(ItemState{}, named(id, err))
				return
			}
			for i := range u.Unit.Rows {
				row := &u.Unit.Rows[i]
				if !yield(ItemState{
					Item: itemOf(u.Entity, &row.Item), State: row.State.String(), Evidence: row.Evidence.String(),
					Attempts: row.Attempts, Error: row.Answer.Error,
				}, nil) {
					return
				}
			}
		}
	}
}

// Unresolved goes through the items that a recovery cannot bring back: the
// expired, and those that are gone from Celcoin's list without evidence.
// [Recoverer.Statuses] asks what became of their transactions.
func (r *Recoverer) Unresolved(ctx context.Context, id string) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for s, err := range r.Items(ctx, id) {
			if (err != nil || unresolved(s.State)) && !yield(s.Item, err) {
				return
			}
		}
	}
}

func unresolved(state string) bool {
	return state == ledger.Expired.String() || state == ledger.Unproven.String()
}
