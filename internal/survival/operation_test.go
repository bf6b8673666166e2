package survival

import (
	"context"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// kind is what a second copy of a call does.
type kind int

const (
	reads   kind = iota // nothing
	repeats             // something that may happen twice
	once                // something that should not happen twice
)

// operation is a public call that a fault is put in the way of, or the token call
// before one.
type operation struct {
	name   string
	vendor string
	calls  string // what the simulator calls it
	op     string // what an *Error calls it
	kind   kind
	do     func(ctx context.Context, s *subject, id string) (finds int, err error)

	delivers bool // the call that is made brings about a delivery, once it is carried out
}

// tokens is how many token requests stand before the operation's own.
func (op operation) tokens() int {
	if op.vendor == "celcoin" && op.calls != "token" {
		return 1
	}
	return 0
}

var operations = []operation{
	{"resend", "ceffu", "resend", ceffu.OperationResend, repeats, resend, true},
	{"token", "celcoin", "token", celcoin.OperationToken, reads, count, false},
	// Before its token a replay has not left: whatever becomes of that, no doubt.
	{"token of a replay", "celcoin", "token", celcoin.OperationToken, reads, replay, true},
	{"count", "celcoin", "count", celcoin.OperationCount, reads, count, false},
	{"list", "celcoin", "details", celcoin.OperationList, reads, list, false},
	{"iterate", "celcoin", "details", celcoin.OperationList, reads, iterate, false},
	{"replay", "celcoin", "replay", celcoin.OperationReplay, once, replay, true},
	{"replay at least once", "celcoin", "replay", celcoin.OperationReplay, repeats, replayAtLeastOnce, true},
}

func resend(ctx context.Context, s *subject, id string) (int, error) {
	result, err := s.ceffu.ResendWebhooks(ctx, ceffu.ResendRequest{
		WebhookID: id, EventType: ceffu.DepositSuccess, From: s.begin.Add(-24 * time.Hour),
	})
	if err != nil || !result.Accepted {
		return 0, err
	}
	return 1, nil
}

func (s *subject) query(id string) celcoin.Query {
	return celcoin.Query{
		Entity: celcoin.EntityPixPaymentIn, From: s.begin.Add(-24 * time.Hour), To: s.begin.Add(time.Minute), ClientRequestID: id,
	}
}

func count(ctx context.Context, s *subject, id string) (int, error) {
	c, err := s.celcoin.CountWebhooks(ctx, s.query(id))
	if err != nil {
		return 0, err
	}
	return c.TotalItems, nil
}

func list(ctx context.Context, s *subject, id string) (int, error) {
	page, err := s.celcoin.ListWebhooks(ctx, s.query(id), celcoin.PageOptions{})
	if err != nil {
		return 0, err
	}
	return len(page.Webhooks), nil
}

func iterate(ctx context.Context, s *subject, id string) (seen int, err error) {
	for _, err := range s.celcoin.Webhooks(ctx, s.query(id)) {
		if err != nil {
			return seen, err
		}
		seen++
	}
	return seen, nil
}

func replay(ctx context.Context, s *subject, id string) (int, error) { return s.replay(ctx, id) }

func replayAtLeastOnce(ctx context.Context, s *subject, id string) (int, error) {
	return s.replay(ctx, id, celcoin.WithAtLeastOnce())
}

func (s *subject) replay(ctx context.Context, id string, opts ...celcoin.CallOption) (int, error) {
	summary, err := s.celcoin.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: id}, opts...)
	if err != nil {
		return 0, err
	}
	return summary.TotalItems, nil
}
