package celcointest

import (
	"cmp"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Webhook is one webhook as the simulated vendor keeps it. Handed to
// [Server.Add], every field may be left out.
type Webhook struct {
	Product celcoin.Product // empty: ProductPix
	Entity  celcoin.Entity  // empty: EntityPixPaymentIn
	ID      string          // empty: a fresh UUID. For Pix the real one is the transaction's id, so several webhooks may share it
	Status  celcoin.Status  // empty: StatusPending

	Request       string         // the payload, sent to the receiver as it is; empty: made up for the entity
	PayloadStatus string         // in a made-up payload; empty: CONFIRMED. One id of Celcoin's Pix can come with several
	Filter        celcoin.Filter // what queries can be narrowed by; all empty: made up, otherwise what is empty is null

	Created        time.Time // true time, not Brasília's with a Z; zero: the server's clock
	LastUpdated    time.Time // zero: Created
	HTTPStatusCode int       // of the last delivery; 0: the receiver never answered, null in the details
	URL            string    // of the last delivery; empty: where the entity is subscribed
	Response       string    // what the receiver answered last; empty: null in the details

	// What Celcoin is not known to do, for tests of clients that have to bear it.
	CreateDate string // shown as createDate whatever it says, such as 9999-12-31T23:59:59Z; empty: that of Created
	NullID     bool   // the details show null instead of the id

	Attempts int  // deliveries tried, the first one included; of a pending webhook, all of them failed
	Blocked  bool // read only: the vendor has given up on it, see [WithBlocking]
}

// Batch describes many webhooks at once, for [Server.Generate].
type Batch struct {
	Product  celcoin.Product // empty: ProductPix
	Entity   celcoin.Entity  // empty: EntityPixPaymentIn
	Count    int
	From, To time.Time      // Created of the first; end, not reached, of the last
	Status   celcoin.Status // empty: StatusPending
	Response string         // what the receiver answered to each, with 503 (200 if sent), of any length; empty: several short ones, or none
}

// withDefaults fills in what can be known without the server's state.
func (w Webhook) withDefaults(now time.Time) Webhook {
	w.Product = cmp.Or(stored(w.Product), celcoin.ProductPix)
	w.Entity = cmp.Or(w.Entity, celcoin.EntityPixPaymentIn)
	w.Status = cmp.Or(w.Status, celcoin.StatusPending)
	w.Created = cmp.Or(w.Created, now).Round(0) // without its monotonic clock
	w.LastUpdated = cmp.Or(w.LastUpdated, w.Created).Round(0)
	return w
}
