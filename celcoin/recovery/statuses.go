package recovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// StatusResult is what Celcoin says of the transaction of an unresolved item.
type StatusResult string

// The results of [Recoverer.Statuses]. None of them is a delivery.
const (
	StatusConfirmed  StatusResult = "confirmed"
	StatusError      StatusResult = "error" // the transaction failed
	StatusProcessing StatusResult = "processing"
	StatusOther      StatusResult = "other"        // a status that is not known
	StatusNotFound   StatusResult = "not found"    // Celcoin knows of no such transaction, at least no more
	StatusNoCall     StatusResult = "no such call" // for this entity and product, or with this client
	StatusNoAnswer   StatusResult = "no answer"    // the call failed: see Error
)

// ItemStatus is an unresolved item and what became of its transaction.
type ItemStatus struct {
	Item
	Result StatusResult
	Asked  time.Time // when Celcoin said so; zero if there is no such call
	// Status is Celcoin's own word, if the transaction was found.
	Status    celcoin.TransactionStatus
	ErrorCode string // of a transaction that failed
	Error     string // of a call that failed, on one line
}

// statusAPI is what Statuses needs of a client beyond [API]. [*celcoin.Client] is one.
type statusAPI interface {
	PixPaymentStatus(ctx context.Context, q celcoin.PixPaymentQuery, opts ...celcoin.CallOption) (*celcoin.PixStatus, error)
	PixReceiptStatus(ctx context.Context, q celcoin.PixReceiptQuery, opts ...celcoin.CallOption) (*celcoin.PixStatus, error)
}

// Statuses asks Celcoin what became of the transactions of the items of
// [Recoverer.Unresolved], one after another at the rate of all calls: by
// [celcoin.Client.PixPaymentStatus] for pix-payment-out, and by
// [celcoin.Client.PixReceiptStatus] for pix-payment-in of the product PIX. No
// such call is known of other entities. Nothing that it says is a delivery: it
// is for a person, or an inbox, to book.
//
// The ID of a webhook is taken for the transaction's, which integrators saw of
// Pix and Celcoin does not document. How far the calls look back is in doubt
// (one digest of the documentation says 8 days), so [StatusNotFound] does not
// say that there was no transaction.
//
// What Celcoin says is kept in the journal, and counted in the report's Statuses.
// A later call leaves out transactions that are confirmed or failed; an ID with
// several webhooks is queried once.
//
// A call that fails is its item's own, [StatusNoAnswer]. The iteration ends with
// the error of refused credentials, of a wait beyond the max wait, of the store
// and of ctx, and with [ErrNotFound], [ErrOtherEnvironment] and, while another
// asks, [ErrLocked].
func (r *Recoverer) Statuses(ctx context.Context, id string) iter.Seq2[ItemStatus, error] {
	return func(yield func(ItemStatus, error) bool) {
		more := true
		err := r.statuses(ctx, id, func(s ItemStatus) bool {
			more = yield(s, nil)
			return more
		})
		if err != nil && more {
			yield(ItemStatus{}, named(id, err))
		}
	}
}

func (r *Recoverer) statuses(ctx context.Context, id string, each func(ItemStatus) bool) (err error) {
	p, err := r.complete(ctx, id)
	if err == nil {
		err = r.e.CheckEnvironment(p.Fingerprint)
	}
	if err != nil {
		return err
	}
	log, err := r.e.Store.Open(ctx, id, statusLog)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	known, _, err := r.readStatuses(ctx, id)
	if err != nil {
		return err
	}
	a := &asking{r: r, product: p.Request.Product, refused: map[celcoin.Entity]error{}}
	asked := map[transaction]bool{}
	for item, err := range r.Unresolved(ctx, id) {
		if err != nil {
			return err
		}
		t := transaction{item.Entity, item.ID}
		s := known[t]
		if final := s.Result == StatusConfirmed || s.Result == StatusError; !final && !asked[t] {
			if s, err = a.ask(ctx, t); err != nil {
				return err
			}
			s.transaction, known[t], asked[t] = t, s, true
			record, err := json.Marshal(&s)
			if err == nil {
				err = log.Append(ctx, false, record) // what is lost is queried once more
			}
			if err != nil {
				return err
			}
		}
		if !each(ItemStatus{item, s.Result, s.Asked, s.Status, s.ErrorCode, s.Error}) {
			return nil
		}
	}
	return nil
}

