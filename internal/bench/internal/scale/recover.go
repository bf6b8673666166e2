package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/internal/bench/internal/process"
)

// The names of a whole recovery's two processes.
const (
	SimulatorChild = "simulator"
	RecoverChild   = "recover"
)

// Simulated is a Celcoin with missed webhooks, and an outage that holds them.
type Simulated struct {
	URL          string    `json:"url"`
	ClientID     string    `json:"client_id"`
	ClientSecret string    `json:"client_secret"`
	From         time.Time `json:"from"`
	To           time.Time `json:"to"`
}

// Simulate serves a Celcoin that n webhooks are missed of, and whose receiver is
// up again, until in ends.
func Simulate(in io.Reader, out io.Writer, n int) error {
	up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	s, err := celcointest.Start(celcointest.WithReceiver(up), celcointest.WithRecords(1))
	if err != nil {
		return err
	}
	defer s.Close()
	now := time.Now()
	creds := s.Credentials()
	w := Simulated{s.URL, creds.ClientID, creds.ClientSecret, now.Add(-3 * time.Hour), now.Add(-time.Hour)}
	if err := s.AddMissed(celcoin.EntityPixPaymentIn, n, w.From, w.To); err != nil {
		return err
	}
	return process.Serve(in, out, w, func(question string) (any, error) {
		if question != "pending" {
			return nil, fmt.Errorf("the simulator was asked for %q", question)
		}
		s.Settle()
		return s.Pending(celcoin.EntityPixPaymentIn), nil
	})
}

// Recovered is what a recovery cost, in its two parts.
type Recovered struct {
	Plan Measured `json:"plan"`
	Run  Measured `json:"run"`
}

// Recover gets n webhooks back from a simulator in another process, with a
// journal on disk and a rate that does not hold it back. Otherwise it is as a
// user would have it, but for the time between its last two looks, which would
// be all that is seen of a small recovery.
func Recover(ctx context.Context, w *Simulated, n int) (result *Recovered, err error) {
	client, err := celcoin.New(celcoin.Credentials{ClientID: w.ClientID, ClientSecret: w.ClientSecret}, celcoin.WithBaseURL(w.URL))
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "reenvio-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	const unbounded = 1e6
	r, err := recovery.New(client,
		recovery.WithStore(recovery.FileStore(folder)),
		recovery.WithRate(unbounded, unbounded),
		recovery.WithSettle(Settle))
	if err != nil {
		return nil, err
	}
	var plan *recovery.Plan
	planned, err := clocked(func() (int, error) {
		plan, err = r.Plan(ctx, recovery.Request{Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, From: w.From, To: w.To})
		if err != nil {
			return 0, err
		}
		return plan.Items, nil
	})
	if err != nil {
		return nil, err
	}
	var report *recovery.Report
	ran, err := clocked(func() (int, error) {
		report, err = r.Run(ctx, plan)
		if err != nil {
			return 0, err
		}
		return report.Totals.Delivered + report.Totals.AlreadyDelivered, nil
	})
	if err != nil {
		return nil, err
	}
	if report.State != recovery.StateDrained || ran.Items != n {
		return nil, fmt.Errorf("recovered %d webhooks of %d: %s, %s", ran.Items, n, report.State, report.Reason)
	}
	ran.Calls = report.Calls
	return &Recovered{*planned, *ran}, nil
}

// Settle is the time between the last two looks of a recovery here.
const Settle = time.Second
