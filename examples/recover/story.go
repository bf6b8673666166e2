package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
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
	missedLive  = 20 // of each entity: delivered while the receiver is down
	missedCeffu = 60 // of each event type
)

// playStory lets an outage happen twice, and recovers from it with the command
// run, once by replays and once by a pull: real HTTP, real signatures and tokens.
func (j *job) playStory(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "recover-story-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system's to clean up
	fmt.Fprintf(j.say, "No credentials are set, so this is a story, on simulators of both vendors.\n"+
		"A receiver is down since %s (UTC-03:00). ", j.now.Add(-4*time.Hour).In(brasilia).Format(time.TimeOnly))
	replay, err := j.playOutage(ctx, dir, false)
	if err != nil {
		return err
	}
	fmt.Fprint(j.say, "\nThe same outage once more: now the payloads are fetched and POSTed to the receiver. ")
	pull, err := j.playOutage(ctx, dir, true)
	if err != nil {
		return err
	}
	fmt.Fprintln(j.say)
	writeTable(j.say, [][]string{{"WAY", "WEBHOOKS", "CALLS", "TIME", "STATE", "EVIDENCE"}, replay, pull})
	return nil
}

// playOutage lets the outage happen, types the command run with the variables of
// its vendors set, and shows what arrived. The row says how it was done.
func (j *job) playOutage(ctx context.Context, dir string, pull bool) (row []string, err error) {
	o, err := newOutage(j.now)
	defer o.end()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(j.say, "It refused the last %s a moment ago. Now it is up again.\n\n", plural(len(o.celcoin.Deliveries()), "webhook"))
	o.up.Store(true)
	var entities []string
	for _, m := range missedPix {
		entities = append(entities, string(m.entity))
	}
	id, stdout := "replay", j.say
	how := []string{"-html", cmp.Or(j.html, dir+".html")}
	if pull {
		id, stdout = "pull", io.Discard
		how = []string{"-vendor", "celcoin", "-pull-to", o.receiver.URL + "/celcoin"}
	}
	line := append([]string{
		"run", "-id", id, "-from", o.from.Format(time.RFC3339), "-to", o.to.Format(time.RFC3339), "-entity", strings.Join(entities, ","),
		"-gate", o.receiver.URL + "/health", "-rate", "200", "-delivery-timeout", "300ms", "-max-wait", "10s", "-dir", dir, "-yes",
	}, how...)
	fmt.Fprintf(j.say, "$ recover %s\n\n", strings.Join(line, " "))
	began := time.Now()
	if code := run(ctx, line, func(name string) string { return o.env[name] }, j.stdin, stdout, j.stderr); code != exitDone {
		return nil, &exitError{errSaid, code}
	}
	took := time.Since(began).Round(100 * time.Millisecond)
	o.ceffu.Settle()
	recoverer, err := recovery.New(noCelcoin{}, recovery.WithStore(recovery.FileStore(dir)))
	if err != nil {
		return nil, err
	}
	r, err := recoverer.Report(ctx, id)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(j.say)
	writeTable(j.say, o.table(r))
	return []string{id, count(r.Totals.Planned), count(r.Calls), took.String(), string(r.State), evidence(r.Totals)}, nil
}

// outage is a receiver that was down, and the vendors that delivered to it.
type outage struct {
	from, to time.Time
	receiver *httptest.Server
	up       atomic.Bool // the receiver
	celcoin  *celcointest.Server
	ceffu    *ceffutest.Server
	env      map[string]string
}

func newOutage(now time.Time) (o *outage, err error) {
	o = &outage{from: now.Add(-4 * time.Hour).In(brasilia), to: now.In(brasilia)}
	o.receiver = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !o.up.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	if o.celcoin, err = celcointest.Start(); err != nil {
		return o, err
	}
	for _, m := range missedPix {
		err = errors.Join(err,
			o.celcoin.Subscribe(m.entity, o.receiver.URL+"/celcoin", "login", "password"),
			o.celcoin.AddMissed(m.entity, m.n-missedLive, o.from, o.to))
		for range missedLive {
			o.celcoin.Emit(celcointest.Webhook{Entity: m.entity})
		}
	}
	o.celcoin.Settle()
	if o.ceffu, err = ceffutest.Start(); err != nil {
		return o, err
	}
	hook, err := o.ceffu.AddWebhook(ceffutest.Webhook{URL: o.receiver.URL + "/ceffu"})
	for _, event := range ceffu.EventTypes() {
		err = errors.Join(err, o.ceffu.AddFailed(ceffutest.Batch{
			WebhookID: hook.ID, EventType: event, Count: missedCeffu, From: o.from, To: o.from.Add(time.Hour),
		}))
	}
	o.env = environment(o.celcoin, o.ceffu, hook.ID)
	return o, err
}

// environment has the variables for simulators.
func environment(c *celcointest.Server, f *ceffutest.Server, hookID string) map[string]string {
	return map[string]string{
		celcoin.EnvClientID: c.Credentials().ClientID, celcoin.EnvClientSecret: c.Credentials().ClientSecret, "CELCOIN_BASE_URL": c.URL,
		ceffu.EnvAPIKey: f.Credentials().APIKey, ceffu.EnvAPISecret: f.Credentials().APISecret, "CEFFU_BASE_URL": f.URL, "CEFFU_WEBHOOK_IDS": hookID,
	}
}

// table is what became of each entity and event type. What Ceffu does not tell,
// the receiver knows.
func (o *outage) table(r *recovery.Report) [][]string {
	rows := [][]string{{"VENDOR", "ENTITY OR EVENT TYPE", "MISSED", "REPLAYED", "DELIVERED", "UNKNOWN", "EXPIRED", "PENDING", "EVIDENCE"}}
	for _, e := range r.Entities {
		rows = append(rows, []string{
			"Celcoin", string(e.Entity), count(e.Planned), count(e.Replayed), count(e.Delivered + e.AlreadyDelivered),
			count(e.Unknown), count(e.Expired), count(e.StillPending), evidence(e.Totals),
		})
	}
	arrived := map[string]int{}
	for _, d := range o.ceffu.Deliveries() {
		if d.Status == http.StatusOK {
			arrived[d.Event]++
		}
	}
	for _, event := range ceffu.EventTypes() {
		if n := arrived[string(event)]; n > 0 {
			rows = append(rows, []string{
				"Ceffu", event.String(), count(missedCeffu), count(missedCeffu), count(n), "0", "0",
				count(missedCeffu - n), count(n) + " at the receiver",
			})
		}
	}
	return rows
}

func (o *outage) end() {
	if o.ceffu != nil {
		o.ceffu.Close()
	}
	if o.celcoin != nil {
		o.celcoin.Close()
	}
	o.receiver.Close()
}
