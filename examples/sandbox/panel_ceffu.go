package main

import (
	"slices"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// panel describes Ceffu to the console.
func (c *ceffuSide) panel() console.Panel {
	return console.Panel{
		Vendor:     ceffuName,
		Title:      "Ceffu",
		URL:        c.server.URL,
		Operations: operations()[ceffuName],
		Simulator:  c,
		Clock:      c.box.clock,
		State:      c.state,
		Calls:      func() []console.Call { return c.calls(c.box.from) },
		Listings:   []console.Listing{c.notifications()},
		Actions:    c.actions(),
	}
}

// state shows the webhooks, and counts notifications.
func (c *ceffuSide) state() console.State {
	hooks := console.Table{
		Key: "webhooks", Title: "Webhooks",
		Columns: []console.Column{
			{Key: "webhookId", Label: "id"}, {Key: "url", Label: "URL"},
			{Key: "suspended", Label: "suspended"}, {Key: "failedToday", Label: "failures today"},
		},
	}
	for _, w := range c.server.Webhooks() {
		row := console.Row{
			Values:  []any{w.ID, w.URL, w.Suspended, w.FailedToday},
			Buttons: []console.Button{c.button("test", "Test", w.ID)},
		}
		if w.Suspended {
			row.Buttons = append(row.Buttons, c.button("enable", "Enable again", w.ID))
		}
		hooks.Rows = append(hooks.Rows, row)
	}
	return console.State{
		Facts:  []console.Fact{c.box.receiverFact()},
		Tables: []console.Table{hooks, c.counts()},
	}
}

func (c *ceffuSide) button(action, label, webhookID string) console.Button {
	return console.Button{Action: action, Label: label, Values: []console.Pair{{Name: "webhook", Value: webhookID}}}
}

// kind is what notifications are counted by.
type kind struct {
	webhookID string
	event     ceffu.EventType
}

// counts has a row for each webhook and event type.
func (c *ceffuSide) counts() console.Table {
	counts := console.Table{
		Key: "counts", Title: "Notifications", Empty: "There are none.",
		Columns: []console.Column{
			{Key: "event", Label: "event type"}, {Key: "meaning", Label: "meaning"}, {Key: "webhookId", Label: "webhook"},
			{Key: "failed", Label: "failed"}, {Key: "pending", Label: "being retried"}, {Key: "delivered", Label: "delivered"},
			{Key: "total", Label: "total"},
		},
	}
	tally := map[kind]map[ceffutest.Status]int{}
	for _, n := range c.server.Notifications() {
		k := kind{n.WebhookID, n.EventType}
		if tally[k] == nil {
			tally[k] = map[ceffutest.Status]int{}
		}
		tally[k][n.Status]++
	}
	for _, hook := range c.server.Webhooks() {
		for _, event := range ceffu.EventTypes() {
			of := tally[kind{hook.ID, event}]
			failed, pending, delivered := of[ceffutest.StatusFailed], of[ceffutest.StatusPending], of[ceffutest.StatusDelivered]
			row := console.Row{
				Values: []any{string(event), event.String(), hook.ID, failed, pending, delivered, failed + pending + delivered},
				Link:   console.ListingLink("notifications", console.Pair{Name: "type", Value: string(event)}),
			}
			if failed > 0 {
				resend := c.button("resend", "Resend", hook.ID)
				resend.Values = append(resend.Values, console.Pair{Name: "type", Value: string(event)})
				row.Buttons = []console.Button{resend}
			}
			counts.Rows = append(counts.Rows, row)
		}
	}
	return counts
}

// notifications lists them.
func (c *ceffuSide) notifications() console.Listing {
	return console.Listing{
		Name: "notifications", Title: "Notifications", About: "Newest first. Types: 1 deposit success, 2 deposit failed, 3 withdrawal success, 4 withdrawal failed.",
		Columns: []console.Column{
			{Key: "id", Label: "id"}, {Key: "event", Label: "event type"}, {Key: "status", Label: "status"},
			{Key: "created", Label: "created"}, {Key: "attempts", Label: "attempts"},
			{Key: "lastAttempt", Label: "last attempt"}, {Key: "lastStatus", Label: "last answer"}, {Key: "webhookId", Label: "webhook"},
		},
		Filters: []console.Field{
			{Name: "type", Label: "event type", Options: []string{"", "1", "2", "3", "4"}},
			{Name: "status", Label: "status", Options: []string{
				"", string(ceffutest.StatusFailed), string(ceffutest.StatusPending), string(ceffutest.StatusDelivered),
			}},
		},
		Page: func(filter console.Values, skip, n int) ([]console.Row, int, error) {
			found := c.find(filter)
			rows := make([]console.Row, 0, n)
			for _, one := range found[min(skip, len(found)):min(skip+n, len(found))] {
				rows = append(rows, notificationRow(one))
			}
			return rows, len(found), nil
		},
	}
}

// find gives the notifications that pass a filter, newest first.
func (c *ceffuSide) find(filter console.Values) []ceffutest.Notification {
	found := slices.DeleteFunc(c.server.Notifications(), func(n ceffutest.Notification) bool {
		return filter["type"] != "" && filter["type"] != string(n.EventType) ||
			filter["status"] != "" && filter["status"] != string(n.Status)
	})
	slices.SortStableFunc(found, func(a, b ceffutest.Notification) int { return b.Created.Compare(a.Created) })
	return found
}

func notificationRow(n ceffutest.Notification) console.Row {
	return console.Row{Values: []any{
		n.ID, string(n.EventType), string(n.Status), n.Created, n.Attempts, n.LastAttempt, n.LastStatus, n.WebhookID,
	}}
}
