package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// resends is Ceffu's part of a run: one call for each event type of each webhook.
// Nothing of it is kept, as whether a resend leaves the set of what failed is not
// known: each run asks anew, and some notifications arrive twice.
type resends struct {
	From    time.Time `json:"from"`
	Calls   []resend  `json:"calls"`
	Skipped string    `json:"skipped,omitempty"` // why not all were made

	request ceffu.ResendAllRequest
}

// resend asks for all failed notifications of one event type of one webhook.
type resend struct {
	WebhookID string             `json:"webhook_id"`
	Event     string             `json:"event"`
	Outcome   ceffu.ResendStatus `json:"outcome"`
	Error     string             `json:"error,omitempty"`
}

// notAsked is the outcome of a call that was not made.
const notAsked ceffu.ResendStatus = "not asked"

func (j *job) newResends(from time.Time) *resends {
	s := &resends{From: from.In(j.zone)}
	s.request = ceffu.ResendAllRequest{WebhookIDs: j.webhookIDs, EventTypes: j.events, From: from}
	if len(s.request.EventTypes) == 0 {
		s.request.EventTypes = ceffu.EventTypes()
	}
	for _, id := range s.request.WebhookIDs {
		for _, event := range s.request.EventTypes {
			s.Calls = append(s.Calls, resend{WebhookID: id, Event: event.String(), Outcome: notAsked})
		}
	}
	return s
}

// digest stands for all that is going to be asked.
func (s *resends) digest() string {
	sum := sha256.Sum256(fmt.Append(nil, s.From.UTC().Format(time.RFC3339Nano), s.request.WebhookIDs, s.request.EventTypes))
	return hex.EncodeToString(sum[:])
}

// count is how many calls had one of some outcomes.
func (s *resends) count(outcomes ...ceffu.ResendStatus) (n int) {
	for _, c := range s.Calls {
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

// resend makes all calls, after Celcoin's part. It is left out when nothing of
// that got through: resending to a receiver that is down makes things worse.
func (j *job) resend(ctx context.Context, s *resends, r *recovery.Report) error {
	if r != nil && r.Totals.StillPending > 0 && r.Totals.Delivered+r.Totals.AlreadyDelivered == 0 {
		s.Skipped = "nothing of Celcoin's got through, so the receiver seems to be down"
		return nil
	}
	next, stop := iter.Pull2(j.ceffu.ResendAll(ctx, s.request))
	defer stop()
	for i := range s.Calls {
		if err := j.waitForReceiver(ctx); err != nil {
			s.Skipped = "the receiver was not ready"
			return err
		}
		j.progress.show(recovery.Progress{Step: "asking Ceffu", Done: i, Of: len(s.Calls)})
		outcome, err, _ := next() // in the order of the calls
		if err != nil {
			s.Skipped = "no further call would fare better"
			return err
		}
		c := &s.Calls[i]
		c.Outcome = outcome.Status
		if outcome.Err != nil {
			c.Error = outcome.Err.Error()
		} else if outcome.Status == ceffu.ResendNotAccepted {
			c.Error = "Ceffu answered with its code of success, and did not say that it accepted the call"
		}
	}
	_, err, _ := next() // of the last call, if it is one that would have ended the others
	return err
}

// ceffuLine is the command that asks once more for what may be repeated: not for
// what Ceffu accepted, nor for what it answered without accepting.
func (j *job) ceffuLine(s *resends) string {
	var events []string
	for i, event := range ceffu.EventTypes() {
		again := slices.ContainsFunc(s.Calls, func(c resend) bool {
			return c.Event == event.String() && c.Outcome != ceffu.ResendAccepted && c.Outcome != ceffu.ResendNotAccepted
		})
		if again {
			events = append(events, eventNames()[i])
		}
	}
	flags := []string{"-vendor", "ceffu", "-from", quote(s.From.Format(time.RFC3339))}
	if len(events) < len(eventNames()) {
		flags = append(flags, "-event", strings.Join(events, ","))
	}
	return j.line("run", "", flags...)
}

// table says what became of the calls, in texts and on pages.
func (j *job) table(s *resends) recovery.Table {
	t := recovery.Table{
		Title:  fmt.Sprintf("Ceffu: %s of %s accepted", count(s.count(ceffu.ResendAccepted)), plural(len(s.Calls), "call")),
		Header: []string{"event type", "webhook", "call", "error"},
		Note: "Asked for everything that failed since " + stamp(s.From, j.zone) + ". " +
			"Ceffu tells neither how many there are nor what arrived: an accepted call is not a delivery. Look at your receiver.",
	}
	if s.Skipped != "" {
		t.Note = count(s.count(notAsked)) + " not made: " + s.Skipped + ". " + t.Note
	}
	for _, c := range s.Calls {
		t.Rows = append(t.Rows, []string{c.Event, c.WebhookID, string(c.Outcome), c.Error})
	}
	return t
}

// addendum is what the report says beyond Celcoin's part.
func (j *job) addendum(w *work, next []string) recovery.Addendum {
	a := recovery.Addendum{Steps: next}
	if w.ceffu != nil {
		const n = recovery.NotTold
		a.Vendors = []recovery.VendorSummary{{Name: "Ceffu", Missed: n, Replayed: n, Delivered: n, Unknown: n, Expired: n, Pending: n, Failed: n}}
		a.Tables = []recovery.Table{j.table(w.ceffu)}
	}
	return a
}
