package survival

import (
	"context"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// The vendors.
const (
	ceffuSide   = "ceffu"
	celcoinSide = "celcoin"
)

// operation is a public call that a fault is put in the way of, or the token call
// before one.
type operation struct {
	name   string
	vendor string
	calls  string // what the simulator calls it
	op     string // what an *Error calls it
	kind   kind
	do     func(ctx context.Context, s *subject) (finds int, err error)

	delivers bool // the call that is made brings about a delivery, once it is carried out
}

// tokens is how many token requests stand before the operation's own.
func (op operation) tokens() int {
	if op.vendor == celcoinSide && op.calls != "token" {
		return 1
	}
	return 0
}

var operations = []operation{
	{name: "resend", vendor: ceffuSide, calls: "resend", op: "resend webhooks", kind: repeats, do: resend, delivers: true},
	{name: "token", vendor: celcoinSide, calls: "token", op: "token", kind: reads, do: count},
	// Before its token a replay has not left: whatever becomes of that, no doubt.
	{name: "token of a replay", vendor: celcoinSide, calls: "token", op: "token", kind: reads, do: replay, delivers: true},
	{name: "count", vendor: celcoinSide, calls: "count", op: "count webhooks", kind: reads, do: count},
	{name: "list", vendor: celcoinSide, calls: "details", op: "list webhooks", kind: reads, do: list},
	{name: "iterate", vendor: celcoinSide, calls: "details", op: "list webhooks", kind: reads, do: iterate},
	{name: "replay", vendor: celcoinSide, calls: "replay", op: "replay webhooks", kind: once, do: replay, delivers: true},
	{
		name: "replay at least once", vendor: celcoinSide, calls: "replay", op: "replay webhooks", kind: repeats,
		do: replayAtLeastOnce, delivers: true,
	},
}

// replayed is the one webhook that a celcoin subject has.
const replayed = "0193c7a0-5d52-7e8e-a9ad-3f1f0cbfd1c1"

func resend(ctx context.Context, s *subject) (int, error) {
	result, err := s.ceffu.ResendWebhooks(ctx, ceffu.ResendRequest{
		WebhookID: s.webhookID, EventType: ceffu.DepositSuccess, From: s.now.Add(-24 * time.Hour),
	})
	if err != nil || !result.Accepted {
		return 0, err
	}
	return 1, nil
}

func (s *subject) query() celcoin.Query {
	return celcoin.Query{
		Entity: celcoin.EntityPixPaymentIn, From: s.now.Add(-24 * time.Hour), To: s.now.Add(time.Minute),
		DocumentNumber: document,
	}
}

func count(ctx context.Context, s *subject) (int, error) {
	summary, err := s.celcoin.CountWebhooks(ctx, s.query())
	if err != nil {
		return 0, err
	}
	return summary.TotalItems, nil
}

func list(ctx context.Context, s *subject) (int, error) {
	page, err := s.celcoin.ListWebhooks(ctx, s.query(), celcoin.PageOptions{})
	if err != nil {
		return 0, err
	}
	return len(page.Webhooks), nil
}

func iterate(ctx context.Context, s *subject) (seen int, err error) {
	for _, err := range s.celcoin.Webhooks(ctx, s.query()) {
		if err != nil {
			return seen, err
		}
		seen++
	}
	return seen, nil
}

func replay(ctx context.Context, s *subject) (int, error) { return s.replay(ctx) }

func replayAtLeastOnce(ctx context.Context, s *subject) (int, error) {
	return s.replay(ctx, celcoin.WithAtLeastOnce())
}

func (s *subject) replay(ctx context.Context, opts ...celcoin.CallOption) (int, error) {
	summary, err := s.celcoin.ReplayWebhooks(ctx, celcoin.ReplayRequest{
		Entity: celcoin.EntityPixPaymentIn, WebhookID: replayed, Filter: celcoin.Filter{DocumentNumber: document},
	}, opts...)
	if err != nil {
		return 0, err
	}
	return summary.TotalItems, nil
}
