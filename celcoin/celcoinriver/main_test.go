package celcoinriver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/journalsql"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

var shared postgrestest.Shared

// asWorker holds the settings of a process that is a worker, and not a test.
const asWorker = "REENVIO_TEST_RIVER_WORKER"

func TestMain(m *testing.M) {
	var code int
	if environment := os.Getenv(asWorker); environment != "" {
		code = workerMain(environment)
	} else {
		code = m.Run()
		if err := shared.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code) //nolint:forbidigo // that is what TestMain does
}

// settings are those of a machine.
type settings struct {
	DSN         string        `json:"dsn"`
	URL         string        `json:"url"`
	ClientID    string        `json:"client_id"`
	Secret      string        `json:"secret"` // the simulator's
	Rate        float64       `json:"rate"`
	Concurrency int           `json:"concurrency"`
	Slots       int           `json:"slots"` // jobs at once
	Slice       time.Duration `json:"slice"`
	Lease       time.Duration `json:"lease"`
	Timeout     time.Duration `json:"timeout"`
	MaxWait     time.Duration `json:"max_wait"`
	RescueAfter time.Duration `json:"rescue_after"`
	SoftStop    time.Duration `json:"soft_stop"`
}

// machine is what one machine of a team runs.
type machine struct {
	settings

	watch    *recovery.WatchConfig
	periodic []*river.PeriodicJob
	workers  *river.Workers
	pool     *pgxpool.Pool
}

// connect makes a recoverer and a client of River, which is not started.
func (m *machine) connect(ctx context.Context) (*recovery.Recoverer, *river.Client[pgx.Tx], error) {
	pool, err := pgxpool.New(ctx, m.DSN)
	if err != nil {
		return nil, nil, err
	}
	m.pool = pool
	api, err := celcoin.New(celcoin.Credentials{ClientID: m.ClientID, ClientSecret: m.Secret}, celcoin.WithBaseURL(m.URL))
	if err != nil {
		return nil, nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	store := journalsql.New(db, journalsql.Postgres, journalsql.WithLease(m.Lease))
	r, err := recovery.New(api,
		recovery.WithStore(store), recovery.WithRate(m.Rate, 10), recovery.WithConcurrency(m.Concurrency),
		recovery.WithDeliveryTimeout(m.Timeout), recovery.WithMaxWait(m.MaxWait),
	)
	if err != nil {
		return nil, nil, err
	}
	m.workers = river.NewWorkers()
	opts := []celcoinriver.WorkerOption{celcoinriver.WithSlice(m.Slice)}
	if m.watch != nil {
		opts = append(opts, celcoinriver.WithWatch(*m.watch))
	}
	if err := celcoinriver.AddWorkers(m.workers, r, opts...); err != nil {
		return nil, nil, err
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Schema: celcoinriver.Schema, Workers: m.workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: m.Slots}},
		FetchPollInterval: 100 * time.Millisecond, JobTimeout: time.Second, RescueStuckJobsAfter: m.RescueAfter, SoftStopTimeout: m.SoftStop,
		Logger: slog.New(slog.DiscardHandler), TestOnly: true, PeriodicJobs: m.periodic,
	})
	return r, client, err
}

// workerMain is a machine until it is told to stop, or killed.
func workerMain(environment string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	m := &machine{}
	err := json.Unmarshal([]byte(environment), &m.settings)
	for err == nil {
		var client *river.Client[pgx.Tx]
		if _, client, err = m.connect(ctx); err == nil {
			if err = client.Start(ctx); err == nil {
				<-client.Stopped()
				return 0
			}
			m.pool.Close()                     // the database is down: whoever started the process would start it again
			time.Sleep(100 * time.Millisecond) //nolint:forbidigo // this process knows no virtual time
			err = ctx.Err()
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}
