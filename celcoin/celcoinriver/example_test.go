package celcoinriver_test

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/journalsql"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// What each machine of a team runs. One of them also plans the recovery and
// enqueues it; to do that on all of them does no harm.
func Example() {
	// ctx ends by SIGTERM; api is made by celcoin.New.
	machine := func(ctx context.Context, databaseURL string, api *celcoin.Client, request recovery.Request) error {
		pool, err := pgxpool.New(ctx, databaseURL)
		if err != nil {
			return err
		}
		defer pool.Close()
		store := journalsql.New(stdlib.OpenDBFromPool(pool), journalsql.Postgres)
		if err := errors.Join(store.Migrate(ctx), celcoinriver.Migrate(ctx, pool, celcoinriver.Schema)); err != nil {
			return err
		}
		recoverer, err := recovery.New(api, recovery.WithStore(store), recovery.WithRate(10, 10))
		if err != nil {
			return err
		}
		workers := river.NewWorkers()
		if err := celcoinriver.AddWorkers(workers, recoverer); err != nil {
			return err
		}
		client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
			Schema:               celcoinriver.Schema,
			Workers:              workers,
			Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
			RescueStuckJobsAfter: 16 * time.Minute,
			SoftStopTimeout:      time.Second, // then units are given back
		})
		if err != nil {
			return err
		}
		if err := client.Start(ctx); err != nil {
			return err
		}
		plan, err := recoverer.Plan(ctx, request) // the other machines wait for it
		if err != nil {
			return err
		}
		if err := celcoinriver.Enqueue(ctx, client, plan, 6); err != nil {
			return err
		}
		<-client.Stopped() // after SIGTERM
		return nil
	}
	_ = machine
	// Output:
}
