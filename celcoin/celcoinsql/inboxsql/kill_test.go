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
	"strconv"
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
	envReceiver = "INBOXSQL_TEST_RECEIVER" // index of the database
	envDSN      = "INBOXSQL_TEST_DSN"
)

// receive is a receiver, until it is killed: it reads the numbers of deliveries,
// has 16 at once, and writes how each was answered.
func receive() int {
	which, err := strconv.Atoi(os.Getenv(envReceiver))
	if err != nil {
		return 2
	}
	db, err := sql.Open(databases[which].driver, os.Getenv(envDSN))
	if err != nil {
		return 2
	}
	db.SetMaxIdleConns(16)
	h := inbox.NewHandler(inboxsql.New(db, databases[which].dialect, effect).Process)
	deliveries := make(chan string)
	for range 16 {
		go func() {
			for id := range deliveries {
				w := httptest.NewRecorder()
				body := bytes.NewReader(payload(id, 1))
				h.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", body))
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

// Sixteen deliver at once, each event up to four times, while the receiver is
// killed and the database restarted, both by the number of answers, so that the
// load of the machine changes nothing. What was answered with 200 is not
// delivered again by those who got it, and everything else is.
func TestNothingIsLostOrDoneTwiceWhateverIsKilled(t *testing.T) {
	t.Parallel()
	for which, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			var server *postgrestest.Server
			dsn := d.dsn(t)
			if d.dialect == inboxsql.Postgres {
				server = postgrestest.Start(t)
				dsn = server.Database(t)
			}
			db := d.open(t, dsn)
			events := 200
			if os.Getenv("REENVIO_LONG") != "" {
				events = 5000
			}
			var left []string // deliveries
			for n := range events {
				for range 1 + rand.IntN(4) {
					left = append(left, strconv.Itoa(n))
				}
			}
			rand.Shuffle(len(left), func(a, b int) { left[a], left[b] = left[b], left[a] })
			most := len(left)/8 + 1 // answers before a kill
			acknowledged := map[string]bool{}
			for kills := 0; len(left) > 0; kills++ {
				p := start(t, which, dsn, left)
				var restarting sync.WaitGroup
				if kills == 2 && server != nil {
					db.SetMaxIdleConns(0) // what there is breaks
					restarting.Go(func() { assert.NoError(t, server.Restart()) })
				}
				again := map[string]int{} // how many of the deliveries of each are left
				for _, id := range left {
					again[id]++
				}
				for answers := 0; answers < min(most, len(left)) && p.Scan(); answers++ {
					var id string
					var status int
					_, err := fmt.Sscan(p.Text(), &id, &status)
					require.NoError(t, err)
					if status == http.StatusOK {
						acknowledged[id] = true
						again[id]--
					}
				}
				p.kill(t)
				restarting.Wait()
				counts := effects(t, db)
				for id := range acknowledged {
					require.Equal(t, 1, counts[id], "event %s, which was answered with 200", id)
				}
				left = remaining(left, again)
			}
			counts := effects(t, db)
			assert.Len(t, counts, events)
			for id, n := range counts {
				assert.Equal(t, 1, n, "event %s", id)
			}
		})
	}
}

// remaining is as many of the deliveries of each event as are left.
func remaining(deliveries []string, left map[string]int) (kept []string) {
	for _, id := range deliveries {
		if left[id]--; left[id] >= 0 {
			kept = append(kept, id)
		}
	}
	return kept
}

// receiver is a process that can be killed.
type receiver struct {
	*exec.Cmd
	*bufio.Scanner // what it answers
}

func start(t *testing.T, which int, dsn string, deliveries []string) *receiver {
	t.Helper()
	r := &receiver{Cmd: exec.CommandContext(t.Context(), os.Args[0])}
	r.Env = append(os.Environ(), envReceiver+"="+strconv.Itoa(which), envDSN+"="+dsn)
	r.Stderr = os.Stderr
	stdin, err := r.StdinPipe()
	require.NoError(t, err)
	stdout, err := r.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, r.Start())
	r.Scanner = bufio.NewScanner(stdout)
	go func() {
		for _, id := range deliveries {
			if _, err := io.WriteString(stdin, id+"\n"); err != nil {
				return // it was killed
			}
		}
	}()
	return r
}

func (r *receiver) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, r.Process.Kill()) // SIGKILL
	require.Error(t, r.Wait())
}
