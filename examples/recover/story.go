package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// missedPix is what the receiver of the story misses: enough of some entities
// for several pages an hour.
var missedPix = []struct {
	entity celcoin.Entity
	n      int
}{
	{celcoin.EntityPixPaymentIn, 700},
	{celcoin.EntityPixPaymentOut, 450},
	{celcoin.EntityPixReversalIn, 90},
}

const (
	// missedLive is how many of each entity it misses before our eyes.
	missedLive = 20
	// missedCeffu is how many notifications of each event type it misses.
	missedCeffu = 60
)

// story is a recovery on simulators: real HTTP, real signatures and tokens, and
// a receiver that is down.
type story struct {
	*job
	receiver *receiver
	server   *http.Server
	url      string // of the receiver
	celcoin  *celcointest.Server
	ceffu    *ceffutest.Server
	folder   string // of the journals; empty: where the command line says
}

// playStory lets the outage happen, and recovers from it.
func playStory(ctx context.Context, j *job) (int, error) {
	if err := j.checkOutput(); err != nil {
		return failed(err)
	}
	s := &story{job: j, receiver: newReceiver()}
	defer s.end() //nolint:contextcheck // ending takes no context: it follows the end of one
	if err := errors.Join(s.begin(ctx), ctx.Err()); err != nil {
		return failed(err)
	}
	fmt.Fprintf(j.say, "No credentials in the environment: this is a story, on simulators.\n"+
		"A receiver is down since %s: the last %d webhooks were sent to it just now, in vain.\n",
		j.from.Format(time.TimeOnly), s.receiver.refused.Load())
	s.receiver.up.Store(true)
	fmt.Fprint(j.say, "Now it is up again.\n\n")

	p, err := j.plan(ctx)
	if err != nil {
		return failed(err)
	}
	if err := j.show(p); err != nil {
		return failed(err)
	}
	res := j.perform(ctx, p)
	s.ceffu.Settle()
	s.fillIn(res.rows)
	return j.finish(ctx, p.id, res)
}

// begin starts everything, and lets the receiver miss what it is to miss.
func (s *story) begin(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.server = &http.Server{Handler: s.receiver, ReadHeaderTimeout: time.Second}
	go s.server.Serve(listener) //nolint:errcheck // it ends with the story
	s.url = "http://" + listener.Addr().String()
	if err := s.prepare(); err != nil {
		return err
	}
	if err := s.beginCelcoin(); err != nil {
		return err
	}
	return s.beginCeffu()
}

// prepare sets the job up: an outage of four hours, and a vendor and a receiver
// that need not be spared.
func (s *story) prepare() (err error) {
	now := time.Now().Truncate(time.Second)
	s.from, s.to = now.Add(-4*time.Hour), now
	s.yes = consent{given: true}
	s.rate, s.settle, s.patience = 5000, 300*time.Millisecond, 10*time.Second
	s.gate = s.url + healthPath
	if !s.kept {
		if s.folder, err = os.MkdirTemp("", "recover-story-"); err != nil {
			return err
		}
		s.journals = recovery.FileStore(s.folder)
	}
	if s.html == "" {
		file, err := os.CreateTemp("", "recover-report-*.html")
		if err != nil {
			return err
		}
		s.html = file.Name()
		return file.Close()
	}
	return nil
}

func (s *story) beginCelcoin() (err error) {
	if s.celcoin, err = celcointest.Start(); err != nil {
		return err
	}
	s.entities = nil
	for _, missed := range missedPix {
		if err := s.celcoin.Subscribe(missed.entity, s.url+"/celcoin", "login", "password"); err != nil {
			return err
		}
		if err := s.celcoin.AddMissed(missed.entity, missed.n-missedLive, s.from, s.to); err != nil {
			return err
		}
		for range missedLive {
			s.celcoin.Emit(celcointest.Webhook{Entity: missed.entity})
		}
		s.entities = append(s.entities, missed.entity)
	}
	s.celcoin.Settle()
	s.job.celcoin, err = s.celcoin.Client()
	return err
}

func (s *story) beginCeffu() (err error) {
	if s.ceffu, err = ceffutest.Start(); err != nil {
		return err
	}
	hook, err := s.ceffu.AddWebhook(ceffutest.Webhook{URL: s.url + "/ceffu"})
	if err != nil {
		return err
	}
	s.webhookIDs = []string{hook.ID}
	for _, event := range ceffu.EventTypes() {
		err := s.ceffu.AddFailed(ceffutest.Batch{
			WebhookID: hook.ID, EventType: event, Count: missedCeffu, From: s.from, To: s.from.Add(time.Hour),
		})
		if err != nil {
			return err
		}
	}
	s.job.ceffu, err = s.ceffu.Client()
	return err
}

// fillIn replaces what the vendors say by what the receiver knows, and of Ceffu
// by what only a simulator can tell.
func (s *story) fillIn(rows []row) {
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
	if s.folder != "" {
		os.RemoveAll(s.folder) //nolint:errcheck,gosec // what is left of it is in the folder for such things
	}
}
