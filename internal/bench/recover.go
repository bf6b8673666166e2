package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// simulate serves a Celcoin with missed webhooks whose receiver is up again.
func simulate(missed string) (url string, stop func(), err error) {
	n, err := strconv.Atoi(missed)
	if err != nil {
		return "", nil, err
	}
	up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	s, err := celcointest.Start(celcointest.WithReceiver(up), celcointest.WithRecords(1),
		celcointest.WithCredentials(clientID, clientSecret))
	if err != nil {
		return "", nil, err
	}
	now := time.Now()
	return s.URL, s.Close,
		s.AddMissed(celcoin.EntityPixPaymentIn, n, now.Add(-3*time.Hour), now.Add(-time.Hour))
}

// recoverAll plans and runs a recovery of a simulator in another process, with a
// journal on disk and a rate that does not hold it back. It returns webhooks a second.
func recoverAll(ctx context.Context, url string, opts ...recovery.Option) (perSecond []float64, err error) {
	c, err := newCelcoin(url)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "reenvio-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	const unbounded = 1e6
	r, err := recovery.New(c, append(opts,
		recovery.WithStore(recovery.FileStore(folder)),
		recovery.WithRate(unbounded, unbounded),
		recovery.WithDeliveryTimeout(time.Second))...) // with the usual 30 s the last look would be most of it
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	report, err := r.Recover(ctx, recovery.Request{
		Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn},
		From:     begin.Add(-4 * time.Hour), To: begin.Add(-time.Minute),
	})
	if err != nil {
		return nil, err
	}
	return []float64{float64(report.Totals.Planned) / time.Since(begin).Seconds()}, report.Err()
}
