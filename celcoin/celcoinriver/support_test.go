package celcoinriver_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/journalsql"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// outage is a Celcoin whose receiver missed webhooks, and a machine that is to
// get them back.
type outage struct {
	machine

	server    *celcointest.Server
	recoverer *recovery.Recoverer
	client    *river.Client[pgx.Tx]
	request   recovery.Request

	mu     sync.Mutex
	down   bool
	taken  map[string]int
	failed map[string]int // by entity
	poison string         // is never taken
	last   int            // deliveries that are taken before it breaks down; 0: never
}

// newOutage has units of one hour, of two entities, with so many webhooks each.
func newOutage(t *testing.T, dsn string, units, each int) *outage {
	t.Helper()
	o := &outage{taken: map[string]int{}, failed: map[string]int{}}
	o.server = celcointest.NewServer(t, celcointest.WithReceiver(http.HandlerFunc(o.receive)), celcointest.WithRecords(200_000))
	from := time.Now().Add(-24 * time.Hour).Truncate(time.Hour)
	entities := []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut}
	o.request = recovery.Request{ID: "outage", Entities: entities, From: from, To: from.Add(time.Duration(units/2) * time.Hour), Margin: -1}
	for _, entity := range entities {
		require.NoError(t, o.server.AddMissed(entity, units/2*each, from, o.request.To))
	}
	o.settings = settings{
		DSN: dsn, URL: o.server.URL, ClientID: o.server.Credentials().ClientID, Secret: o.server.Credentials().ClientSecret,
		Rate: 200, Concurrency: 8, Slots: 1, Slice: 10 * time.Minute, Lease: 2 * time.Second,
		Timeout: time.Second, MaxWait: 5 * time.Second, RescueAfter: time.Hour, SoftStop: time.Millisecond,
	}
	return o
}

func (o *outage) receive(w http.ResponseWriter, r *http.Request) {
	var n struct {
		Entity    string `json:"entity"`
		WebhookID string `json:"webhookId"`
	}
	err := json.NewDecoder(r.Body).Decode(&n)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = o.down || o.last > 0 && len(o.taken) >= o.last
	switch {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	case o.down, n.WebhookID == o.poison:
		o.failed[n.Entity]++
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		o.taken[n.WebhookID]++
	}
}

// heal lets the receiver take everything from now on.
func (o *outage) heal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down, o.last = false, 0
}

// arrived is how many different webhooks did, and how many deliveries too many.
func (o *outage) arrived() (different, duplicates int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.taken {
		duplicates += n - 1
	}
	return len(o.taken), duplicates
}

func (o *outage) failures() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.failed)
}

// open connects to the database and migrates it.
func (o *outage) open(t *testing.T) {
	t.Helper()
	var err error
	o.recoverer, o.client, err = o.connect(t.Context())
	require.NoError(t, err)
	t.Cleanup(o.pool.Close)
	require.NoError(t, celcoinriver.Migrate(t.Context(), o.pool, celcoinriver.Schema))
	require.NoError(t, journalsql.New(stdlib.OpenDBFromPool(o.pool), journalsql.Postgres).Migrate(t.Context()))
}

// plan plans the recovery and enqueues it.
func (o *outage) enqueue(t *testing.T, workers int) {
	t.Helper()
	plan, err := o.recoverer.Plan(t.Context(), o.request)
	require.NoError(t, err)
	require.NoError(t, celcoinriver.Enqueue(t.Context(), o.client, plan, workers))
}

func (o *outage) status(t *testing.T) *celcoinriver.State {
	t.Helper()
	s, err := celcoinriver.Status(t.Context(), o.client, o.recoverer, o.request.ID)
	require.NoError(t, err)
	return s
}

// process is a machine of its own.
type process struct{ *exec.Cmd }

func (o *outage) start(t *testing.T) *process {
	t.Helper()
	return o.startProgram(t, os.Args[0])
}

func (o *outage) startProgram(t *testing.T, program string) *process {
	t.Helper()
	environment, err := json.Marshal(o.settings)
	require.NoError(t, err)
	p := &process{exec.CommandContext(t.Context(), program)}
	p.Env = append(os.Environ(), asWorker+"="+string(environment))
	p.Stderr = os.Stderr
	require.NoError(t, p.Start())
	t.Cleanup(p.kill)
	return p
}

func (p *process) kill() {
	if p.ProcessState == nil {
		_ = p.Process.Kill() // it may have ended
		_ = p.Wait()         // killed
	}
}

// wait fails the test unless something becomes true within a generous time.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 3*time.Minute, 50*time.Millisecond, what)
}
