package recovery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// kills is how many random moments the crash test chooses: few in CI, and
// -crash.kills=200 before a release.
var kills = flag.Int("crash.kills", 12, "how many recoveries are killed at a random moment")

// childEnv tells a run of the test binary that it is to recover, and be killed.
const childEnv = "RECOVERY_CRASH_CHILD"

// childJob is what the child is told.
type childJob struct {
	Dir      string           `json:"dir"`
	URL      string           `json:"url"`
	Login    string           `json:"login"`    // the client id
	Password string           `json:"password"` // the client secret, of a simulator
	Request  recovery.Request `json:"request"`
	// DieAt kills the child at the nth append of this kind: before it, or with
	// After right after it.
	DieAt recovery.Kind `json:"die_at"`
	Nth   int           `json:"nth"`
	After bool          `json:"after"`
}

const crashConcurrency = 8

func (j *childJob) recoverer() (*recovery.Recoverer, error) {
	client, err := celcoin.New(
		celcoin.Credentials{ClientID: j.Login, ClientSecret: j.Password}, celcoin.WithBaseURL(j.URL))
	if err != nil {
		return nil, err
	}
	store := recovery.FileStore(j.Dir)
	if j.DieAt != "" {
		store = &dyingStore{Store: store, job: j}
	}
	return recovery.New(client, recovery.WithStore(store), recovery.WithRate(20_000, 1000),
		recovery.WithConcurrency(crashConcurrency), recovery.WithFailureLimit(100),
		recovery.WithSettle(100*time.Millisecond))
}

// TestTheChildOfACrash is no test: it is the program that the crash tests kill.
func TestTheChildOfACrash(t *testing.T) { //nolint:paralleltest // it is a program of its own
	told := os.Getenv(childEnv)
	if told == "" {
		return
	}
	var job childJob
	require.NoError(t, json.Unmarshal([]byte(told), &job))
	r, err := job.recoverer()
	require.NoError(t, err)
	_, err = r.Recover(t.Context(), job.Request)
	require.NoError(t, err)
}

// dyingStore kills the process at a point of the journal.
type dyingStore struct {
	recovery.Store
	job *childJob
}

func (s *dyingStore) Open(ctx context.Context, id string) (recovery.Journal, error) {
	j, err := s.Store.Open(ctx, id)
	return &dyingJournal{Journal: j, job: s.job}, err
}

type dyingJournal struct {
	recovery.Journal
	job  *childJob
	seen int
}

func (j *dyingJournal) Append(ctx context.Context, entries ...recovery.Entry) ([]recovery.Position, error) {
	hit := false
	for i := range entries {
		if entries[i].Kind == j.job.DieAt {
			j.seen++
			hit = hit || j.seen == j.job.Nth
		}
	}
	if hit && !j.job.After {
		die()
	}
	at, err := j.Journal.Append(ctx, entries...)
	if hit {
		die()
	}
	return at, err
}

func die() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	for err == nil {
		err = p.Signal(syscall.Signal(0)) // until it has arrived
	}
}

// crash is an outage on real sockets.
type crash struct {
	*receiver
	server *celcointest.Server
	job    childJob
}

func newCrash(t *testing.T, items int) *crash {
	t.Helper()
	c := &crash{receiver: newReceiver()}
	s := &story{receiver: c.receiver}
	c.server = celcointest.NewServer(t, celcointest.WithReceiver(http.HandlerFunc(s.serve)), celcointest.WithRecords(10*items))
	to := time.Now().Add(-time.Hour).Truncate(time.Second)
	from := to.Add(-2 * time.Hour)
	require.NoError(t, c.server.AddMissed(celcoin.EntityPixPaymentIn, items-items/4, from, to))
	require.NoError(t, c.server.AddMissed(celcoin.EntityPixPaymentOut, items/4, from, to))
	c.job = childJob{
		Dir: t.TempDir(), URL: c.server.URL,
		Login: c.server.Credentials().ClientID, Password: c.server.Credentials().ClientSecret,
		Request: recovery.Request{
			ID: "crash", Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut},
			From: from, To: to, Margin: -1,
		},
	}
	return c
}

