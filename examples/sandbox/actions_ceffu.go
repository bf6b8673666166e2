package main

import (
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

func typeField() console.Field {
	return console.Field{Name: "type", Label: "event type", Value: "1", Options: []string{"1", "2", "3", "4"}}
}

func (c *ceffuSide) webhookField() console.Field {
	field := console.Field{Name: "webhook", Label: "webhook", Value: c.webhookID, Long: true}
	for _, w := range c.server.Webhooks() {
		field.Options = append(field.Options, w.ID)
	}
	return field
}

// actions are what a person can do about Ceffu.
func (c *ceffuSide) actions() []console.Action {
	hook := c.webhookField()
	actions := []console.Action{
		{
			Name: "add", Label: "Add missed notifications", About: "Notifications that Ceffu gave up on: they have failed.",
			Fields: []console.Field{typeField(), countField(), hoursField(), hook}, Do: c.add,
		},
		{
			Name: "notify", Label: "Let one happen now",
			About:  "A notification that is delivered at once, and after failures again 30, 120, 480, 1920 and 7680 seconds later on the clock.",
			Fields: []console.Field{typeField(), hook}, Do: c.notify,
		},
		{
			Name: "resend", Label: "Resend", About: "Deliver what failed of an event type again, without a request.",
			Fields: []console.Field{typeField(), hook}, Do: c.resend,
		},
		{
			Name: "enable", Label: "Enable", About: "End the suspension of a webhook, and its count of failures.",
			Fields: []console.Field{hook},
			Do: func(values console.Values) (string, error) {
				return "webhook " + values["webhook"] + " is enabled", c.server.Enable(values["webhook"])
			},
		},
		{
			Name: "test", Label: "Test", About: "POST a message without data, as the button in Ceffu's own pages does.",
			Fields: []console.Field{hook}, Do: c.test,
		},
	}
	return append(actions, c.box.receiverActions()...)
}

func (c *ceffuSide) add(values console.Values) (string, error) {
	count, from, to, err := c.box.batch(values)
	if err != nil {
		return "", err
	}
	event := ceffu.EventType(values["type"])
	err = c.server.AddFailed(ceffutest.Batch{
		WebhookID: values["webhook"], EventType: event, Count: count, From: from, To: to,
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("added %d missed notifications of type %s, %s", count, string(event), event), nil
}

func (c *ceffuSide) notify(values console.Values) (string, error) {
	n, err := c.server.Notify(values["webhook"], ceffu.EventType(values["type"]))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s happened, notification %s", n.EventType, n.ID), nil
}

func (c *ceffuSide) resend(values console.Values) (string, error) {
	event := ceffu.EventType(values["type"])
	count, err := c.server.Resend(values["webhook"], event, time.UnixMilli(0))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("accepted %d failed notifications of type %s for delivery", count, string(event)), nil
}

func (c *ceffuSide) test(values console.Values) (string, error) {
	sent, err := c.server.Test(values["webhook"])
	if err != nil {
		return "", err
	}
	if sent.Err != "" {
		return "the receiver did not answer: " + sent.Err, nil
	}
	return fmt.Sprintf("the receiver answered %d", sent.Status), nil
}
