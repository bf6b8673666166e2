package main

import (
	"cmp"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// pix is the simulated Celcoin.
type pix struct {
	*celcointest.Server
}

// openCelcoin starts Celcoin with its share of the outage behind it.
func (b *box) openCelcoin() error {
	options := []celcointest.Option{
		celcointest.WithAddr(b.celcoinAddr), celcointest.WithRecords(maxRecords), celcointest.WithMiddleware(guard),
	}
	if b.DeliverTo == "" {
		options = append(options, celcointest.WithReceiver(b))
	}
	if b.tls {
		options = append(options, celcointest.WithTLS())
	}
	server, err := celcointest.Start(append(options, b.celcoin...)...)
	if err != nil {
		return err
	}
	b.Pix = &pix{server}
	b.vendors["celcoin"] = b.Pix
	for _, kind := range b.Pix.kinds() {
		if _, entity := split(kind); b.DeliverTo != "" {
			err = cmp.Or(err, server.Subscribe(entity, b.DeliverTo, "sandbox", "sandbox")) // login and password
		}
	}
	missed := []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut, celcoin.EntityPixReversalIn}
	for i, entity := range missed {
		err = cmp.Or(err, server.AddMissed(entity, (b.Missed+i)/len(missed), b.From, b.To))
	}
	return err
}

func (p *pix) kinds() (kinds []string) {
	for _, entity := range celcoin.PixEntities() {
		kinds = append(kinds, string(celcoin.ProductPix)+"/"+string(entity))
	}
	for _, entity := range celcoin.BaaSEntities() {
		kinds = append(kinds, string(celcoin.ProductBaaS)+"/"+string(entity))
	}
	return kinds
}

// split takes a kind apart.
func split(kind string) (celcoin.Product, celcoin.Entity) {
	product, entity, _ := strings.Cut(kind, "/")
	return celcoin.Product(product), celcoin.Entity(entity)
}

func (p *pix) add(kind string, count int, from, to time.Time) error {
	product, entity := split(kind)
	return p.Generate(celcointest.Batch{Product: product, Entity: entity, Count: count, From: from, To: to})
}

func (p *pix) replay(kind, id string) (int, error) {
	product, entity := split(kind)
	return p.Redeliver(product, entity, strings.TrimSpace(id)), nil
}

func (p *pix) inject(fault celcointest.Fault) error { return p.Inject(fault) }

func (p *pix) fill(v *view) {
	for _, s := range p.Counts() {
		v.Counts = append(v.Counts, count{Kind: string(s.Product) + "/" + string(s.Entity), Missed: s.Pending, Other: s.Sent + s.Other})
	}
	product, entity := split(v.Kind)
	v.Webhooks, v.Total = p.Browse(celcointest.Page{Product: product, Entity: entity, Status: celcoin.Status(v.Status), Count: v.Show})
	v.URL, v.Statuses = p.URL, []string{"", string(celcoin.StatusPending), string(celcoin.StatusSent)}
	record(v, p.Requests(), p.Deliveries())
}

// Newest is the id of a webhook to replay, if there is one.
func (p *pix) Newest() string {
	found, _ := p.Browse(celcointest.Page{Count: 1})
	if len(found) == 0 {
		return ""
	}
	return found[0].ID
}
