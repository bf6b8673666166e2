package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// asService says that a process is the service, and not a test of it.
const asService = "SERVICE_TEST_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(asService) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	err := run(ctx, nil, os.Environ(), os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// world is a Celcoin, a database, and what stands between Celcoin and the
// processes of the service.
type world struct {
	celcoin *celcointest.Server
	db      *sql.DB
	env     []string
	gateway *httptest.Server
	down    atomic.Bool
	target  atomic.Pointer[url.URL]
	events  map[string]bool // ids of all that happened
}

const login, password = "celcoin-test", "test-password"

func newWorld(t *testing.T, driver, dsn string, env ...string) *world {
	t.Helper()
	w := &world{celcoin: celcointest.NewServer(t), events: map[string]bool{}}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(w.target.Load()) },
		ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) },
	}
	w.gateway = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.down.Load() {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.gateway.Close)
	for _, e := range []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut} {
		require.NoError(t, w.celcoin.Subscribe(e, w.gateway.URL+"/webhooks/celcoin", login, password))
	}
	c := w.celcoin.Credentials()
	w.env = append([]string{asService + "=1", "CELCOIN_CLIENT_ID=" + c.ClientID, "CELCOIN_CLIENT_SECRET=" + c.ClientSecret, "CELCOIN_BASE_URL=" + w.celcoin.URL,
		"REENVIO_USER=" + login, "REENVIO_PASSWORD=" + password, "REENVIO_ADMIN_USER=" + login, "REENVIO_ADMIN_PASSWORD=" + password,
		"REENVIO_LISTEN=127.0.0.1:0", "REENVIO_ADMIN_LISTEN=127.0.0.1:0", "REENVIO_WATCH_EVERY=1s", "REENVIO_WATCH_LOOKBACK=10m",
		"REENVIO_WATCH_GRACE=300ms", "REENVIO_RATE=150", "REENVIO_TIMEOUT=500ms", "REENVIO_LEASE=1s", "REENVIO_MAX_WAIT=1s"}, env...)
	var err error
	w.db, err = sql.Open(driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.db.Close() })
	return w
}

// happen lets 20 events happen now, and Celcoin deliver each once.
func (w *world) happen() {
	for i := range 20 {
		e := celcointest.Webhook{Entity: []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut}[i%2]}
		for _, id := range w.celcoin.Emit(e) {
			w.events[id] = true
		}
	}
}

// failed is how many deliveries were answered so.
func (w *world) failed(status int) (n int) {
	for _, d := range w.celcoin.Deliveries() {
		if d.Status == status {
			n++
		}
	}
	return n
}

// booked are how often each event was booked.
func (w *world) booked(t *testing.T) map[string]int {
	t.Helper()
	found := map[string]int{}
	rows, err := w.db.QueryContext(t.Context(), "SELECT webhook_id, count(*) FROM booking GROUP BY webhook_id")
	if err != nil {
		return found // the database may be down
	}
	defer rows.Close() //nolint:errcheck // of a test
	for rows.Next() {
		var id string
		var n int
		require.NoError(t, rows.Scan(&id, &n))
		found[id] = n
	}
	if rows.Err() != nil {
		return nil
	}
	return found
}

// eachOnce waits until every event is booked, and none twice.
func (w *world) eachOnce(t *testing.T) {
	t.Helper()
	eventually(t, "every event is booked", func() bool { return len(w.booked(t)) == len(w.events) })
	for id, n := range w.booked(t) {
		assert.True(t, w.events[id], id)
		assert.Equal(t, 1, n, id)
	}
}

// quiet waits until no recovery is under way: one that is interrupted counts as
// running for another 90 seconds, and the watch leaves it alone so long.
func (p *process) quiet(t *testing.T) {
	t.Helper()
	eventually(t, "all recoveries are drained", func() bool {
		status, list := p.ask(t, "GET", "/recoveries", login)
		return status == 200 && strings.Count(list, `"state":`) == strings.Count(list, `"state":"drained"`)
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 3*time.Minute, 20*time.Millisecond, what)
}

// process is a running service.
type process struct {
	*exec.Cmd

	admin string
	said  strings.Builder
	ended chan struct{} // closed when it has said everything
}

// start starts the service. Deliveries go to the last one that was started.
func (w *world) start(t *testing.T) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), os.Args[0]), ended: make(chan struct{})}
	p.Env = append(os.Environ(), w.env...)
	stderr, err := p.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill() // it may have ended
		if <-p.ended; t.Failed() {
			t.Log(p.said.String())
		}
	})
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		var line struct {
			Msg      string `json:"msg"`
			Webhooks string `json:"webhooks"`
			Admin    string `json:"admin"`
		}
		p.said.WriteString(lines.Text() + "\n")
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			p.admin = "http://" + line.Admin
			w.target.Store(&url.URL{Scheme: "http", Host: line.Webhooks})
			break
		}
	}
	go func() {
		defer close(p.ended)
		for lines.Scan() {
			p.said.WriteString(lines.Text() + "\n")
		}
	}()
	require.NotEmpty(t, p.admin, "it does not serve")
	return p
}

// kill ends it without a chance to say good-bye.
func (p *process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.Process.Kill())
	<-p.ended
	_ = p.Wait() // killed
}

