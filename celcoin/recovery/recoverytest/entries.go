package recoverytest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// moment has all digits of a second, which a store must keep.
var moment = time.Date(2026, time.July, 14, 1, 10, 59, 123456789, time.FixedZone("-03", -3*60*60))

// full has a value in every field, and so is no entry of a real recovery.
func full() recovery.Entry {
	return recovery.Entry{
		Kind:    recovery.KindRequest,
		Time:    moment,
		Version: 1,
		Request: &recovery.Request{
			ID:       "outage-1",
			Product:  celcoin.ProductBaaS,
			Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut},
			From:     moment.Add(-2 * time.Hour),
			To:       moment.Add(-time.Hour),
			Margin:   90 * time.Minute,
			Filter:   celcoin.Filter{DocumentNumber: "00000000000", Account: "1", ID: "2", ClientRequestID: "3"},
			MaxItems: 5000,
		},
		Window:    &recovery.Unit{Entity: celcoin.EntityPixPaymentIn, From: moment, To: moment.Add(time.Hour)},
		Item:      item(7).Item,
		Items:     []int{0, 7, 1_000_000, 3},
		Result:    recovery.ResultRefused,
		Status:    429,
		Code:      "CIE429",
		RequestID: "5c1f0c1e-request",
		Error:     "celcoin: replay webhooks: 429",
		Digest:    "8f14e45fceea167a",
		Count:     12,
		Calls:     34,
		Retries:   5,
		Skew:      -42*time.Second - time.Nanosecond,
	}
}

// item is the entry of the nth webhook.
func item(n int) recovery.Entry {
	return recovery.Entry{Kind: recovery.KindItem, Time: moment.Add(time.Duration(n)), Item: &recovery.Item{
		Entity:         celcoin.EntityPixPaymentIn,
		ID:             fmt.Sprintf("66%022d", n),
		Status:         celcoin.StatusPending,
		Created:        "2026-07-13T22:11:03.417Z",
		Updated:        "2026-07-13T22:41:09Z",
		HTTPStatusCode: 503,
		Expires:        moment.Add(7 * 24 * time.Hour),
	}}
}

func intent(items ...int) recovery.Entry {
	return recovery.Entry{Kind: recovery.KindIntent, Time: moment, Items: items}
}

func outcome(n int) recovery.Entry {
	return recovery.Entry{
		Kind: recovery.KindOutcome, Time: moment, Items: []int{n},
		Result: recovery.ResultAccepted, RequestID: fmt.Sprintf("request-%d", n),
	}
}

// run is a recovery of n webhooks, one after the other.
func run(n int) []recovery.Entry {
	entries := []recovery.Entry{{Kind: recovery.KindRequest, Time: moment, Request: full().Request}}
	for i := range n {
		entries = append(entries, item(i))
	}
	entries = append(entries, recovery.Entry{Kind: recovery.KindPlanned, Time: moment, Digest: "8f14e45fceea167a"})
	for i := range n {
		entries = append(entries, intent(i), outcome(i))
	}
	return entries
}

// same compares entries: times by their instant, and no slice or pointer for an
// empty one.
func same(got, want recovery.Entry) error {
	if reflect.DeepEqual(plain(got), plain(want)) {
		return nil
	}
	return fmt.Errorf("got %s, want %s", show(got), show(want))
}

// plain makes equal entries deeply equal.
func plain(e recovery.Entry) recovery.Entry {
	e.Time = instant(e.Time)
	if len(e.Items) == 0 {
		e.Items = nil
	}
	if e.Request != nil {
		r := *e.Request
		r.From, r.To = instant(r.From), instant(r.To)
		if len(r.Entities) == 0 {
			r.Entities = nil
		}
		e.Request = &r
	}
	if e.Window != nil {
		w := *e.Window
		w.From, w.To = instant(w.From), instant(w.To)
		e.Window = &w
	}
	if e.Item != nil {
		it := *e.Item
		it.Expires = instant(it.Expires)
		e.Item = &it
	}
	return e
}

// instant leaves of a time only when it is.
func instant(t time.Time) time.Time { return t.Round(0).UTC() }

// show shortens large entries.
func show(e recovery.Entry) string {
	const most = 500
	text, err := json.Marshal(e)
	if err != nil {
		text = fmt.Appendf(nil, "%+v", e)
	}
	if len(text) > most {
		return fmt.Sprintf("%.*s… (%d bytes)", most, text, len(text))
	}
	return string(text)
}
