package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// resends is Ceffu's part of a recovery: one call for each event type of each
// webhook.
type resends struct {
	id    string // of the recovery
	from  time.Time
	calls []call
	begun bool
}

// call asks for all failed notifications of one event type of one webhook.
type call struct {
	webhookID string
	event     ceffu.EventType
	accepted  bool
}

// newResends are the calls for all event types of all webhooks.
func newResends(id string, from time.Time, webhookIDs []string) *resends {
	s := &resends{id: id, from: from.UTC()}
	for _, event := range ceffu.EventTypes() {
		for _, webhookID := range webhookIDs {
			s.calls = append(s.calls, call{webhookID: webhookID, event: event})
		}
	}
	if s.id == "" {
		s.id = s.from.Format("20060102T150405Z") + "-" + s.digest()[:12]
	}
	return s
}

// digest stands for all that is going to be asked.
func (s *resends) digest() string {
	var text strings.Builder
	text.WriteString(s.from.UTC().Format(time.RFC3339Nano))
	for _, c := range s.calls {
		fmt.Fprintf(&text, "\n%s %s", c.webhookID, c.event.String())
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:])
}

// left is how many calls have not been accepted.
func (s *resends) left() int {
	n := 0
	for _, c := range s.calls {
		if !c.accepted {
			n++
		}
	}
	return n
}

func (s *resends) writeText(w io.Writer) {
	fmt.Fprintf(w, "Ceffu is asked for everything that failed since %s: %d calls, each for one event type of one webhook, %d of them done.\n"+
		"It does not tell beforehand how many notifications that are.\n", s.from.Format(time.RFC3339), len(s.calls), len(s.calls)-s.left())
}

// rows are the table's lines, one an event type. Ceffu says neither how many
// there are nor what arrived.
func (s *resends) rows() []row {
	var rows []row
	for _, c := range s.calls {
		i := slices.IndexFunc(rows, func(r row) bool { return r.what == c.event.String() })
		if i < 0 {
			i = len(rows)
			rows = append(rows, row{vendor: "Ceffu", what: c.event.String(), missed: unknown, arrived: unknown, missing: unknown})
		}
		if c.accepted {
			rows[i].asked++
		} else {
			rows[i].unasked++
		}
	}
	return rows
}

// resend makes the calls that have not been accepted yet, one after another,
// and notes in the journal those that are, so that no later run repeats them. A
// webhook that Ceffu refuses holds up no other.
func (j *job) resend(ctx context.Context, id string) ([]row, error) {
	var s *resends
	var refused error
	err := j.withResends(ctx, id, func(log journal.Log, stored *resends) error {
		s = stored
		if len(s.calls) == 0 {
			return recovery.ErrNotFound
		}
		if err := appendNow(ctx, log, entry{Kind: kindRun}); err != nil {
			return err
		}
		for i, c := range s.calls {
			j.progress.step("asking Ceffu", i, len(s.calls))
			if c.accepted {
				continue
			}
			if err := j.waitForReceiver(ctx); err != nil {
				return err
			}
			outcome, err := j.resendOne(ctx, s.from, c)
			outcome.Items = []int{i}
			if e := appendNow(context.WithoutCancel(ctx), log, outcome); e != nil {
				return errors.Join(err, e)
			}
			s.calls[i].accepted = outcome.Accepted
			switch {
			case err == nil:
			case errors.Is(err, ceffu.ErrInvalidRequest), errors.Is(err, ceffu.ErrNotFound):
				refused = errors.Join(refused, err)
			default:
				return err
			}
		}
		return refused
	})
	if s == nil {
		return nil, err
	}
	return s.rows(), err
}

func (j *job) resendOne(ctx context.Context, from time.Time, c call) (entry, error) {
	outcome := entry{Kind: kindOutcome}
	var resp ceffu.Response
	answer, err := j.ceffu.ResendWebhooks(ctx,
		ceffu.ResendRequest{WebhookID: c.webhookID, EventType: c.event, From: from}, ceffu.WithResponse(&resp))
	outcome.Status, outcome.RequestID = resp.StatusCode, resp.RequestID
	switch {
	case err != nil:
		err = fmt.Errorf("%s of webhook %s: %w", c.event, c.webhookID, err)
		outcome.Error = err.Error()
	case answer.Accepted:
		outcome.Accepted = true
	}
	return outcome, err
}
