package render

import (
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Plan says what a run will do, as far as people read it. As JSON a plan
// travels in recovery's own form.
type Plan struct {
	ID       string
	Digest   string
	From, To time.Time // the outage
	Margin   time.Duration
	// Environment is the Celcoin of the plan, as its client's fingerprint names it.
	Environment string
	Items       int           // webhooks found pending
	Expired     int           // of them, older than Celcoin's 7 days: tried last, once
	Urgent      int           // of them, older than 7 days by one reading of their dates: tried first
	WillExpire  int           // of them, expire before their turn comes
	LeftOut     int           // pending beside them, and left out: the receiver has them, or another recovery pulled them
	Unlisted    int           // counted by Celcoin, and not listed
	Refused     int           // windows that Celcoin refused to count or to list in full
	Overlaps    []string      // the IDs of unfinished recoveries of the same webhooks
	Skew        time.Duration // how far Celcoin's clock is ahead of this machine's, if that counts
	Estimate    Estimate
	Entities    []EntityPlan
	SetAside    []SetAside
}

// EntityPlan is the part of one entity.
type EntityPlan struct {
	Entity     celcoin.Entity
	Items      int
	Expired    int
	WillExpire int
}

// Estimate is how long a run will take, and why.
type Estimate struct {
	Calls       int
	Duration    time.Duration
	Rate        float64       // calls a second; 0: no limit
	Concurrency int           // calls at once
	Latency     time.Duration // of a call, as measured while planning; 0: not known
	Delivery    time.Duration // from a replay to its delivery; 0: not known
	InFlight    int           // replays at once that are not delivered yet
	HeldBackBy  string        // what of these holds the run back, such as "rate"
}