// run starts the child; kill, if it is not nil, is told how to kill it.
func (c *crash) run(t *testing.T, kill func(kill func())) {
	t.Helper()
	cmd := c.child(t)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	started := make(chan *os.Process, 1)
	if kill != nil {
		kill(func() {
			p := <-started // its first request may come before Start has returned
			_ = p.Kill()
			started <- p
		})
	}
	require.NoError(t, cmd.Start())
	started <- cmd.Process
	err := cmd.Wait()
	require.Error(t, err, "it should have been killed:\n%s", &out)
}

// child is the program that recovers.
func (c *crash) child(t *testing.T) *exec.Cmd {
	t.Helper()
	told, err := json.Marshal(c.job) //nolint:gosec // a simulator's password
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheChildOfACrash$") //nolint:gosec // this very binary
	cmd.Env = append(os.Environ(), childEnv+"="+string(told))
	return cmd
}

// succeed resumes with another Recoverer, and checks everything against what
// the server and the receiver have seen.
func (c *crash) succeed(t *testing.T, items int) {
	t.Helper()
	c.job.DieAt = ""
	r, err := c.job.recoverer()
	require.NoError(t, err)
	report, err := r.Recover(t.Context(), c.job.Request)
	require.NoError(t, err)
	c.server.Settle()
	assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
	assert.Equal(t, items, report.Totals.Planned+report.Totals.NewDuringRun)
	assert.Equal(t, report.Totals.Planned, report.Totals.Delivered+report.Totals.AlreadyDelivered)
	assert.Zero(t, c.server.Pending(""), "nothing is lost")
	c.mu.Lock()
	defer c.mu.Unlock()
	twice := 0
	for _, n := range c.arrived {
		twice += n - 1
	}
	assert.Len(t, c.arrived, items)
	assert.LessOrEqual(t, twice, crashConcurrency, "as many twice as were under way, at most")
}

func TestARecoveryThatIsKilledAtAnyRequestIsResumed(t *testing.T) {
	t.Parallel()
	const items = 2000
	for n := range *kills {
		t.Run(fmt.Sprintf("kill %d", n), func(t *testing.T) {
			t.Parallel()
			c := newCrash(t, items)
			random := rand.New(rand.NewPCG(uint64(n), 1)) //nolint:gosec // a repeatable choice
			at := int64(1 + random.IntN(items))
			var requests atomic.Int64
			c.run(t, func(kill func()) {
				require.NoError(t, c.server.Inject(celcointest.Fault{
					Operation: "replay", Times: -1, DelayHeaders: time.Nanosecond,
					Match: func(*http.Request) bool {
						if requests.Add(1) == at {
							kill()
						}
						return false
					},
				}))
			})
			c.server.ClearFaults()
			c.succeed(t, items)
		})
	}
}

func TestARecoveryThatIsKilledAtAnyPointOfItsJournalIsResumed(t *testing.T) {
	t.Parallel()
	const items = 250
	for _, kind := range []recovery.Kind{
		recovery.KindRequest, recovery.KindWindow, recovery.KindItem, recovery.KindPlanned, recovery.KindRun,
		recovery.KindIntent, recovery.KindOutcome, recovery.KindSeen, recovery.KindSpent, recovery.KindEnd,
	} {
		for _, after := range []bool{false, true} {
			name := "before "
			if after {
				name = "after "
			}
			t.Run(name+string(kind), func(t *testing.T) {
				t.Parallel()
				c := newCrash(t, items)
				c.job.DieAt, c.job.Nth, c.job.After = kind, 1, after
				if kind == recovery.KindIntent || kind == recovery.KindOutcome {
					c.job.Nth = 2
				}
				c.run(t, nil)
				c.succeed(t, items)
			})
		}
	}
}
