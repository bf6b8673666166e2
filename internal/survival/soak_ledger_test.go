package survival

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// soakCall is one call of the soak.
type soakCall struct {
	id   string // nineteen digits that stand in every request of it
	does int    // which of Celcoin's calls
	kind kind
}

// callID finds the id in whatever form a request has it.
var callID = regexp.MustCompile(`77\d{17}`)

func newSoakCall(random *rand.Rand, number int, vendor string) soakCall {
	c := soakCall{id: "77" + fmt.Sprintf("%017d", number), does: random.IntN(6), kind: once}
	switch {
	case vendor == ceffuSide || c.does == 3:
		c.kind = repeats
	case c.does < 3:
		c.kind = reads
	}
	return c
}

func (c *soakCall) ofCeffu(ctx context.Context, client *ceffu.Client) error {
	_, err := client.ResendWebhooks(ctx, ceffu.ResendRequest{
		WebhookID: c.id, EventType: ceffu.DepositFailed, From: time.UnixMilli(1_700_000_000_000),
	})
	return err
}

func (c *soakCall) ofCelcoin(ctx context.Context, client *celcoin.Client) (err error) {
	to := time.Now()
	q := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: to.Add(-time.Hour), To: to, ClientRequestID: c.id}
	var opts []celcoin.CallOption
	switch c.does {
	case 0:
		_, err = client.CountWebhooks(ctx, q)
	case 1:
		_, err = client.ListWebhooks(ctx, q, celcoin.PageOptions{PageSize: 50})
	case 2:
		for _, err := range client.Webhooks(ctx, q) {
			if err != nil {
				return err
			}
		}
	case 3:
		opts = append(opts, celcoin.WithAtLeastOnce())
		fallthrough
	default:
		_, err = client.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: q.Entity, WebhookID: c.id}, opts...)
	}
	return err
}

// belief is what a client knows of a call when it is over.
type belief int

const (
	succeeded belief = iota
	failedForCertain
	unknown
)

// ledger has an account of every call.
type ledger struct {
	mu       sync.Mutex
	accounts map[string]*account
	requests int
	faults   int
	strays   int
}

type account struct {
	call    soakCall
	belief  belief
	carried int // requests that were carried out
}

func newLedger() *ledger { return &ledger{accounts: make(map[string]*account)} }

func (l *ledger) believe(c soakCall, err error) {
	a := &account{call: c, belief: succeeded}
	switch {
	case errors.Is(err, celcoin.ErrOutcomeUnknown):
		a.belief = unknown
	case err != nil:
		a.belief = failedForCertain
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accounts[c.id] = a
}

// harvest records what a server saw.
func (l *ledger) harvest(s *side) {
	seen := s.requests()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range seen {
		l.requests++
		if r.faulty {
			l.faults++
		}
		a := l.accounts[callID.FindString(r.text)]
		if a == nil {
			l.strays++
			continue
		}
		if r.processed {
			a.carried++
		}
	}
}

func (l *ledger) calls() int { return len(l.accounts) }

// reconcile compares beliefs with facts.
func (l *ledger) reconcile(tb testing.TB) {
	tb.Helper()
	assert.Zero(tb, l.strays, "requests that belong to no call")
	for id, a := range l.accounts {
		switch {
		case a.belief == succeeded:
			assert.Positive(tb, a.carried, "%s was reported as a success and not carried out", id)
		case a.belief == failedForCertain && a.call.kind != reads:
			assert.Zero(tb, a.carried, "%s was reported as failed and carried out", id)
		}
		if a.call.kind == once {
			assert.LessOrEqual(tb, a.carried, 1, "%s was carried out twice", id)
		}
	}
}

// String sums up.
func (l *ledger) String() string {
	var of [3]int
	for _, a := range l.accounts {
		of[a.belief]++
	}
	return strconv.Itoa(len(l.accounts)) + " calls, " + strconv.Itoa(l.requests) + " requests, " +
		strconv.Itoa(l.faults) + " faults: " + strconv.Itoa(of[succeeded]) + " succeeded, " +
		strconv.Itoa(of[failedForCertain]) + " failed for certain, " + strconv.Itoa(of[unknown]) + " in doubt"
}
