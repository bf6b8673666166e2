package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// maxHours is how far back webhooks can be added.
const maxHours = 24 * 365

func countField() console.Field { return console.Field{Name: "count", Label: "how many", Value: "5"} }
func hoursField() console.Field {
	return console.Field{Name: "hours", Label: "over the last hours", Value: "3"}
}

// actions are what a person can do about Celcoin.
func (c *celcoinSide) actions() []console.Action {
	actions := []console.Action{
		{
			Name: "add", Label: "Add missed webhooks", About: "Webhooks that the receiver missed: they are pending.",
			Fields: []console.Field{entityField(), productField(), countField(), hoursField()}, Do: c.add,
		},
		{
			Name: "emit", Label: "Let one happen now", About: "A webhook that is delivered at once. If that fails it stays pending.",
			Fields: []console.Field{entityField(), productField()}, Do: c.emit,
		},
		{
			Name: "replay", Label: "Replay", About: "Deliver again, without a request: the webhook of that id, or all pending ones of the entity.",
			Fields: []console.Field{entityField(), productField(), {Name: "id", Label: "id, or all pending", Long: true}}, Do: c.replay,
		},
		{
			Name: "revoke-tokens", Label: "Revoke all tokens", About: "Every token given out so far is worthless.",
			Do: func(console.Values) (string, error) {
				c.server.RevokeTokens()
				return "every token is worthless", nil
			},
		},
		{
			Name: "unblock", Label: "Unblock", About: "Forget the failures of an entity, so that celcoin.blocking begins anew.",
			Fields: []console.Field{entityField()},
			Do: func(values console.Values) (string, error) {
				c.server.Unblock(celcoin.Entity(values["entity"]))
				return values["entity"] + " is not blocked", nil
			},
		},
	}
	return append(actions, c.box.receiverActions()...)
}

// target reads product and entity of a form, and subscribes to them.
func (c *celcoinSide) target(values console.Values) (celcoin.Product, celcoin.Entity, error) {
	entity := strings.TrimSpace(values["entity"])
	if entity == "" || len(entity) > 100 || strings.ContainsFunc(entity, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", "", errors.New("entity is empty, too long, or holds a control character")
	}
	return celcoin.Product(values["product"]), celcoin.Entity(entity), c.subscribe(celcoin.Entity(entity))
}

func (c *celcoinSide) add(values console.Values) (string, error) {
	product, entity, err := c.target(values)
	if err != nil {
		return "", err
	}
	count, from, to, err := c.box.batch(values)
	if err != nil {
		return "", err
	}
	if err := c.server.Generate(celcointest.Batch{Product: product, Entity: entity, Count: count, From: from, To: to}); err != nil {
		return "", err
	}
	return fmt.Sprintf("added %d missed webhooks of %s", count, entity), nil
}

// batch reads how many, and since when.
func (b *box) batch(values console.Values) (count int, from, to time.Time, err error) {
	if count, err = values.Int("count", 1, maxMissed); err != nil {
		return 0, from, to, err
	}
	hours, err := values.Int("hours", 1, maxHours)
	if err != nil {
		return 0, from, to, err
	}
	to = b.clock.Now()
	return count, to.Add(-time.Duration(hours) * time.Hour), to, nil
}

func (c *celcoinSide) emit(values console.Values) (string, error) {
	product, entity, err := c.target(values)
	if err != nil {
		return "", err
	}
	ids := c.server.Emit(celcointest.Webhook{Product: product, Entity: entity})
	return fmt.Sprintf("%s happened, webhook %s", entity, strings.Join(ids, ", ")), nil
}

func (c *celcoinSide) replay(values console.Values) (string, error) {
	product, entity, err := c.target(values)
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(values["id"])
	accepted := c.server.Redeliver(product, entity, id)
	if accepted == 0 && id != "" {
		return "", fmt.Errorf("%s has no webhook %q", entity, id)
	}
	return fmt.Sprintf("accepted %d webhooks of %s for delivery", accepted, entity), nil
}

// receiverActions are about the built-in receiver, if there is one.
func (b *box) receiverActions() []console.Action {
	if b.receiver == nil {
		return nil
	}
	return []console.Action{{
		Name: "receiver", Label: "Set the receiver", About: "What the built-in receiver answers to both vendors. Only 200 counts as delivered.",
		Fields: []console.Field{{Name: "status", Label: "HTTP status", Value: "503", Options: []string{"200", "204", "404", "500", "503"}, Free: true}},
		Do: func(values console.Values) (string, error) {
			status, err := values.Int("status", 200, 599)
			if err != nil {
				return "", err
			}
			b.receiver.status.Store(int64(status))
			return fmt.Sprintf("the receiver answers %d from now on", status), nil
		},
	}}
}
