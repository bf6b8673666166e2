package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// missedPix is what the receiver of the story missed: enough of some entities
// for several pages an hour.
var missedPix = []struct {
	entity celcoin.Entity
	n      int
}{
	{celcoin.EntityPixPaymentIn, 700},
	{celcoin.EntityPixPaymentOut, 450},
	{celcoin.EntityPixReversalIn, 90},
}

// missedCeffu is how many notifications of each event type it missed.
const missedCeffu = 60

// playStory runs a recovery on simulators: real HTTP, real signatures and
// tokens, and a receiver that was down.
func playStory(ctx context.Context, out io.Writer) result {
	s := &story{receiver: newReceiver()}
	defer s.end()
	if err := s.begin(); err != nil {
		return result{err: err}
	}
	fmt.Fprintf(out, "No credentials in the environment: this is a story, on simulators.\n"+
		"A receiver was down from %s to %s. Now it is up again.\n",
		s.job.from.Format(time.TimeOnly), s.job.to.Format(time.TimeOnly))
	s.receiver.up.Store(true)
	rows, err := s.job.recover(ctx, out)
	s.ceffu.Settle()
	return result{rows: s.known(rows), err: err}
}

type story struct {
	job      job
	receiver *receiver
	server   *http.Server
	celcoin  *celcointest.Server
	ceffu    *ceffutest.Server
}

// begin starts everything, with the outage behind it.
func (s *story) begin() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.server = &http.Server{Handler: s.receiver, ReadHeaderTimeout: time.Second}
	go s.server.Serve(listener) //nolint:errcheck // it ends with the story
	url := "http://" + listener.Addr().String()

	now := time.Now().Truncate(time.Second)
	s.job = job{from: now.Add(-3 * time.Hour), to: now.Add(-time.Hour), settle: time.Second}
	if s.celcoin, err = celcointest.Start(); err != nil {
		return err
	}
	for _, missed := range missedPix {
		if err := s.celcoin.Subscribe(missed.entity, url+"/celcoin", "login", "password"); err != nil {
			return err
		}
		if err := s.celcoin.AddMissed(missed.entity, missed.n, s.job.from, s.job.to); err != nil {
			return err
		}
		s.job.entities = append(s.job.entities, missed.entity)
	}
	if s.job.celcoin, err = s.celcoin.Client(); err != nil {
		return err
	}
	return s.beginCeffu(url + "/ceffu")
}

func (s *story) beginCeffu(url string) (err error) {
	if s.ceffu, err = ceffutest.Start(); err != nil {
		return err
	}
	hook, err := s.ceffu.AddWebhook(ceffutest.Webhook{URL: url})
	if err != nil {
		return err
	}
	s.job.webhookIDs = []string{hook.ID}
	for _, event := range ceffu.EventTypes() {
		err := s.ceffu.AddFailed(ceffutest.Batch{
			WebhookID: hook.ID, EventType: event, Count: missedCeffu, From: s.job.from, To: s.job.to,
		})
		if err != nil {
			return err
		}
	}
	s.job.ceffu, err = s.ceffu.Client()
	return err
}

// known fills in what the receiver knows, and of Ceffu what only a simulator
// can tell.
func (s *story) known(rows []row) []row {
	types := map[string]ceffu.EventType{}
	for _, t := range ceffu.EventTypes() {
		types[t.String()] = t
	}
	for i, r := range rows {
		if r.vendor == "Celcoin" {
			rows[i].arrived = s.receiver.arrived(r.what)
			rows[i].missing = max(r.missing, r.missed-rows[i].arrived)
			continue
		}
		rows[i].missed = missedCeffu
		rows[i].arrived = s.receiver.arrived(string(types[r.what]))
		rows[i].missing = missedCeffu - rows[i].arrived
	}
	return rows
}

func (s *story) end() {
	if s.celcoin != nil {
		s.celcoin.Close()
	}
	if s.ceffu != nil {
		s.ceffu.Close()
	}
	if s.server != nil {
		s.server.Close() //nolint:errcheck,gosec // the story is over
	}
}
