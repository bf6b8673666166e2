package celcointest

import (
	"cmp"
	"math/bits"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// source holds, or makes when asked, the part of a webhook that never changes.
// What changes is in its item.
type source interface {
	id(index uint32) string
	filter(index uint32) celcoin.Filter
	request(index uint32, created time.Time) string
	status(index uint32) celcoin.Status // the one it was added with
}

// listed is the source of the webhooks that were added one by one.
type listed struct {
	webhooks []Webhook
	ids      identifiers
	number   uint32 // of this source among all, part of the ids
}

func (l *listed) add(w Webhook) (index uint32, id string) {
	index = uint32(len(l.webhooks)) //nolint:gosec // memory ends long before 2^32 webhooks
	if w.ID == "" {
		w.ID = l.ids.id(l.number, index)
	}
	fiction := newFiction(w.Entity, w.ID)
	fiction.status = cmp.Or(w.PayloadStatus, fiction.status)
	if w.Filter == (celcoin.Filter{}) {
		w.Filter = fiction.filter()
	}
	if w.Request == "" {
		w.Request = fiction.payload(w.Created, w.Filter)
	}
	l.webhooks = append(l.webhooks, w)
	return index, w.ID
}

func (l *listed) id(index uint32) string                   { return l.webhooks[index].ID }
func (l *listed) filter(index uint32) celcoin.Filter       { return l.webhooks[index].Filter }
func (l *listed) request(index uint32, _ time.Time) string { return l.webhooks[index].Request }
func (l *listed) status(index uint32) celcoin.Status       { return l.webhooks[index].Status }

// generated is the source of a batch: nothing is stored, everything follows
// from the seed and the index whenever it is asked for.
type generated struct {
	batch  Batch
	shelf  *shelf
	first  int32 // the shelf's number of the batch's first webhook
	ids    identifiers
	number uint32
}

func (g *generated) id(index uint32) string { return g.ids.id(g.number, index) }

func (g *generated) filter(index uint32) celcoin.Filter {
	return newFiction(g.batch.Entity, g.id(index)).filter()
}

func (g *generated) request(index uint32, created time.Time) string {
	fiction := newFiction(g.batch.Entity, g.id(index))
	return fiction.payload(created, fiction.filter())
}

func (g *generated) status(uint32) celcoin.Status { return g.batch.Status }

// created spreads the batch over its window, each webhook at a random place of
// its own share, with 3 digits of a second mostly and sometimes 0 or 7.
func (g *generated) created(index uint32) time.Time {
	span := uint64(max(g.batch.To.Sub(g.batch.From), 0))
	count := uint64(g.batch.Count) //nolint:gosec // checked to be positive
	high, low := bits.Mul64(span, uint64(index))
	offset, _ := bits.Div64(high, low, count)
	draw := scramble(g.ids.mark ^ uint64(g.number)<<32 ^ uint64(index))
	if share := span / count; share > 0 {
		offset += draw % share
	}
	precision := time.Millisecond
	switch draw >> 60 {
	case 0:
		precision = time.Second
	case 1:
		precision = 100 * time.Nanosecond
	}
	t := g.batch.From.Add(time.Duration(offset)).Truncate(precision) //nolint:gosec // at most span
	if t.Before(g.batch.From) {
		return g.batch.From
	}
	return t
}
