package inboxsql_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// What the process of a receiver is told.
const (
	envReceiver = "INBOXSQL_TEST_RECEIVER" // name of the database
	envDSN      = "INBOXSQL_TEST_DSN"
)

// receive is a receiver, until it is killed: it reads which events are delivered,
// has 16 at once, and writes how each was answered.
func receive(name string) (code int) {
	d := databases[slices.IndexFunc(databases, func(d database) bool { return d.name == name })]
	db, err := sql.Open(d.driver, os.Getenv(envDSN))
	if err != nil {
		return 2
	}
	db.SetMaxIdleConns(16)
	h := inbox.NewHandler(inboxsql.New(db, d.dialect, effect).Process)
	deliveries := make(chan string)
	for range 16 {
		go func() {
			for id := range deliveries {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", bytes.NewReader(payload(id, 1))))
				fmt.Println(id, w.Code) //nolint:forbidigo // to the test; one write a line
			}
		}()
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		deliveries <- in.Text()
	}
	return 0 // the test ended
}

// start starts a receiver and delivers in random order: each event as often as left
// says.
func start(t *testing.T, name, dsn string, left map[string]int) (kill func(), answers *bufio.Scanner) {
	t.Helper()
	receiver := exec.CommandContext(t.Context(), os.Args[0])
	receiver.Env = append(os.Environ(), envReceiver+"="+name, envDSN+"="+dsn)
	receiver.Stderr = os.Stderr
	stdin, err := receiver.StdinPipe()
	require.NoError(t, err)
	stdout, err := receiver.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, receiver.Start())
	var deliveries []string
	for id, n := range left {
		deliveries = append(deliveries, slices.Repeat([]string{id + "\n"}, n)...)
	}
	rand.Shuffle(len(deliveries), func(a, b int) { deliveries[a], deliveries[b] = deliveries[b], deliveries[a] })
	go func() { _, _ = io.WriteString(stdin, strings.Join(deliveries, "")) }() // it fails when the receiver is killed
	return func() {
		require.NoError(t, receiver.Process.Kill()) // SIGKILL
		require.Error(t, receiver.Wait())
	}, bufio.NewScanner(stdout)
}

// Sixteen deliver at once, each event up to four times, while the receiver is
// killed and the database restarted, both by the number of answers, so that the
// load of the machine changes nothing. What was not answered with 200 is delivered
// again.
func TestNothingIsLostOrDoneTwiceWhateverIsKilled(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			dsn, restart := d.dsn(t), func() error { return nil }
			if d.dialect == inboxsql.Postgres {
				server := postgrestest.Start(t)
				dsn, restart = server.Database(t), server.Restart
			}
			db := d.open(t, dsn)
			db.SetMaxIdleConns(0) // a restart breaks connections
			events, left := 200, map[string]int{}
			if os.Getenv("REENVIO_LONG") != "" {
				events = 5000
			}
			for n := range events {
				left[strconv.Itoa(n)] = 1 + rand.IntN(4)
			}
			acknowledged := map[string]bool{}
			for kills := 0; len(left) > 0; kills++ {
				kill, answers := start(t, d.name, dsn, left)
				var restarting sync.WaitGroup
				if kills == 2 {
					restarting.Go(func() { assert.NoError(t, restart()) })
				}
				for n := 0; n < events/3 && len(left) > 0 && answers.Scan(); n++ {
					id, status, _ := strings.Cut(answers.Text(), " ")
					if status != "200" {
						continue
					}
					acknowledged[id] = true
					if left[id]--; left[id] == 0 {
						delete(left, id)
					}
				}
				kill()
				restarting.Wait()
				counts := effects(t, db)
				for id := range acknowledged {
					require.Equal(t, 1, counts[id], "event %s, which was answered with 200", id)
				}
			}
			counts := effects(t, db)
			assert.Len(t, counts, events)
			for id, n := range counts {
				assert.Equal(t, 1, n, "event %s", id)
			}
		})
	}
}
