package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

const (
	// margin widens the outage on both sides: the dates of webhooks may be
	// three hours off, see celcoin.Timestamp. What is pending there is missing
	// just as well.
	margin = 3 * time.Hour
	// window is what Celcoin answers quickly.
	window = time.Hour
	// rounds is how often what is still pending is asked for.
	rounds = 3
	// inFlight is how many replays are under way at once.
	inFlight = 8
)

// windows cuts the outage, with its margin, into queries for pending webhooks.
func (j *job) windows(entity celcoin.Entity) []celcoin.Query {
	var queries []celcoin.Query
	end := j.to.Add(margin)
	for from := j.from.Add(-margin); from.Before(end); from = from.Add(window) {
		to := from.Add(window)
		if to.After(end) {
			to = end
		}
		queries = append(queries, celcoin.Query{Entity: entity, From: from, To: to, OnlyPending: new(true)})
	}
	return queries
}

// count says how many webhooks of an entity are pending. A webhook on the edge
// of two windows may count twice.
func (j *job) count(ctx context.Context, entity celcoin.Entity) (int, error) {
	total := 0
	for _, q := range j.windows(entity) {
		summary, err := j.celcoin.CountWebhooks(ctx, q)
		if err != nil {
			return total, err
		}
		total += summary.TotalItems
	}
	return total, nil
}

// snapshot lists every pending webhook of an entity. Replaying must wait until
// it is done: the set shrinks under the pages, and some would be skipped.
func (j *job) snapshot(ctx context.Context, entity celcoin.Entity) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	for _, q := range j.windows(entity) {
		for webhook, err := range j.celcoin.Webhooks(ctx, q) {
			if err != nil {
				return nil, err
			}
			if key := webhook.ID + " " + webhook.Created.Raw; !seen[key] {
				seen[key] = true
				ids = append(ids, webhook.ID)
			}
		}
	}
	return ids, nil
}

// recoverEntity asks for the pending webhooks of an entity until none is left.
func (j *job) recoverEntity(ctx context.Context, entity celcoin.Entity, log io.Writer) (row, error) {
	r := row{vendor: "Celcoin", what: string(entity)}
	missed, err := j.count(ctx, entity)
	if err != nil {
		return r, err
	}
	r.missed, r.missing = missed, missed
	for round := 0; round < rounds && r.missing > 0; round++ {
		ids, err := j.snapshot(ctx, entity)
		if err != nil {
			return r, err
		}
		fmt.Fprintf(log, "celcoin %s: %d pending, listed %d, replaying\n", entity, r.missing, len(ids))
		asked, err := j.replay(ctx, entity, ids)
		r.asked += asked
		if err != nil {
			return r, err
		}
		// An accepted replay is not a delivery: look again.
		if r.missing, err = j.settled(ctx, entity, r.missing); err != nil {
			return r, err
		}
		r.arrived = max(r.missed-r.missing, 0)
	}
	return r, nil
}

// replay asks for each webhook again, and says how many were accepted. One that
// was perhaps accepted is left to the next round, which looks first.
func (j *job) replay(ctx context.Context, entity celcoin.Entity, ids []string) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var accepted atomic.Int64
	var workers sync.WaitGroup
	next := make(chan string)
	for range inFlight {
		workers.Go(func() {
			for id := range next {
				_, err := j.celcoin.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: entity, WebhookID: id})
				switch {
				case err == nil:
					accepted.Add(1)
				case !errors.Is(err, celcoin.ErrOutcomeUnknown) && !errors.Is(err, celcoin.ErrNotFound):
					cancel(err)
				}
			}
		})
	}
	for _, id := range ids {
		select {
		case next <- id:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	workers.Wait()
	return int(accepted.Load()), context.Cause(ctx)
}

// settled counts what is still pending, giving deliveries some time.
func (j *job) settled(ctx context.Context, entity celcoin.Entity, before int) (int, error) {
	const looks = 10
	pending := before
	for range looks {
		select {
		case <-ctx.Done():
			return pending, ctx.Err()
		case <-time.After(j.settle / looks):
		}
		var err error
		if pending, err = j.count(ctx, entity); err != nil || pending == 0 {
			return pending, err
		}
	}
	return pending, nil
}
