package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	ceffuinbox "github.com/reenvio/reenvio-go/ceffu/inbox"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
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
	missedLive  = 20  // of each entity, before our eyes
	missedCeffu = 60  // of each event type
	storyRate   = 200 // calls a second
)

// receiver takes the webhooks of both vendors, as inbox has it: each once, by its
// key.
type receiver struct {
	up      atomic.Bool
	refused atomic.Int64 // deliveries while it was down

	celcoin, ceffu http.Handler

	mu   sync.Mutex
	seen map[string]map[string]bool // keys, by entity or event type
}

const healthPath = "/health"

func newReceiver() *receiver {
	r := &receiver{seen: map[string]map[string]bool{}}
	r.celcoin = inbox.NewHandler(func(_ context.Context, e *inbox.Event) error {
		return r.take(string(e.Entity), e.Key())
	})
	r.ceffu = ceffuinbox.NewHandler(func(_ context.Context, e *ceffuinbox.Event) error {
		return r.take(e.EventType.String(), e.Key())
	})
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	health := req.URL.Path == healthPath
	switch {
	case !r.up.Load():
		if !health {
			r.refused.Add(1)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	case health:
	case req.URL.Path == "/ceffu":
		r.ceffu.ServeHTTP(w, req)
	default:
		r.celcoin.ServeHTTP(w, req)
	}
}

func (r *receiver) take(kind, key string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[kind] == nil {
		r.seen[kind] = map[string]bool{}
	}
	r.seen[kind][key] = true
	return nil
}

// arrived counts the distinct webhooks of an entity or event type.
func (r *receiver) arrived(kind string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen[kind])
}

// place is a receiver that was down, and a Celcoin that delivered to it.
type place struct {
	receiver *receiver
	server   *http.Server
	url      string
	celcoin  *celcointest.Server
}

// playStory lets the outage happen, and recovers from it: real HTTP, real
// signatures and tokens. The same outage happens twice, so that a replay and a
// pull stand side by side.
func playStory(ctx context.Context, j *job) (int, error) {
	if err := errors.Join(j.checkOutput(), j.storyOptions()); err != nil {
		return failed(err)
	}
	var places [2]*place
	for i := range places {
		var err error
		if places[i], err = j.outage(ctx); err != nil {
			return failed(errors.Join(err, ctx.Err()))
		}
		defer places[i].end()
	}
	vendor, err := j.outageOfCeffu(places[0])
	if err != nil {
		return failed(err)
	}
	defer vendor.Close()
	fmt.Fprintf(j.say, "No credentials are set, so this is a story, on simulators of both vendors.\n"+
		"A receiver is down since %s (UTC-03:00). It refused the last %s a moment ago. Now it is up again.\n\n",
		j.since.In(brasilia).Format(time.TimeOnly), plural(int(places[0].receiver.refused.Load()), "webhook"))
	for _, p := range places {
		p.receiver.up.Store(true)
	}

	j.store = recovery.MemoryStore()
	replayed, err := j.storyRun(ctx, places[0])
	if err != nil {
		return failed(err)
	}
	vendor.Settle()
	fmt.Fprint(j.say, "The same outage once more: now the payloads are fetched and POSTed to the receiver.\n\n")
	j.store, j.ceffu, j.pullTo = recovery.MemoryStore(), nil, places[1].url+"/celcoin"
	pulled, err := j.storyRun(ctx, places[1])
	if err != nil {
		return failed(err)
	}
	writeTable(j.say, [][]string{{"WAY", "WEBHOOKS", "CALLS", "TIME", "STATE", "EVIDENCE"}, wayRow("replay", replayed), wayRow("pull", pulled)})
	j.tellStory(places[0], replayed)
	if err := j.writeHTML(j.dressed(replayed.report).With(j.addendum(replayed, nil)), recovery.Addendum{}); err != nil {
		return exitPartial, err
	}
	fmt.Fprintln(j.say, "\nThe report as a page:", j.html)
	if code, err := pulled.code(ctx); code != exitDone {
		return code, err
	}
	return replayed.code(ctx)
}

