package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// custody is the simulated Ceffu, with one webhook.
type custody struct {
	*ceffutest.Server
	WebhookID string
}

// openCeffu starts Ceffu with its share of the outage behind it.
func (b *box) openCeffu() error {
	options := []ceffutest.Option{
		ceffutest.WithAddr(b.ceffuAddr), ceffutest.WithRecordLimit(maxRecords), ceffutest.WithMiddleware(guard),
	}
	if b.DeliverTo == "" {
		options = append(options, ceffutest.WithReceiver(b))
	}
	if b.tls {
		options = append(options, ceffutest.WithTLS())
	}
	server, err := ceffutest.Start(append(options, b.ceffu...)...)
	if err != nil {
		return err
	}
	b.Custody = &custody{Server: server}
	b.vendors["ceffu"] = b.Custody
	hook, err := server.AddWebhook(ceffutest.Webhook{URL: b.DeliverTo})
	if err != nil {
		return err
	}
	b.Custody.WebhookID = hook.ID
	kinds := b.Custody.kinds()
	for i, kind := range kinds {
		err = cmp.Or(err, b.Custody.add(kind, (b.Missed+i)/len(kinds), b.From, b.To))
	}
	return err
}

func (c *custody) kinds() (kinds []string) {
	for _, event := range ceffu.EventTypes() {
		kinds = append(kinds, string(event))
	}
	return kinds
}

func (c *custody) add(kind string, count int, from, to time.Time) error {
	return c.AddFailed(ceffutest.Batch{WebhookID: c.WebhookID, EventType: ceffu.EventType(kind), Count: count, From: from, To: to})
}

// replay resends what failed, as a person does who has ended a suspension.
func (c *custody) replay(kind, _ string) (int, error) {
	if err := c.Enable(c.WebhookID); err != nil {
		return 0, err
	}
	return c.Resend(c.WebhookID, ceffu.EventType(kind), time.UnixMilli(0))
}

func (c *custody) inject(fault celcointest.Fault) error { return c.Inject(ceffutest.Fault(fault)) }

func (c *custody) fill(v *view) {
	all := c.Notifications()
	for _, kind := range c.kinds() {
		n := count{Kind: kind, About: ceffu.EventType(kind).String()}
		for _, one := range all {
			if string(one.EventType) == kind && one.Status == ceffutest.StatusFailed {
				n.Missed++
			} else if string(one.EventType) == kind {
				n.Other++
			}
		}
		v.Counts = append(v.Counts, n)
	}
	found := slices.DeleteFunc(all, func(n ceffutest.Notification) bool {
		return v.Kind != string(n.EventType) || v.Status != "" && v.Status != string(n.Status)
	})
	slices.SortStableFunc(found, func(a, b ceffutest.Notification) int { return b.Created.Compare(a.Created) })
	v.Webhooks, v.Total = found[:min(v.Show, len(found))], len(found)
	v.URL, v.Statuses = c.URL, []string{"", string(ceffutest.StatusFailed), string(ceffutest.StatusPending), string(ceffutest.StatusDelivered)}
	record(v, c.Requests(), c.Deliveries())
}
