package main

import (
	"fmt"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// panel describes Celcoin to the console.
func (c *celcoinSide) panel() console.Panel {
	return console.Panel{
		Vendor:     celcoinName,
		Title:      "Celcoin",
		URL:        c.server.URL,
		Operations: operations()[celcoinName],
		Simulator:  c,
		Clock:      c.box.clock,
		State:      c.state,
		Calls: func() []console.Call {
			now := c.box.clock.Now()
			return c.calls(now.Add(-outage), now)
		},
		Listings: []console.Listing{c.webhooks()},
		Actions:  c.actions(),
	}
}

// state counts what there is.
func (c *celcoinSide) state() console.State {
	counts := console.Table{
		Key: "counts", Title: "Webhooks", Empty: "There are none.",
		Columns: []console.Column{
			{Key: "entity", Label: "entity"}, {Key: "product", Label: "product"}, {Key: "pending", Label: "PENDENTE"},
			{Key: "sent", Label: "ENVIADO"}, {Key: "other", Label: "other"}, {Key: "total", Label: "total"},
		},
	}
	for _, s := range c.server.Stocks() {
		row := console.Row{
			Values: []any{string(s.Entity), string(s.Product), s.Pending, s.Sent, s.Other, s.Total()},
			Link: console.ListingLink("webhooks",
				console.Pair{Name: "product", Value: string(s.Product)}, console.Pair{Name: "entity", Value: string(s.Entity)}),
		}
		if s.Pending > 0 {
			row.Buttons = []console.Button{{Action: "replay", Label: "Replay all pending", Values: []console.Pair{
				{Name: "product", Value: string(s.Product)}, {Name: "entity", Value: string(s.Entity)},
			}}}
		}
		counts.Rows = append(counts.Rows, row)
	}
	return console.State{
		Facts: []console.Fact{
			c.box.receiverFact(),
			{Key: "tokenRequests", Label: "token requests", Value: c.server.TokenRequests()},
		},
		Tables: []console.Table{counts},
	}
}

// webhooks lists those of one entity.
func (c *celcoinSide) webhooks() console.Listing {
	return console.Listing{
		Name: "webhooks", Title: "Webhooks", About: "The webhooks of one entity, newest first, whatever their age.",
		Columns: []console.Column{
			{Key: "webhookId", Label: "id"}, {Key: "status", Label: "status"}, {Key: "created", Label: "created"},
			{Key: "updated", Label: "updated"}, {Key: "httpStatusCode", Label: "last answer"},
			{Key: "attempts", Label: "attempts"}, {Key: "blocked", Label: "blocked"},
		},
		Filters: []console.Field{
			entityField(), productField(),
			{Name: "status", Label: "status", Options: []string{"", string(celcoin.StatusPending), string(celcoin.StatusSent)}},
		},
		Page: func(filter console.Values, skip, n int) ([]console.Row, int, error) {
			found, total := c.server.Browse(celcointest.Part{
				Product: celcoin.Product(filter["product"]), Entity: celcoin.Entity(filter["entity"]),
				Status: celcoin.Status(filter["status"]), Skip: skip, Count: n,
			})
			rows := make([]console.Row, len(found))
			for i, w := range found {
				rows[i] = webhookRow(w)
			}
			return rows, total, nil
		},
	}
}

func webhookRow(w celcointest.Webhook) console.Row {
	return console.Row{
		Values: []any{w.ID, string(w.Status), w.Created, w.LastUpdated, w.HTTPStatusCode, w.Attempts, w.Blocked},
		Buttons: []console.Button{{Action: "replay", Label: "Replay", Values: []console.Pair{
			{Name: "product", Value: string(w.Product)}, {Name: "entity", Value: string(w.Entity)}, {Name: "id", Value: w.ID},
		}}},
		Texts: []console.Text{
			{Key: "request", Label: "payload", Body: w.Request},
			{Key: "response", Label: "answered", Body: w.Response},
		},
	}
}

func entityField() console.Field {
	field := console.Field{Name: "entity", Label: "entity", Value: string(celcoin.EntityPixPaymentIn), Free: true}
	for _, entity := range celcoin.PixEntities() {
		field.Options = append(field.Options, string(entity))
	}
	return field
}

func productField() console.Field {
	return console.Field{
		Name: "product", Label: "product", Value: string(celcoin.ProductPix),
		Options: []string{string(celcoin.ProductPix), string(celcoin.ProductBaaS)},
	}
}

// receiverFact says where webhooks go.
func (b *box) receiverFact() console.Fact {
	fact := console.Fact{Key: "receiver", Label: "receiver", Value: b.settings.deliverTo}
	if b.receiver != nil {
		fact.Value = fmt.Sprint(b.receiver)
	}
	return fact
}
