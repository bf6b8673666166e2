package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"go.opentelemetry.io/otel/metric"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinotel"
	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

const (
	// shutdown is how long the end may take: less than the 30 seconds after which
	// Kubernetes kills.
	shutdown = 20 * time.Second
	// keep is how long keys of events stay: Celcoin replays for 7 days.
	keep = 30 * 24 * time.Hour
)

// service is all parts of it.
type service struct {
	*settings

	log        *slog.Logger
	db         *database
	metrics    http.Handler // for Prometheus
	observer   *celcoinotel.Observer
	deliveries metric.Float64Histogram
	recoverer  *recovery.Recoverer
	river      *river.Client[pgx.Tx] // nil: SQLite
	stopping   atomic.Bool
}

// serve is the service until ctx ends.
func serve(ctx context.Context, s *settings, log *slog.Logger) error {
	public, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return fmt.Errorf("service: REENVIO_LISTEN: %w", err)
	}
	defer public.Close() //nolint:errcheck // the server has closed it
	admin, err := new(net.ListenConfig).Listen(ctx, "tcp", s.adminListen)
	if err != nil {
		return fmt.Errorf("service: REENVIO_ADMIN_LISTEN: %w", err)
	}
	defer admin.Close() //nolint:errcheck // the server has closed it
	if s.simulated() {
		end, err := simulate(ctx, s, public.Addr(), log)
		if err != nil {
			return err
		}
		defer end()
	}
	x := &service{settings: s, log: log}
	if x.db, err = open(ctx, s); err != nil {
		return err
	}
	defer x.db.close()
	if err := x.build(); err != nil {
		return err
	}
	log.Info("serving", slog.String("webhooks", public.Addr().String()), slog.String("admin", admin.Addr().String()), slog.Bool("river", x.river != nil))
	return x.run(ctx, public, admin)
}

// build makes the client, the recoverer and the workers.
func (x *service) build() (err error) {
	if err = x.measure(); err != nil {
		return err
	}
	opts := []celcoin.Option{celcoin.WithBaseURL(x.baseURL), celcoin.WithUserAgent("service"), celcoin.WithObserver(x.observer)}
	if x.cert != "" {
		cert, err := celcoin.LoadClientCertificate(x.cert, x.key, x.passphrase)
		if err != nil {
			return fmt.Errorf("service: CELCOIN_CLIENT_CERT or CELCOIN_CLIENT_KEY: %w", err)
		}
		opts = append(opts, celcoin.WithClientCertificate(cert))
	}
	client, err := celcoin.New(celcoin.Credentials{ClientID: x.clientID, ClientSecret: x.clientSecret}, opts...)
	if err != nil {
		return err
	}
	x.recoverer, err = recovery.New(client,
		recovery.WithStore(x.db.journal),
		recovery.WithRate(x.rate, max(int(x.rate), 1)),
		recovery.WithConcurrency(x.concurrency),
		recovery.WithMaxWait(x.maxWait),
		recovery.WithGate(x.db.ready),
		recovery.WithReceived(x.db.inbox.Received),
		recovery.WithPull(inbox.Deliver(x.process)),
		recovery.WithLogger(x.log))
	if err != nil || x.db.pool == nil {
		return err
	}
	workers := river.NewWorkers()
	if err := celcoinriver.AddWorkers(workers, x.recoverer, celcoinriver.WithWatch(x.watch())); err != nil {
		return err
	}
	x.river, err = river.NewClient(riverpgxv5.New(x.db.pool), &river.Config{
		Schema: celcoinriver.Schema, Workers: workers,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		PeriodicJobs:         []*river.PeriodicJob{celcoinriver.PeriodicWatch(x.every)},
		RescueStuckJobsAfter: 16 * time.Minute,
		SoftStopTimeout:      time.Second, // then a recovery gives its leases back, and others go on
		Logger:               slog.New(warnings{x.log.Handler()}),
	})
	return err
}

// process processes an event in no more time than the receiver gives it.
func (x *service) process(ctx context.Context, e *inbox.Event) error {
	ctx, cancel := context.WithTimeout(ctx, x.timeout)
	defer cancel()
	return x.db.inbox.Process(ctx, e)
}

// watch finds what was missed, and recovers it at once.
func (x *service) watch() recovery.WatchConfig {
	return recovery.WatchConfig{
		Every: x.every, Lookback: x.lookback, Grace: x.grace, Entities: x.entities, Auto: true,
		Observe: func(s recovery.WatchState) {
			x.observer.Watched(s)
			if r := s.Report; r != nil {
				x.log.Info("recovered", slog.String("recovery", r.ID), slog.String("state", string(r.State)), slog.Int("planned", r.Totals.Planned),
					slog.Int("pulled", r.Totals.Pulled), slog.Int("received", r.Totals.Received), slog.Int("pending", r.Totals.StillPending))
			}
		},
	}
}

// run serves, watches and works until ctx ends or a part of it fails.
func (x *service) run(ctx context.Context, public, admin net.Listener) (err error) {
	work, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	failed := make(chan error, 3)
	if x.river == nil {
		wg.Go(func() { failed <- x.recoverer.Watch(work, x.watch()) })
	} else if err := x.river.Start(work); err != nil {
		return fmt.Errorf("service: river: %w", err)
	}
	wg.Go(func() { x.prune(work) })
	servers := []*http.Server{
		{Handler: x.public(), WriteTimeout: 10*time.Second + x.timeout}, //nolint:contextcheck // a webhook has the context of its request
		{Handler: x.admin()}, // planning takes as long as Celcoin does, so its answers have no limit
	}
	for i, listener := range []net.Listener{public, admin} {
		servers[i].ReadHeaderTimeout, servers[i].ReadTimeout = 5*time.Second, 10*time.Second
		wg.Go(func() { failed <- servers[i].Serve(listener) })
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	x.log.Info("stopping")
	x.stopping.Store(true)
	stop() // first, so that others can go on with recoveries
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdown)
	defer cancel()
	for _, server := range servers {
		err = errors.Join(err, server.Shutdown(end)) // answers what is being processed
	}
	if x.river != nil {
		select {
		case <-x.river.Stopped():
		case <-end.Done():
			err = errors.Join(err, errors.New("service: river does not stop"))
		}
	}
	wg.Wait()
	return err
}

// prune forgets old events, once a day.
func (x *service) prune(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := x.db.inbox.Prune(ctx, keep); err != nil {
			x.log.Warn("old events stay for another day", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(24 * time.Hour):
		}
	}
}

// warnings leaves out what is less: River tells much.
type warnings struct{ slog.Handler }

func (warnings) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
