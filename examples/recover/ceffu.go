package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// resends is Ceffu's part of a run: one call for each event type of each webhook.
// Nothing of it is kept, as whether a resend leaves the set of what failed is not
// known: each run asks anew, and some notifications arrive twice.
type resends struct {
	from     time.Time
	webhooks []string
	events   []ceffu.EventType
	calls    []call
	skipped  string // why not all were made
}

// call asks for all failed notifications of one event type of one webhook.
type call struct {
	WebhookID string             `json:"webhook_id"`
	Event     string             `json:"event"`
	Outcome   ceffu.ResendStatus `json:"outcome"`
	Error     string             `json:"error,omitempty"`

	event ceffu.EventType
}

// notAsked is the outcome of a call that was not made.
const notAsked ceffu.ResendStatus = "not asked"

func (j *job) newResends(from time.Time) *resends {
	s := &resends{from: from.In(j.zone.Location), webhooks: j.webhookIDs, events: j.events}
	if len(s.events) == 0 {
		s.events = ceffu.EventTypes()
	}
	for _, id := range s.webhooks {
		for _, event := range s.events {
			s.calls = append(s.calls, call{WebhookID: id, Event: event.String(), Outcome: notAsked, event: event})
		}
	}
	return s
}

// digest stands for all that is going to be asked.
func (s *resends) digest() string {
	h := sha256.New()
	fmt.Fprint(h, s.from.UTC().Format(time.RFC3339Nano))
	for _, c := range s.calls {
		fmt.Fprintf(h, "\n%s %s", c.WebhookID, c.Event)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// count is how many calls had one of some outcomes.
func (s *resends) count(outcomes ...ceffu.ResendStatus) (n int) {
	for _, c := range s.calls {
		if slices.Contains(outcomes, c.Outcome) {
			n++
		}
	}
	return n
}

// reached is how many calls Ceffu may have carried out.
func (s *resends) reached() int {
	return s.count(ceffu.ResendAccepted, ceffu.ResendNotAccepted, ceffu.ResendOutcomeUnknown)
}

// ceffuOutput is Ceffu's part in JSON.
type ceffuOutput struct {
	From    time.Time `json:"from"`
	Calls   []call    `json:"calls"`
	Skipped string    `json:"skipped,omitempty"`
}

func (s *resends) output() *ceffuOutput {
	if s == nil {
		return nil
	}
	return &ceffuOutput{From: s.from, Calls: s.calls, Skipped: s.skipped}
}

// resend makes all calls, after Celcoin's part. It is left out when nothing of
// that got through: resending to a receiver that is down makes things worse.
func (j *job) resend(ctx context.Context, s *resends, r *recovery.Report) error {
	if r != nil && r.Totals.StillPending > 0 && r.Totals.Delivered+r.Totals.AlreadyDelivered == 0 {
		s.skipped = "nothing of Celcoin's got through, so the receiver seems to be down"
		return nil
	}
	if err := j.waitForReceiver(ctx); err != nil {
		s.skipped = "the receiver was not ready"
		return err
	}
	j.progress.step(step{name: "asking Ceffu", of: len(s.calls)})
	request := ceffu.ResendAllRequest{WebhookIDs: s.webhooks, EventTypes: s.events, From: s.from}
	for outcome, err := range j.ceffu.ResendAll(ctx, request) {
		if err != nil {
			s.skipped = "no further call would fare better"
			return err
		}
		i := slices.IndexFunc(s.calls, func(c call) bool { return c.WebhookID == outcome.WebhookID && c.event == outcome.EventType })
		if i < 0 {
			continue
		}
		c := &s.calls[i]
		c.Outcome = outcome.Status
		switch {
		case outcome.Err != nil:
			c.Error = outcome.Err.Error()
		case c.Outcome == ceffu.ResendNotAccepted:
			c.Error = "Ceffu answered with its code of success, and did not say that it accepted the call"
		}
		j.progress.step(step{name: "asking Ceffu", done: len(s.calls) - s.count(notAsked), of: len(s.calls)})
		if err := j.waitForReceiver(ctx); err != nil {
			s.skipped = "the receiver was not ready"
			return err
		}
	}
	return nil
}

// ceffuOnly are the flags that ask once more for what may be repeated: not for
// what Ceffu accepted, nor for what it answered without accepting.
func (j *job) ceffuOnly(s *resends) []string {
	flags := []string{"-vendor", "ceffu", "-from", quote(s.from.In(j.zone.Location).Format(time.RFC3339))}
	var again []ceffu.EventType
	for _, c := range s.calls {
		if c.Outcome != ceffu.ResendAccepted && c.Outcome != ceffu.ResendNotAccepted && !slices.Contains(again, c.event) {
			again = append(again, c.event)
		}
	}
	if len(again) == 0 {
		return nil
	}
	if len(again) < len(ceffu.EventTypes()) {
		for _, event := range again {
			flags = append(flags, "-event", eventName(event))
		}
	}
	return flags
}
