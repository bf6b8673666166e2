package ceffu

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/internal/argument"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// ResendAllRequest says which notifications to resend: those of several
// webhooks and event types.
type ResendAllRequest struct {
	// WebhookIDs are those that Ceffu's UI shows, of which there are 30 at most.
	WebhookIDs []string
	// EventTypes are the kinds of notification; none stands for all of [EventTypes].
	EventTypes []EventType
	// From is the lower bound, as in [ResendRequest].
	From time.Time
}

// ResendStatus is what became of one resend of [Client.ResendAll].
type ResendStatus string

// The statuses of a [ResendOutcome].
const (
	// ResendAccepted: Ceffu took the request. It is not a delivery.
	ResendAccepted ResendStatus = "accepted"
	// ResendNotAccepted: Ceffu reported success with data that is null or false.
	// What that means is not documented; whether a repeated request would be
	// accepted is unknown.
	ResendNotAccepted ResendStatus = "not accepted"
	// ResendRefused: Ceffu did not carry out the request; Err says why.
	ResendRefused ResendStatus = "refused"
	// ResendOutcomeUnknown: Ceffu may have carried it out, though no success was
	// seen; Err is [ErrOutcomeUnknown].
	ResendOutcomeUnknown ResendStatus = "outcome unknown"
)

// ResendOutcome is what became of the resend of one event type of one webhook.
type ResendOutcome struct {
	WebhookID string
	EventType EventType
	Status    ResendStatus
	// Err is an [*Error], and nil if Ceffu reported success. [Retryable] tells
	// whether it makes sense to ask for this one again.
	Err error
}

// ResendAll asks Ceffu to send again all failed notifications since req.From:
// with one [Client.ResendWebhooks] for each event type of each webhook, one
// after another. That is 120 calls at most for the 30 webhooks that Ceffu allows.
//
// It goes on past a call that fails: the outcome has its error, and the
// iterator's is nil. An error of the iterator is an [*Error], comes alone and
// ends the iteration:
//   - a request that is [ErrInvalidRequest] before anything is sent
//   - credentials that Ceffu refuses whatever the webhook: [ErrUnauthorized], an
//     address that is not on the key's list (G20011), a key without the
//     permission for this endpoint (G20016)
//   - the end of ctx, also if a wait would outlive its deadline
//
// The outcome of the call that met such an end comes before it: a cancelled
// resend may have been carried out.
//
// The calls keep to [WithRateLimit]. Each time that Ceffu answers with a rate
// limit, the pause before each further call grows: 1 second, then twice as
// much, up to 30 seconds. Breaking out of the loop sends nothing more. The
// options go to each call.
//
// It keeps no record of what it did. If the process ends, call it again for all:
// whether a notification that was resent and delivered leaves the failed ones is
// not documented, so that may deliver it twice.
//
// POST /open-api/entity/webhook/resend:
// https://apidoc.ceffu.io/apidoc/shared-c9ece2c6-3ab4-4667-bb7d-c527fb3dbf78/api-3471801
func (c *Client) ResendAll(ctx context.Context, req ResendAllRequest, opts ...CallOption) iter.Seq2[ResendOutcome, error] {
	return func(yield func(ResendOutcome, error) bool) {
		requests, err := req.requests()
		if err = cmp.Or(argument.Context(ctx), err); err != nil {
			yield(ResendOutcome{}, argumentError(err))
			return
		}
		var pause time.Duration
		for _, r := range requests {
			if err := transport.Sleep(ctx, pause, "the last rate limit holds the next call back"); err != nil {
				yield(ResendOutcome{}, argumentError(err))
				return
			}
			result, limited, err := c.resend(ctx, r, opts)
			if limited {
				pause = min(max(2*pause, time.Second), 30*time.Second) // Ceffu's limits are not documented
			}
			if !yield(outcomeOf(r, result, err), nil) {
				return
			}
			if endsAll(ctx, err) {
				yield(ResendOutcome{}, err)
				return
			}
		}
	}
}

// requests are the different calls of the request, all of them checked.
func (r *ResendAllRequest) requests() ([]ResendRequest, error) {
	if len(r.WebhookIDs) == 0 {
		return nil, argument.Invalid("WebhookIDs", "is empty")
	}
	events := r.EventTypes
	if len(events) == 0 {
		events = EventTypes()
	}
	var requests []ResendRequest
	for _, id := range r.WebhookIDs {
		for _, event := range events {
			one := ResendRequest{WebhookID: id, EventType: event, From: r.From}
			if err := one.check(); err != nil {
				return nil, err
			}
			if !slices.Contains(requests, one) {
				requests = append(requests, one)
			}
		}
	}
	return requests, nil
}

func outcomeOf(r ResendRequest, result *ResendResult, err error) ResendOutcome {
	o := ResendOutcome{WebhookID: r.WebhookID, EventType: r.EventType, Err: err}
	switch {
	case errors.Is(err, ErrOutcomeUnknown):
		o.Status = ResendOutcomeUnknown
	case err != nil:
		o.Status = ResendRefused
	case result.Accepted:
		o.Status = ResendAccepted
	default:
		o.Status = ResendNotAccepted
	}
	return o
}

// endsAll tells whether no further call would fare better. An error that is the
// end of a context is that of ctx: the transport lets no other pass for it.
func endsAll(ctx context.Context, err error) bool {
	if err == nil {
		return false
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnauthorized) {
		return true
	}
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Code == "G20011" || e.Code == "G20016")
}
