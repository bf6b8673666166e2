package recovery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// childEnv tells a run of the test binary that it is to recover, and be killed.
const childEnv = "REENVIO_TEST_CHILD"

// childJob is what the child is told.
type childJob struct {
	Dir      string           `json:"dir"`
	URL      string           `json:"url"`
	Login    string           `json:"login"`    // the client id
	Password string           `json:"password"` // the client secret, of a simulator
	Request  recovery.Request `json:"request"`
	// DieAt kills the child at the nth append: before it, or with After right after it.
	DieAt int64 `json:"die_at"`
	After bool  `json:"after"`
}

const childConcurrency = 8

func (j *childJob) recoverer() (*recovery.Recoverer, error) {
	client, err := celcoin.New(
		celcoin.Credentials{ClientID: j.Login, ClientSecret: j.Password}, celcoin.WithBaseURL(j.URL))
	if err != nil {
		return nil, err
	}
	store := recovery.FileStore(j.Dir)
	if j.DieAt > 0 {
		store = &killingStore{Store: store, job: j}
	}
	return recovery.New(client, recovery.WithStore(store), recovery.WithRate(20_000, 1000),
		recovery.WithConcurrency(childConcurrency), recovery.WithFailureLimit(100),
		recovery.WithDeliveryTimeout(100*time.Millisecond))
}

// TestTheChildOfAKill is not a test: it is the program that the tests below kill.
func TestTheChildOfAKill(t *testing.T) { //nolint:paralleltest // it is a program of its own
	told := os.Getenv(childEnv)
	if told == "" {
		t.Skip("it is another test's process")
	}
	var job childJob
	require.NoError(t, json.Unmarshal([]byte(told), &job))
	r, err := job.recoverer()
	require.NoError(t, err)
	report, err := r.Recover(t.Context(), job.Request)
	require.NoError(t, err)
	require.NoError(t, report.Err())
}

// killingStore kills the process at an append.
type killingStore struct {
	journal.Store
	job     *childJob
	appends atomic.Int64
}

func (s *killingStore) Open(ctx context.Context, recovery, name string) (journal.Log, error) {
	log, err := s.Store.Open(ctx, recovery, name)
	if err != nil {
		return nil, err
	}
	return &killingLog{Log: log, s: s}, nil
}

type killingLog struct {
	journal.Log
	s *killingStore
}

func (l *killingLog) Append(ctx context.Context, durable bool, records ...[]byte) error {
	n := l.s.appends.Add(1)
	if n == l.s.job.DieAt && !l.s.job.After {
		die()
	}
	err := l.Log.Append(ctx, durable, records...)
	if n == l.s.job.DieAt {
		die()
	}
	return err
}

func die() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err == nil {
		select {} // until it has arrived
	}
}

// crash is an outage on real sockets.
type crash struct {
	*story
	job   childJob
	items int
}

func newCrash(t *testing.T, items int) *crash {
	t.Helper()
	s := &story{receiver: newReceiver()}
	s.server = celcointest.NewServer(t, celcointest.WithReceiver(http.HandlerFunc(s.serve)))
	s.to = time.Now().Add(-time.Hour).Truncate(time.Second)
	s.from = s.to.Add(-2 * time.Hour)
	s.miss(t, celcoin.EntityPixPaymentIn, items-items/4)
	s.miss(t, celcoin.EntityPixPaymentOut, items/4)
	req := s.request("crash")
	req.Margin = -1
	return &crash{story: s, items: items, job: childJob{
		Dir: t.TempDir(), URL: s.server.URL, Request: req,
		Login: s.server.Credentials().ClientID, Password: s.server.Credentials().ClientSecret,
	}}
}