// asking is one iteration of Statuses.
type asking struct {
	r       *Recoverer
	product celcoin.Product
	refused map[celcoin.Entity]error // Celcoin has no such call for this client
	since   time.Time                // of the first failure in a row
}

// transaction is what is asked for once.
type transaction struct {
	Entity celcoin.Entity `json:"entity"`
	ID     string         `json:"id,omitempty"`
}

// statusLog is the log of a recovery with what Celcoin said.
const statusLog = "statuses"

// statusRecord is a record of that log.
type statusRecord struct {
	transaction

	Result    StatusResult              `json:"result"`
	Asked     time.Time                 `json:"asked,omitzero"`
	Status    celcoin.TransactionStatus `json:"status,omitempty"`
	ErrorCode string                    `json:"error_code,omitempty"`
	Error     string                    `json:"error,omitempty"`
	Called    bool                      `json:"called,omitempty"` // for this record
}

// ask asks Celcoin. The error is one that every other item would get.
func (a *asking) ask(ctx context.Context, t transaction) (statusRecord, error) {
	client, ok := a.r.e.API.(statusAPI)
	out := t.Entity == celcoin.EntityPixPaymentOut
	in := t.Entity == celcoin.EntityPixPaymentIn && a.product == celcoin.ProductPix
	if !ok || !out && !in || t.ID == "" {
		return statusRecord{Result: StatusNoCall}, nil
	}
	if err := a.refused[t.Entity]; err != nil {
		return statusRecord{Result: StatusNoCall, Error: err.Error()}, nil //nolint:nilerr // it is the item's own
	}
	var found *celcoin.PixStatus
	err := a.r.e.Ask(ctx, &a.since, func(ctx context.Context, resp *celcoin.Response) (err error) {
		opts := []celcoin.CallOption{celcoin.WithMaxRetries(0), celcoin.WithResponse(resp)}
		if out {
			found, err = client.PixPaymentStatus(ctx, celcoin.PixPaymentQuery{Product: a.product, TransactionID: t.ID}, opts...)
		} else {
			found, err = client.PixReceiptStatus(ctx, celcoin.PixReceiptQuery{TransactionID: t.ID}, opts...)
		}
		return err
	})
	s := statusRecord{Result: StatusNoAnswer, Asked: time.Now().UTC(), Called: true}
	if err == nil {
		s.Result, s.Status, s.ErrorCode = resultOf(found), found.Status, found.ErrorCode
		return s, nil
	}
	answer, ok := errors.AsType[*celcoin.Error](err)
	if ctx.Err() != nil || !ok || errors.Is(err, celcoin.ErrUnauthorized) {
		return statusRecord{}, err
	}
	s.Error = err.Error()
	if errors.Is(err, celcoin.ErrForbidden) || errors.Is(err, celcoin.ErrNotFound) && answer.Code == "" {
		a.refused[t.Entity] = err
		s.Result = StatusNoCall
	}
	return s, nil
}

func resultOf(s *celcoin.PixStatus) StatusResult {
	if !s.Found {
		return StatusNotFound
	}
	switch s.Status {
	case celcoin.TransactionConfirmed:
		return StatusConfirmed
	case celcoin.TransactionError:
		return StatusError
	case celcoin.TransactionProcessing:
		return StatusProcessing
	}
	return StatusOther
}

// readStatuses is what was last heard of each transaction, and the calls that it took.
func (r *Recoverer) readStatuses(ctx context.Context, id string) (known map[transaction]statusRecord, calls int, err error) {
	known = map[transaction]statusRecord{}
	for record, err := range r.e.Store.Read(ctx, id, statusLog) {
		var s statusRecord
		if err == nil {
			err = json.Unmarshal(record, &s)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", statusLog, err)
		}
		if s.Called {
			calls++
		}
		known[s.transaction] = s
	}
	return known, calls, nil
}
