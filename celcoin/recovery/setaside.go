package recovery

import (
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// SetAside is an entity, or a window of one, that could not be asked or listed in full,
// or that shows nothing and is older than 7 days.
type SetAside struct {
	Entity celcoin.Entity `json:"entity"`
	From   time.Time      `json:"from,omitzero"` // zero, as To: the whole outage
	To     time.Time      `json:"to,omitzero"`
	// Counted is how many webhooks Celcoin counts there beyond those that it
	// lists; 0: none, or not known.
	Counted int    `json:"counted,omitempty"`
	Reason  string `json:"reason"`
	// Status, Code and RequestID are Celcoin's last answer, if there was one.
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

func setAside(asides []engine.Aside) (all []SetAside) {
	for _, a := range asides {
		all = append(all, SetAside{
			Entity: a.Entity, From: a.From, To: a.To, Counted: a.Counted, Reason: a.Reason,
			Status: a.Status, Code: a.Code, RequestID: a.RequestID,
		})
	}
	return all
}

// setAsideEntries are what was set aside, with what Celcoin counts and answered.
func setAsideEntries(c render.Clock, all []SetAside) (entries []render.Entry) {
	for _, s := range all {
		e := render.Entry{Name: []string{render.Line(string(s.Entity))}, When: s.when(c)}
		if s.Reason != "" {
			e.Why = append(e.Why, render.Line(s.Reason))
		}
		if s.Counted > 0 {
			e.Why = append(e.Why, render.Count(s.Counted)+" counted by Celcoin and not listed")
		}
		if text := answer(s.Status, s.Code, s.RequestID); text != "" {
			e.Why = append(e.Why, "Celcoin answered "+text)
		}
		entries = append(entries, e)
	}
	return entries
}

func (s SetAside) when(c render.Clock) string {
	if s.From.IsZero() && s.To.IsZero() {
		return "the whole outage"
	}
	return c.Span(s.From, s.To)
}