// stop ends it as an operator does, and returns what it has said.
func (p *process) stop(t *testing.T) string {
	t.Helper()
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	<-p.ended
	require.NoError(t, p.Wait())
	return p.said.String()
}

// ask makes a request of the admin's.
func (p *process) ask(t *testing.T, method, path, user string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.admin+path, nil)
	require.NoError(t, err)
	r.SetBasicAuth(user, password)
	response, err := new(http.Client).Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// shows checks what is the same on both databases, and stops the process.
func (w *world) shows(t *testing.T, p *process) {
	t.Helper()
	eventually(t, "the watch has nothing left", func() bool {
		_, metrics := p.ask(t, "GET", "/metrics", "")
		return strings.Contains(metrics, `reenvio_recovery_pending{reenvio_entity="pix-payment-in"} 0`) &&
			strings.Contains(metrics, `http_response_status_code="200"`)
	})
	status, _ := p.ask(t, "GET", "/recoveries", "another")
	assert.Equal(t, 401, status)
	status, list := p.ask(t, "GET", "/recoveries", login)
	assert.Equal(t, 200, status)
	var all []summary
	require.NoError(t, json.Unmarshal([]byte(list), &all))
	require.NotEmpty(t, all)
	status, report := p.ask(t, "GET", "/recoveries/"+all[0].ID, login)
	assert.Equal(t, 200, status)
	assert.Contains(t, report, all[0].ID)
	status, page := p.ask(t, "GET", "/recoveries/"+all[0].ID+"/html", login)
	assert.Equal(t, 200, status)
	assert.Contains(t, page, "<html")
	status, _ = p.ask(t, "GET", "/recoveries/none", login)
	assert.Equal(t, 404, status)
	status, _ = p.ask(t, "GET", "/readyz", "")
	assert.Equal(t, 200, status)
	log := p.stop(t)
	assert.NotContains(t, log, password)
	assert.NotContains(t, log, w.celcoin.Credentials().ClientSecret)
}

func TestEveryEventIsAppliedOnceOnSQLite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "service.db")
	w := newWorld(t, "sqlite", "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(10000)", "REENVIO_SQLITE_FILE="+file)
	p := w.start(t)
	w.happen()
	w.eachOnce(t)

	w.down.Store(true)
	w.happen()
	eventually(t, "deliveries fail", func() bool { return w.failed(503) >= 20 })
	w.down.Store(false)
	w.eachOnce(t)

	p.quiet(t)
	lock, err := w.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	w.happen()
	eventually(t, "deliveries fail for the lock", func() bool { return w.failed(500) > 0 })
	require.NoError(t, lock.Rollback())
	w.eachOnce(t)

	p.quiet(t)
	w.happen()
	p.kill(t)
	w.happen()
	eventually(t, "deliveries fail without a process", func() bool { return w.failed(502) > 0 })
	p = w.start(t)
	w.happen()
	w.eachOnce(t)
	w.shows(t, p)
}

func TestEveryEventIsAppliedOnceOnPostgresWithRiver(t *testing.T) {
	t.Parallel()
	database := postgrestest.Start(t)
	dsn := database.Database(t)
	w := newWorld(t, "pgx", dsn, "DATABASE_URL="+dsn)
	first, second := w.start(t), w.start(t)
	w.down.Store(true)
	w.happen()
	eventually(t, "deliveries fail", func() bool { return w.failed(503) >= 20 })
	w.down.Store(false)
	w.happen()
	w.eachOnce(t)

	first.quiet(t)
	require.NoError(t, database.Stop())
	w.happen()
	eventually(t, "deliveries fail without the database", func() bool { return w.failed(500) > 0 })
	require.NoError(t, database.Run())
	w.eachOnce(t)

	// A recovery of what the watch does not look back at, by the workers of both.
	to := time.Now().Add(-7 * time.Hour).Truncate(time.Second) // further than it looks for the doubt about dates
	from := to.Add(-12 * time.Hour)
	for n := range 400 {
		id := w.celcoin.Add(celcointest.Webhook{Created: from.Add(time.Duration(n) * to.Sub(from) / 400)})[0]
		w.events[id] = true
	}
	before := len(w.booked(t))
	path := "/recoveries?id=outage&from=" + url.QueryEscape(from.Format(time.RFC3339)) + "&to=" + url.QueryEscape(to.Format(time.RFC3339))
	status, answer := first.ask(t, "POST", path, login)
	require.Equal(t, 202, status, answer)
	eventually(t, "the workers are at it", func() bool { return len(w.booked(t)) > before })
	second.kill(t)
	w.happen()
	second = w.start(t)
	w.happen()
	w.eachOnce(t)
	eventually(t, "the recovery is drained", func() bool {
		status, answer = first.ask(t, "GET", "/recoveries/outage", login)
		var report recovery.Report
		return status == 200 && json.Unmarshal([]byte(answer), &report) == nil && report.State == recovery.StateDrained
	})
	status, answer = first.ask(t, "GET", "/recoveries/outage/jobs", login)
	assert.Equal(t, 200, status)
	assert.Contains(t, answer, `"slot":0`)
	second.stop(t)
	w.shows(t, first)
}
