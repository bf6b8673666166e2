package celcoinriver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/journalsql"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

var shared postgrestest.Shared

// long tells whether the tests are to take minutes.
var long = os.Getenv("REENVIO_LONG") == "1"

// asMachine holds the settings of a process that is a machine, and not a test.
const asMachine = "REENVIO_TEST_RIVER_MACHINE"

func TestMain(m *testing.M) {
	if settings := os.Getenv(asMachine); settings != "" {
		os.Exit(run(settings)) //nolint:forbidigo // a process of a test
	}
	os.Exit(shared.Run(m)) //nolint:forbidigo // that is what TestMain does
}

const (
	rate        = 200
	concurrency = 8
)

// machine is what one machine of a team runs. A process gets what is exported.
type machine struct {
	DSN, URL                                             string
	Slots                                                int // jobs at once
	Slice, Lease, Timeout, MaxWait, RescueStuckJobsAfter time.Duration

	watch    recovery.WatchConfig
	periodic []*river.PeriodicJob

	pool      *pgxpool.Pool
	store     *journalsql.Store
	recoverer *recovery.Recoverer
	workers   *river.Workers
	client    *river.Client[pgx.Tx]
}

// connect makes all of it, without starting the client.
func (m *machine) connect(ctx context.Context) (err error) {
	if m.pool, err = pgxpool.New(ctx, m.DSN); err != nil {
		return err
	}
	api, err := celcoin.New(celcoin.Credentials{ClientID: "test-client", ClientSecret: "test-secret"}, celcoin.WithBaseURL(m.URL))
	if err != nil {
		return err
	}
	m.store = journalsql.New(stdlib.OpenDBFromPool(m.pool), journalsql.Postgres, journalsql.WithLease(m.Lease))
	m.recoverer, err = recovery.New(api, recovery.WithStore(m.store), recovery.WithRate(rate, 10), recovery.WithConcurrency(concurrency),
		recovery.WithDeliveryTimeout(m.Timeout), recovery.WithMaxWait(m.MaxWait))
	if err != nil {
		return err
	}
	m.workers = river.NewWorkers()
	opts := []celcoinriver.WorkerOption{celcoinriver.WithSlice(m.Slice)}
	if m.periodic != nil {
		opts = append(opts, celcoinriver.WithWatch(m.watch))
	}
	if err := celcoinriver.AddWorkers(m.workers, m.recoverer, opts...); err != nil {
		return err
	}
	m.client, err = river.NewClient(riverpgxv5.New(m.pool), &river.Config{
		Schema: celcoinriver.Schema, Workers: m.workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: m.Slots}},
		FetchPollInterval: 100 * time.Millisecond, JobTimeout: time.Second, RescueStuckJobsAfter: m.RescueStuckJobsAfter,
		SoftStopTimeout: time.Millisecond, Logger: slog.New(slog.DiscardHandler), TestOnly: true, PeriodicJobs: m.periodic,
	})
	return err
}

// run is a machine until it is told to stop, or killed.
func run(settings string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	m := &machine{}
	err := json.Unmarshal([]byte(settings), m) //nolint:musttag // both ends are this test
	for err == nil {
		if err = m.connect(ctx); err == nil && m.client.Start(ctx) == nil {
			<-m.client.Stopped()
			return 0
		}
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // the database is down, and this process knows no virtual time
		err = errors.Join(err, ctx.Err())
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// outage is a Celcoin whose receiver missed webhooks, and a machine that is to
// get them back.
type outage struct {
	machine

	server  *celcointest.Server
	request recovery.Request
	refuses atomic.Pointer[func(payload []byte) bool] // what the receiver answers 503 to
}

// newOutage has units of one hour, of two entities, with so many webhooks each, in
// a database that is migrated. What differs from the usual machine is set by change.
func newOutage(t *testing.T, dsn string, units, each int, change func(*outage)) *outage {
	t.Helper()
	o := &outage{}
	o.server = celcointest.NewServer(t, celcointest.WithRecords(200_000), celcointest.WithCredentials("test-client", "test-secret"),
		celcointest.WithReceiver(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			payload, err := io.ReadAll(r.Body)
			if refuses := o.refuses.Load(); err != nil || refuses != nil && *refuses != nil && (*refuses)(payload) {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})))
	from := time.Now().Add(-24 * time.Hour).Truncate(time.Hour)
	entities := []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut}
	o.request = recovery.Request{ID: "outage", Entities: entities, From: from, To: from.Add(time.Duration(units/2) * time.Hour), Margin: -1}
	for _, entity := range entities {
		require.NoError(t, o.server.AddMissed(entity, units/2*each, from, o.request.To))
	}
	o.machine = machine{
		DSN: dsn, URL: o.server.URL, Slots: 1, Slice: 10 * time.Minute, Lease: 2 * time.Second,
		Timeout: time.Second, MaxWait: 5 * time.Second, RescueStuckJobsAfter: time.Hour,
	}
	if change != nil {
		change(o)
	}
	require.NoError(t, o.connect(t.Context()))
	t.Cleanup(o.pool.Close)
	require.NoError(t, celcoinriver.Migrate(t.Context(), o.pool, celcoinriver.Schema))
	require.NoError(t, o.store.Migrate(t.Context()))
	return o
}

// refuse sets what the receiver refuses from now on: nothing if f is nil.
func (o *outage) refuse(f func(payload []byte) bool) { o.refuses.Store(&f) }

// arrived is how many different webhooks did, and how many deliveries too many.
func (o *outage) arrived() (different, duplicates int) {
	taken := map[string]bool{}
	for _, d := range o.server.Deliveries() {
		if d.Status == http.StatusOK && taken[d.WebhookID] {
			duplicates++
		}
		if d.Status == http.StatusOK {
			taken[d.WebhookID] = true
		}
	}
	return len(taken), duplicates
}

// enqueue plans the recovery and enqueues it.
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

// works lets this process be a machine until the test ends.
func (o *outage) works(t *testing.T) {
	t.Helper()
	require.NoError(t, o.client.Start(t.Context()))
	t.Cleanup(func() { assert.NoError(t, o.client.StopAndCancel(context.Background())) })
}

// ended waits until no job has anything more to do.
func (o *outage) ended(t *testing.T) (s *celcoinriver.State) {
	t.Helper()
	wait(t, "all jobs have ended", func() bool {
		s = o.status(t)
		return !slices.ContainsFunc(s.Jobs, func(j celcoinriver.Job) bool {
			return j.State != rivertype.JobStateCompleted && j.State != rivertype.JobStateCancelled
		})
	})
	return s
}

// drained waits for the end of a recovery that brought so many webhooks back, each
// once.
func (o *outage) drained(t *testing.T, webhooks int) *celcoinriver.State {
	t.Helper()
	s := o.ended(t)
	require.NoError(t, s.Report.Err())
	different, duplicates := o.arrived()
	assert.Equal(t, webhooks, different)
	assert.Zero(t, duplicates)
	return s
}

// start starts a process that is a machine, of a program that is this test.
func (o *outage) start(t *testing.T, program string) *exec.Cmd {
	t.Helper()
	settings, err := json.Marshal(&o.machine) //nolint:musttag // both ends are this test
	require.NoError(t, err)
	p := exec.CommandContext(t.Context(), program) // which ends it with the test
	p.Env = append(os.Environ(), asMachine+"="+string(settings))
	p.Stderr = os.Stderr
	require.NoError(t, p.Start())
	t.Cleanup(func() { _ = p.Wait() }) // killed, or waited for before
	return p
}

// wait fails the test unless something becomes true within a generous time.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 3*time.Minute, 50*time.Millisecond, what)
}
