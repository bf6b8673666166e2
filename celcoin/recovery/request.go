package recovery

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// DefaultMargin is the Margin of a Request that has none: what the dates of
// webhooks may be off by, see [celcoin.Timestamp].
const DefaultMargin = 3 * time.Hour

// maxOutage is how long an outage may be, with its margin. Celcoin replays webhooks
// for 7 days, so of a longer one the most is lost; but its dates may be read
// differently, and clocks be wrong.
const maxOutage = 30 * 24 * time.Hour

// Request says what to recover.
type Request struct {
	// ID is the caller's key for this recovery: letters, digits, '.', '_' and
	// '-', at most 100. The same ID resumes. If it is empty, one is derived
	// from the content.
	ID       string           `json:"id"`
	Product  celcoin.Product  `json:"product,omitempty"` // zero: celcoin.ProductPix
	Entities []celcoin.Entity `json:"entities"`
	// From and To are the outage: when the receiver was down. With the Margin it
	// may be 30 days long; Celcoin replays webhooks for 7 days.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Margin widens From and To, by [DefaultMargin] if it is zero, and not at
	// all if it is below zero.
	Margin time.Duration `json:"margin,omitempty"`
	// Filter narrows the recovery. It is kept in the journal as it is.
	Filter celcoin.Filter `json:"filter,omitzero"`
	// MaxItems refuses a larger plan. Zero: any size.
	MaxItems int `json:"max_items,omitempty"`
	// AllowOverlap runs it although another recovery of the same webhooks is not
	// finished: see [ErrOverlap]. They may arrive twice.
	AllowOverlap bool `json:"allow_overlap,omitempty"`
}

// normal checks a request and fills in what is left out.
func (r Request) normal() (Request, error) {
	switch {
	case len(r.Entities) == 0:
		return r, invalid("Entities is empty")
	case r.From.IsZero():
		return r, invalid("From is not set")
	case r.To.IsZero():
		return r, invalid("To is not set")
	case r.From.After(r.To):
		return r, invalid("From is after To")
	case r.MaxItems < 0:
		return r, invalid("MaxItems is negative")
	}
	if err := checkProduct(r.Product, r.Entities); err != nil {
		return r, err
	}
	r.Entities = slices.Clone(r.Entities)
	slices.Sort(r.Entities)
	r.Entities = slices.Compact(r.Entities)
	r.From, r.To = r.From.UTC(), r.To.UTC()
	if r.Product == "" {
		r.Product = celcoin.ProductPix
	}
	if r.Margin == 0 {
		r.Margin = DefaultMargin
	}
	if from, to := (*engine.Request)(&r).Bounds(); to.Sub(from) > maxOutage {
		return r, invalid("From and To are, with the margin, more than 30 days apart: Celcoin replays webhooks for 7 days")
	}
	if r.ID == "" {
		r.ID = r.derivedID()
	}
	if err := checkID(r.ID); err != nil {
		return r, err
	}
	return r, nil
}

// derivedID is the same for the same content.
func (r Request) derivedID() string {
	r.MaxItems, r.AllowOverlap = 0, false
	content, _ := json.Marshal(r) //nolint:errchkjson // a year that cannot be written cannot be planned either
	sum := sha256.Sum256(content)
	return r.From.Format("20060102T150405Z") + "-" + hex.EncodeToString(sum[:6])
}

func checkID(id string) error {
	if err := journal.CheckID(id); err != nil {
		return invalid(err.Error())
	}
	return nil
}

// checkProduct refuses known entities under the other product, where they are
// never found. Entities that are not known pass: the set is open.
func checkProduct(p celcoin.Product, entities []celcoin.Entity) error {
	own, others, other := celcoin.PixEntities(), celcoin.BaaSEntities(), celcoin.ProductBaaS
	switch p {
	case "", celcoin.ProductPix:
		p = celcoin.ProductPix
	case celcoin.ProductBaaS, celcoin.ProductBaaSV1:
		own, others, other = others, own, celcoin.ProductPix
	default:
		return nil
	}
	for _, e := range entities {
		if slices.Contains(others, e) && !slices.Contains(own, e) {
			return invalid(fmt.Sprintf("%s is an entity of the product %s, not of %s", e, other, p))
		}
	}
	return nil
}

func invalid(problem string) error {
	return fmt.Errorf("recovery: %s: %w", problem, ErrInvalidRequest)
}
