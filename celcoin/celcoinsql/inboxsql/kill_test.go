package inboxsql_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// What the process of a receiver is told.
const (
	envReceiver = "INBOXSQL_TEST_RECEIVER" // index of the database
	envDSN      = "INBOXSQL_TEST_DSN"
)

// receive is a receiver on the listener that the test handed down, until it is killed.
func receive() int {
	which, err := strconv.Atoi(os.Getenv(envReceiver))
	if err != nil {
		return 2
	}
	d := databases[which]
	db, err := sql.Open(d.driver, os.Getenv(envDSN))
	if err != nil {
		return 2
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return 2
	}
	if _, err := os.Stdout.WriteString("ready\n"); err != nil {
		return 2
	}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: inbox.NewHandler(inboxsql.New(db, d.dialect, effect).Process,
			inbox.WithBasicAuth("receiver", "test-password"), inbox.WithConcurrency(16)),
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // the test ended
		os.Exit(0)                           //nolint:forbidigo // a process of its own
	}()
	if err := server.Serve(listener); err != nil {
		return 1
	}
	return 0
}

// receiver is a process that can be killed. Its listener outlives it, so that
// deliverers wait for the next one.
type receiver struct {
	which    int
	dsn      string
	listener *os.File
	address  string
	process  *exec.Cmd
	stdin    io.Closer
}

func newReceiver(t *testing.T, which int, dsn string) *receiver {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	file, err := listener.(*net.TCPListener).File() //nolint:errcheck // it is TCP
	require.NoError(t, err)
	r := &receiver{which: which, dsn: dsn, listener: file, address: listener.Addr().String()}
	require.NoError(t, listener.Close()) // the file stays open
	require.NoError(t, r.start())
	t.Cleanup(func() {
		r.kill()
		_ = file.Close()
	})
	return r
}

func (r *receiver) start() error {
	r.process = exec.CommandContext(context.Background(), os.Args[0])
	r.process.Env = append(os.Environ(), envReceiver+"="+strconv.Itoa(r.which), envDSN+"="+r.dsn)
	r.process.ExtraFiles = []*os.File{r.listener}
	r.process.Stderr = os.Stderr
	stdin, err := r.process.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := r.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := r.process.Start(); err != nil {
		return err
	}
	r.stdin = stdin
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		return fmt.Errorf("the receiver does not start: %q, %w", line, err)
	}
	return nil
}

func (r *receiver) kill() {
	_ = r.process.Process.Kill() // SIGKILL
	_ = r.process.Wait()
	_ = r.stdin.Close()
}

// TestNothingIsLostOrDoneTwiceWhateverIsKilled: 16 deliverers, each event up to
// four times, while the receiver is killed and the database restarted. Under
// REENVIO_LONG there are 5,000 events, and a kill a second; otherwise there are
// fewer, and kills by the number of answers, so that the load of the machine
// changes nothing.
func TestNothingIsLostOrDoneTwiceWhateverIsKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a listener cannot be handed to another process")
	}
	for which, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			var server *postgrestest.Server
			var dsn string
			if d.dialect == inboxsql.Postgres {
				server = postgrestest.Start(t)
				dsn = server.Database(t)
			} else {
				dsn = d.dsn(t)
			}
			db := d.open(t, dsn)
			siege(t, newReceiver(t, which, dsn), server, db)
		})
	}
}

func siege(t *testing.T, r *receiver, server *postgrestest.Server, db *sql.DB) {
	t.Helper()
	long := os.Getenv("REENVIO_LONG") != ""
	events := 200
	if long {
		events = 5000
	}
	var deliveries []int
	for n := range events {
		for range 1 + rand.IntN(4) {
			deliveries = append(deliveries, n)
		}
	}
	rand.Shuffle(len(deliveries), func(a, b int) { deliveries[a], deliveries[b] = deliveries[b], deliveries[a] })

	acked := make([]atomic.Bool, events)
	var answers atomic.Int64
	queue := make(chan int)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	deliver := func(n int) (status int) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.address, strings.NewReader(string(event(t, strconv.Itoa(n), n).Raw)))
		if err != nil {
			return 0
		}
		req.SetBasicAuth("receiver", "test-password")
		resp, err := client.Do(req)
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		answers.Add(1)
		if resp.StatusCode == http.StatusOK {
			acked[n].Store(true)
		}
		return resp.StatusCode
	}
	var deliverers sync.WaitGroup
	var refused, broken atomic.Int64
	for range 16 {
		deliverers.Go(func() {
			for n := range queue {
				switch deliver(n) {
				case 200:
				case 0:
					broken.Add(1)
				default:
					refused.Add(1)
				}
			}
		})
	}
	kills := 0
	kill := func() {
		r.kill()
		require.NoError(t, r.start())
		kills++
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for at, n := range deliveries {
		if at == len(deliveries)/2 && server != nil {
			require.NoError(t, server.Restart())
		}
		if !long && at%(len(deliveries)/4) == len(deliveries)/8 {
			kill()
		}
		select {
		case queue <- n:
		case <-second.C:
			if long {
				kill()
			}
			queue <- n
		}
	}
	close(queue)
	deliverers.Wait()
	t.Logf("%d deliveries, %d kills: %d answered, %d of these not with 200, %d not answered", len(deliveries), kills, answers.Load(), refused.Load(), broken.Load())
	assert.Positive(t, kills)

	counts := effects(t, db)
	for n := range events {
		id := strconv.Itoa(n)
		assert.LessOrEqual(t, counts[id], 1, "event %d", n)
		if acked[n].Load() {
			assert.Equal(t, 1, counts[id], "event %d, which was answered with 200", n)
		}
	}
	// What was not answered with 200 is delivered until it is.
	for n := range events {
		for !acked[n].Load() && t.Context().Err() == nil {
			deliver(n)
		}
	}
	counts = effects(t, db)
	assert.Len(t, counts, events)
	for id, n := range counts {
		assert.Equal(t, 1, n, "event %s", id)
	}
}
