package recovery_test

import (
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// outageStart is when the receiver of these reports went down.
var outageStart = time.Date(2026, 11, 22, 1, 10, 0, 0, time.UTC)

// entity is an outage in five-minute buckets: traffic rises and falls, and of
// every bucket the given share in percent was delivered.
func entity(name celcoin.Entity, buckets, peak, share int) recovery.EntityReport {
	e := recovery.EntityReport{Entity: name}
	for i := range buckets {
		start := outageStart.Add(time.Duration(i) * 5 * time.Minute)
		missed := peak * (i + 1) * (2*buckets - i) / (buckets * (buckets + 2))
		delivered := missed * share / 100
		e.Timeline = append(e.Timeline, recovery.Bucket{Start: start, End: start.Add(5 * time.Minute), Missed: missed, Recovered: delivered})
		e.Planned += missed
		e.Delivered += delivered
	}
	e.Replayed, e.Received = e.Delivered, e.Delivered
	e.Pending = e.Planned - e.Delivered
	e.StillPending = e.Pending
	return e
}

// report has the entities, and their sums as totals.
func report(state recovery.State, entities ...recovery.EntityReport) *recovery.Report {
	r := &recovery.Report{
		ID: "20261122T011000Z-5f0c1d2e3b4a", State: state, From: outageStart, To: outageStart.Add(105 * time.Minute),
		Started: outageStart.Add(2 * time.Hour), Ended: outageStart.Add(2*time.Hour + 521*time.Second), Active: 6*time.Minute + 12*time.Second,
		Digest: "9b74c9897bac770ffc029102a200c5de", Calls: 1391, Entities: entities,
		Environment: "https://sandbox.openfinance.celcoin.dev, client 5f3a9c1e",
	}
	for _, e := range entities {
		t := &r.Totals
		t.Planned, t.AlreadyDelivered, t.Replayed = t.Planned+e.Planned, t.AlreadyDelivered+e.AlreadyDelivered, t.Replayed+e.Replayed
		t.Delivered, t.Unknown, t.Expired = t.Delivered+e.Delivered, t.Unknown+e.Unknown, t.Expired+e.Expired
		t.Rejected, t.StillPending, t.FoundLater = t.Rejected+e.Rejected, t.StillPending+e.StillPending, t.FoundLater+e.FoundLater
		t.NewDuringRun, t.Received, t.Pulled = t.NewDuringRun+e.NewDuringRun, t.Received+e.Received, t.Pulled+e.Pulled
		t.Sent, t.Counted, t.Pending, t.Failed = t.Sent+e.Sent, t.Counted+e.Counted, t.Pending+e.Pending, t.Failed+e.Failed
		t.InDoubt, t.Overdue, t.Unproven = t.InDoubt+e.InDoubt, t.Overdue+e.Overdue, t.Unproven+e.Unproven
	}
	return r
}

func allDelivered() *recovery.Report {
	return report(recovery.StateDrained, entity(celcoin.EntityPixPaymentIn, 21, 60, 100), entity(celcoin.EntityPixPaymentOut, 21, 20, 100),
		recovery.EntityReport{Entity: "pix-automatic-payment-instruction-expired"})
}

// partial has something of everything, and 1,224 failures.
func partial() *recovery.Report {
	pix := entity(celcoin.EntityPixPaymentIn, 21, 1900, 80)
	pix.AlreadyDelivered, pix.Delivered, pix.Replayed = 7, pix.Delivered-7, pix.Delivered+1300
	pix.Sent, pix.Counted, pix.Pulled = 2000, 12, 20
	pix.Received -= 2032
	pix.InDoubt, pix.Overdue, pix.Unproven, pix.Unknown = 2, 3, 1, 6
	pix.Expired, pix.Failed, pix.Rejected, pix.FoundLater, pix.NewDuringRun = 40, 1178, 20, 3, 5
	pix.Pending -= 40 + 1178 + 6
	pix.StillPending = pix.Pending + pix.Failed
	r := report(recovery.StatePartial, pix, entity(`a<b>&"odd"`, 21, 20, 33),
		recovery.EntityReport{Entity: "pix-automatic-payment-instruction-expired", Totals: recovery.Totals{Planned: 2, Delivered: 2, Replayed: 2, Sent: 2}})
	r.Reason, r.Retries, r.GateClosed, r.Skew = "1,178 webhooks were not delivered within 3 attempts", 4, 2, -95*time.Second
	r.SetAside = []recovery.SetAside{
		{Entity: "onboarding-proposal", Reason: "Celcoin did not answer within 3m0s", Status: 504},
		{Entity: celcoin.EntityPixPaymentOut, From: outageStart.Add(-3 * time.Hour), To: outageStart.Add(-2 * time.Hour), Counted: 1312, Reason: "refused for its age", Status: 400, Code: "CIE001"},
	}
	for i, kind := range []struct {
		n       int
		failure recovery.Failure
	}{
		{500, recovery.Failure{State: "failed", Attempts: 3, Status: 200, ReceiverStatus: 503, PayloadStatus: "CONFIRMED", RequestID: "8c1f2a9e-6d5b-4f7e-8a3c-2b1d0e9f7a6b"}},
		{454, recovery.Failure{
			State: "failed", Attempts: 3, Status: 400, Code: "CIE999", RequestID: "8c1f2a9e-6d5b-4f7e-8a3c-2b1d0e9f7a6b",
			Error: "An internal error occurred: try again later, or contact the support with the number of this request",
		}},
		{40, recovery.Failure{State: "expired"}},
		{2, recovery.Failure{State: "in doubt", Attempts: 1, Error: "the connection was closed before the answer"}},
		{3, recovery.Failure{State: "overdue", Attempts: 2, Status: 200}},
		{1, recovery.Failure{State: "unproven", Attempts: 1, Status: 200}},
	} {
		for j := range kind.n {
			f := kind.failure
			f.Entity, f.Created = celcoin.EntityPixPaymentIn, outageStart.Add(time.Duration(j)*time.Second).Format("2006-01-02T15:04:05.0000000Z")
			f.ID = fmt.Sprintf("5d0b1f3a-%04d-4c1e-9d2f-%012d", i, j)
			r.Failures = append(r.Failures, f)
		}
	}
	r.MoreFailures = 224
	return r
}

func cancelled() *recovery.Report {
	r := report(recovery.StateCancelled, entity(celcoin.EntityPixPaymentIn, 21, 60, 40))
	r.Reason = "context canceled"
	return r
}

// ceffu is what a caller adds for another vendor.
func ceffu() recovery.Addendum {
	return recovery.Addendum{
		Steps: []string{"To go on: recover resume -id 20261122T011000Z-5f0c1d2e3b4a -store /var/lib/recover"},
		Vendors: []recovery.VendorSummary{{
			Name: "Ceffu", Missed: recovery.NotTold, Replayed: 8, Delivered: recovery.NotTold, Unknown: recovery.NotTold, Expired: recovery.NotTold, Pending: 1, Failed: 1,
		}},
		Tables: []recovery.Table{{
			Title: "Ceffu", Note: "Replayed are accepted calls, each for all that failed.", Header: []string{"event type", "webhook", "calls", "result"},
			Rows: [][]string{{"deposit success", "123456789012345678", "1", "accepted"}, {"withdrawal failed", "123456789012345678", "3", "400 G20004: the webhook does not exist"}},
		}},
	}
}