// child is the program that recovers.
func (c *crash) child(t *testing.T) (cmd *exec.Cmd, out *bytes.Buffer) {
	t.Helper()
	told, err := json.Marshal(c.job)
	require.NoError(t, err)
	out = new(bytes.Buffer)
	cmd = exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheChildOfAKill$")
	cmd.Env = append(os.Environ(), childEnv+"="+string(told))
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// killAt runs the child and kills it at its nth request. It tells whether that came.
func (c *crash) killAt(t *testing.T, at int64) bool {
	t.Helper()
	cmd, out := c.child(t)
	started := make(chan *os.Process, 1)
	var requests atomic.Int64
	killed := atomic.Bool{}
	require.NoError(t, c.server.Inject(celcointest.Fault{
		Times: -1, DelayHeaders: time.Nanosecond,
		Match: func(*http.Request) bool {
			if requests.Add(1) == at {
				killed.Store(true)
				p := <-started // the first request may come before Start has returned
				_ = p.Kill()
			}
			return false
		},
	}))
	require.NoError(t, cmd.Start())
	started <- cmd.Process
	err := cmd.Wait()
	c.server.ClearFaults()
	if !killed.Load() {
		require.NoError(t, err, out.String())
	}
	return killed.Load()
}

// succeed goes on in this process, and checks everything against what the server
// and the receiver have seen.
func (c *crash) succeed(t *testing.T) {
	t.Helper()
	c.job.DieAt = 0
	r, err := c.job.recoverer()
	require.NoError(t, err)
	report, err := r.Recover(t.Context(), c.job.Request)
	c.server.Settle()
	drained(t, c.story, report, err)
	c.mu.Lock()
	defer c.mu.Unlock()
	twice := 0
	for _, n := range c.arrived {
		twice += n - 1
	}
	assert.Len(t, c.arrived, c.items)
	assert.LessOrEqual(t, twice, childConcurrency, "as many twice as were under way, at most")
}

func TestARecoveryThatIsKilledAtAnyRequestGoesOn(t *testing.T) {
	t.Parallel()
	kills, items := 6, 300
	if long() {
		kills, items = 200, 2000
	}
	for n := range kills {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			c := newCrash(t, items)
			random := rand.New(rand.NewPCG(uint64(n), 1))
			c.killAt(t, int64(1+random.IntN(items+items/8)))
			c.succeed(t)
		})
	}
}

// Twice in one recovery, so that what a killed run has left is left once more.
func TestARecoveryThatIsKilledAgainAndAgainGoesOn(t *testing.T) {
	t.Parallel()
	c := newCrash(t, 300)
	for _, at := range []int64{4, 90, 70, 60} {
		require.True(t, c.killAt(t, at))
	}
	c.job.DieAt = 0
	r, err := c.job.recoverer()
	require.NoError(t, err)
	report, err := r.Recover(t.Context(), c.job.Request)
	c.server.Settle()
	drained(t, c.story, report, err)
	most, distinct := c.most()
	assert.LessOrEqual(t, most, 5)
	assert.Equal(t, 300, distinct)
}

func TestARecoveryThatIsKilledAtAnyRecordGoesOn(t *testing.T) {
	t.Parallel()
	points := []int64{2, 9, 20, 33, 60, 95}
	if long() {
		points = nil
		for n := int64(1); n <= 200; n++ {
			points = append(points, n)
		}
	}
	for _, at := range points {
		for _, after := range []bool{false, true} {
			if !long() && after != (at%2 == 0) {
				continue
			}
			t.Run(fmt.Sprintf("append %d, after %v", at, after), func(t *testing.T) {
				t.Parallel()
				c := newCrash(t, 60)
				c.job.DieAt, c.job.After = at, after
				cmd, out := c.child(t)
				if err := cmd.Run(); err == nil {
					t.Skip("it has fewer appends")
				}
				require.NotContains(t, out.String(), "FAIL")
				c.succeed(t)
			})
		}
	}
}

// Two processes share a recovery unit by unit, and the rest of a third that is
// killed meanwhile.
func TestProcessesOnTheSameFilesShareARecovery(t *testing.T) {
	t.Parallel()
	c := newCrash(t, 300)
	var seen atomic.Int64
	require.NoError(t, c.server.Inject(celcointest.Fault{
		Operation: "replay", Times: -1, DelayHeaders: 5 * time.Millisecond,
		Match: func(*http.Request) bool { seen.Add(1); return true },
	}))
	first, out1 := c.child(t)
	second, out2 := c.child(t)
	require.NoError(t, first.Start())
	require.NoError(t, second.Start())
	require.NoError(t, first.Wait(), out1.String())
	require.NoError(t, second.Wait(), out2.String())
	assert.EqualValues(t, 300, seen.Load(), "nothing was replayed twice")
	c.succeed(t)
	most, _ := c.most()
	assert.Equal(t, 1, most)
}

// Files can be read while a process writes them, and its units are locked.
func TestAPersonLooksAtWhatAProcessDoes(t *testing.T) {
	t.Parallel()
	c := newCrash(t, 200)
	r, err := c.job.recoverer()
	require.NoError(t, err)
	var looked atomic.Int64
	require.NoError(t, c.server.Inject(celcointest.Fault{
		Operation: "replay", Times: -1, DelayHeaders: time.Nanosecond,
		Match: func(*http.Request) bool {
			if looked.Add(1) != 100 {
				return false
			}
			report, err := r.Report(t.Context(), "crash")
			if assert.NoError(t, err) {
				assert.Equal(t, recovery.StateRunning, report.State)
				assert.Equal(t, 200, report.Totals.Planned)
			}
			other := c.job.Request
			other.ID = "another"
			_, err = r.Recover(t.Context(), other)
			assert.ErrorIs(t, err, recovery.ErrOverlap)
			return false
		},
	}))
	cmd, out := c.child(t)
	require.NoError(t, cmd.Run(), out.String())
	assert.EqualValues(t, 200, looked.Load())
	c.succeed(t)
}
