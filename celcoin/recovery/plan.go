package recovery

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Plan says what a run will do. It is made by [Recoverer.Plan] and run by
// [Recoverer.Run], which refuses one whose content has changed. As JSON it may
// wait, or travel, until it is run; durations are nanoseconds there.
type Plan struct {
	ID      string  `json:"id"`
	Request Request `json:"request"`
	// Digest stands for the request and every single item.
	Digest string `json:"digest"`
	// Items is how many webhooks were found pending.
	Items int `json:"items"`
	// Expired is how many of them are older than 7 days, by the less favourable
	// reading of their dates: they are never tried. The first 100 are named;
	// [Recoverer.Items] has all.
	Expired      int    `json:"expired"`
	ExpiredItems []Item `json:"expired_items,omitempty"`
	// Unlisted is how many more Celcoin counts than it lists: they are probably
	// older than 7 days. A recovery with such is never drained.
	Unlisted int `json:"unlisted,omitempty"`
	// Refused is how many windows Celcoin refused to count, and to list all of,
	// probably because they reach back beyond 7 days. A recovery with such is
	// never drained either: what is missing in them is not known.
	Refused int `json:"refused,omitempty"`
	// WillExpire is how many expire before the rate reaches them.
	WillExpire int `json:"will_expire"`
	// Calls is about how many calls the run needs, and Duration how long they
	// take at the rate.
	Calls    int           `json:"calls"`
	Duration time.Duration `json:"duration"`
	// Skew is how far Celcoin's clock is ahead of ours, if that counts.
	Skew     time.Duration `json:"skew,omitempty"`
	Entities []EntityPlan  `json:"entities"`
	// Units are the pieces for [Recoverer.RunUnit], the oldest first: those where
	// something was pending.
	Units []UnitPlan `json:"units"`
}

// EntityPlan is the part of one entity.
type EntityPlan struct {
	Entity     celcoin.Entity `json:"entity"`
	Items      int            `json:"items"`
	Expired    int            `json:"expired"`
	WillExpire int            `json:"will_expire"`
}

// UnitPlan is one window of one entity, and how many items it has.
type UnitPlan struct {
	Unit
	Items int `json:"items"`
}

// Stored is the complete plan of that ID in the store; [ErrNotFound] if there is
// none. Nothing is asked.
func (r *Recoverer) Stored(ctx context.Context, id string) (*Plan, error) {
	var p *Plan
	err := r.openKnown(ctx, id, func(b *book) (err error) {
		if b.digest == "" {
			return ErrNotFound
		}
		p, err = r.planOf(ctx, b)
		return err
	})
	return p, err
}

// namedExpired is how many expired items a plan names.
const namedExpired = 100

// planOf makes the plan of a book whose listing is complete.
func (r *Recoverer) planOf(ctx context.Context, b *book) (*Plan, error) {
	p := &Plan{
		ID: b.request.ID, Request: b.request, Digest: b.digest, Items: len(b.at),
		Unlisted: b.unlisted.counted, Refused: b.unlisted.refused,
	}
	r.call.assume(b.skew)
	p.Skew = r.call.clockSkew()
	now := r.vendorNow()
	perSecond := r.o.rate
	entities := map[celcoin.Entity]*EntityPlan{}
	for _, e := range b.request.Entities {
		entities[e] = &EntityPlan{Entity: e}
	}
	reached := 0
	for _, i := range b.bySoonest(nil) {
		e := entities[b.units[b.unitOf(i)].Entity]
		e.Items++
		due := b.due[i]
		switch {
		case due != 0 && due <= now.Unix():
			e.Expired++
			p.Expired++
			if len(p.ExpiredItems) < namedExpired {
				it, err := b.item(ctx, i)
				if err != nil {
					return nil, err
				}
				p.ExpiredItems = append(p.ExpiredItems, it)
			}
			continue
		case due != 0 && due <= now.Add(seconds(float64(reached)/perSecond)).Unix():
			e.WillExpire++
			p.WillExpire++
		}
		reached++
	}
	for _, e := range b.request.Entities {
		p.Entities = append(p.Entities, *entities[e])
	}
	pages := 0
	for _, u := range b.units {
		if u.end > u.first {
			p.Units = append(p.Units, UnitPlan{Unit: u.Unit, Items: u.end - u.first})
		}
		pages += (u.end-u.first)/200 + 1
	}
	// Each unit is counted, each batch proven by at least one count, the
	// canaries one by one, and at the end everything is listed twice.
	p.Calls = reached + len(p.Units) + 2*reached/max(r.o.failureLimit, 1) + 2*r.o.canary + 2*pages
	p.Duration = seconds(float64(p.Calls) / perSecond)
	return p, nil
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s, 1e9) * float64(time.Second)).Round(time.Second)
}