// wayRow is what a way of recovering took.
func wayRow(name string, r *result) []string {
	t := r.report.Totals
	return []string{
		name, count(t.Planned), count(r.report.Calls), r.took.Round(100 * time.Millisecond).String(), string(r.report.State), evidence(t),
	}
}

// storyOptions are an outage of four hours, and vendors that need not be spared.
func (j *job) storyOptions() error {
	j.since, j.until = j.now.Add(-4*time.Hour), j.now
	j.rate, j.deliveryWait, j.maxWait = storyRate, 300*time.Millisecond, 10*time.Second
	j.entities = nil
	for _, m := range missedPix {
		j.entities = append(j.entities, m.entity)
	}
	if j.html != "" {
		return nil
	}
	file, err := os.CreateTemp("", "recover-report-*.html")
	if err != nil {
		return err
	}
	j.html = file.Name()
	return file.Close()
}

// outage starts a receiver that is down, and a Celcoin that delivers to it.
func (j *job) outage(ctx context.Context) (_ *place, err error) {
	p := &place{receiver: newReceiver()} //nolint:contextcheck // its handlers take that of each request
	defer func() {
		if err != nil {
			p.end()
		}
	}()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.server = &http.Server{Handler: p.receiver, ReadHeaderTimeout: time.Second}
	go p.server.Serve(listener) //nolint:errcheck // it ends with the story
	p.url = "http://" + listener.Addr().String()
	if p.celcoin, err = celcointest.Start(); err != nil {
		return nil, err
	}
	for _, m := range missedPix {
		if err := p.celcoin.Subscribe(m.entity, p.url+"/celcoin", "login", "password"); err != nil {
			return nil, err
		}
		if err := p.celcoin.AddMissed(m.entity, m.n-missedLive, j.since, j.until); err != nil {
			return nil, err
		}
		for range missedLive {
			p.celcoin.Emit(celcointest.Webhook{Entity: m.entity})
		}
	}
	p.celcoin.Settle()
	return p, nil
}

func (j *job) outageOfCeffu(p *place) (*ceffutest.Server, error) {
	s, err := ceffutest.Start()
	if err != nil {
		return nil, err
	}
	hook, err := s.AddWebhook(ceffutest.Webhook{URL: p.url + "/ceffu"})
	for _, event := range ceffu.EventTypes() {
		err = errors.Join(err, s.AddFailed(ceffutest.Batch{
			WebhookID: hook.ID, EventType: event, Count: missedCeffu, From: j.since, To: j.since.Add(time.Hour),
		}))
	}
	j.webhookIDs = []string{hook.ID}
	if err == nil {
		j.ceffu, err = s.Client()
	}
	if err != nil {
		s.Close()
	}
	return s, err
}

// storyRun plans and runs at one of the places.
func (j *job) storyRun(ctx context.Context, p *place) (res *result, err error) {
	began := time.Now()
	if j.celcoin, err = p.celcoin.Client(); err != nil {
		return nil, err
	}
	j.gate = p.url + healthPath
	plan, err := j.plan(ctx)
	if err != nil {
		return nil, err
	}
	if j.pullTo == "" {
		if err := j.show(plan); err != nil {
			return nil, err
		}
		fmt.Fprintln(j.say)
	}
	res = j.perform(ctx, plan)
	j.progress.end()
	res.took = time.Since(began)
	return res, res.err
}

// tellStory is the table at the end. What Ceffu does not tell, the receiver knows.
func (j *job) tellStory(p *place, res *result) {
	rows := [][]string{summary}
	for _, e := range res.report.Entities {
		rows = append(rows, entityRow(e))
	}
	for _, event := range res.ceffu.events {
		arrived := p.receiver.arrived(event.String())
		rows = append(rows, []string{
			"Ceffu", event.String(), count(missedCeffu), count(missedCeffu), count(arrived), "0", "0",
			count(missedCeffu - arrived), count(arrived) + " at the receiver",
		})
	}
	fmt.Fprintln(j.say)
	writeTable(j.say, rows)
}

func (p *place) end() {
	if p.celcoin != nil {
		p.celcoin.Close()
	}
	if p.server != nil {
		p.server.Close() //nolint:errcheck,gosec // the story is over
	}
}