// bySoonest are the items that keep wants (nil: all), the soonest to expire
// first. Those whose date could not be read come before all others.
func (b *book) bySoonest(keep func(i int) bool) []int {
	var items []int
	for i := range b.at {
		if keep == nil || keep(i) {
			items = append(items, i)
		}
	}
	slices.SortStableFunc(items, func(x, y int) int {
		switch dx, dy := b.due[x], b.due[y]; {
		case dx < dy:
			return -1
		case dx > dy:
			return 1
		}
		return 0
	})
	return items
}

// matches tells whether a plan is the one that the book has.
func (p *Plan) matches(b *book) bool {
	if p.Digest != b.digest || p.ID != b.request.ID || !p.Request.same(b.request) || p.Items != len(b.at) {
		return false
	}
	items, listed := 0, 0
	for _, e := range p.Entities {
		items += e.Items
	}
	for _, u := range p.Units {
		listed += u.Items
	}
	return items == p.Items && listed == p.Items
}

// same tells whether two requests ask for the same.
func (r Request) same(other Request) bool {
	return r.ID == other.ID && r.Product == other.Product && slices.Equal(r.Entities, other.Entities) &&
		r.From.Equal(other.From) && r.To.Equal(other.To) && r.Margin == other.Margin && r.Filter == other.Filter
}

// WriteText writes the plan as a table.
func (p *Plan) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "plan %s, digest %.12s\n", p.ID, p.Digest)
	fmt.Fprintf(&b, "outage %s to %s, widened by %v on both sides\n\n",
		p.Request.From.Format(time.RFC3339), p.Request.To.Format(time.RFC3339), max(p.Request.Margin, 0))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	var rows strings.Builder
	rows.WriteString("entity\tpending\texpired\twill expire\t\n")
	for _, e := range p.Entities {
		fmt.Fprintf(&rows, "%s\t%d\t%d\t%d\t\n", e.Entity, e.Items, e.Expired, e.WillExpire)
	}
	fmt.Fprintf(&rows, "total\t%d\t%d\t%d\t\n", p.Items, p.Expired, p.WillExpire)
	io.WriteString(t, rows.String()) //nolint:errcheck,gosec // a strings.Builder does not fail
	t.Flush()                        //nolint:errcheck,gosec // a strings.Builder does not fail
	fmt.Fprintf(&b, "\nabout %d calls, %v at the given rate\n", p.Calls, max(p.Duration, time.Second))
	if p.Expired > 0 {
		fmt.Fprintf(&b, "%d are older than 7 days, and will not be asked for; Celcoin's transaction status API has them\n", p.Expired)
	}
	if p.Unlisted > 0 {
		fmt.Fprintf(&b, "%d more are counted and not listed: they are probably older than 7 days, too\n", p.Unlisted)
	}
	if p.Refused > 0 {
		fmt.Fprintf(&b, "%d windows are refused by Celcoin, or the older part of them: what is missing there is not known\n", p.Refused)
	}
	if p.WillExpire > 0 {
		fmt.Fprintf(&b, "%d will be older than 7 days before the rate reaches them: raise it\n", p.WillExpire)
	}
	if p.Skew != 0 {
		fmt.Fprintf(&b, "this machine's clock is off: Celcoin's is %v ahead\n", p.Skew.Round(time.Second))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// String is the table of WriteText.
func (p *Plan) String() string {
	var b strings.Builder
	p.WriteText(&b) //nolint:errcheck,gosec // a strings.Builder does not fail
	return b.String()
}
