package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestAPlanIsShownAndKeptAndNothingIsReplayed(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	p := play(t, w.env, w.on("plan", "-from", "3h", "-id", "outage")...)
	require.Equal(t, exitDone, p.code, p.stderr)
	assert.Contains(t, p.stdout, "25 webhooks to recover")
	assert.Contains(t, p.stdout, "4 calls, one for each event type of each webhook")
	assert.Contains(t, p.stdout, "recover run -id outage -dir "+w.dir)
	assert.Zero(t, w.replays())
	assert.Empty(t, w.ceffu.Requests())

	digest := digestOf(t, p.stdout)
	p = play(t, w.env, w.on("run", "-id", "outage", "-yes="+digest)...)
	require.Equal(t, exitDone, p.code, p.stdout+p.stderr)
	assert.Equal(t, digest, digestOf(t, p.stdout), "the plan that was shown is the one that is run")
	assert.Zero(t, w.celcoin.Pending(""))
	assert.Len(t, w.ceffu.Requests(), len(ceffu.EventTypes()))
}

func TestARunIsConfirmedByTypingTheDigest(t *testing.T) {
	t.Parallel()
	w := vendors(t, 10, nil)
	digest := digestOf(t, play(t, w.env, w.on("plan", "-from", "3h", "-id", "outage")...).stdout)
	for what, typed := range map[string]string{
		"nothing": "", "yes": "yes\n", "seven characters": digest[:7] + "\n", "another digest": "00000000\n",
	} {
		p := playOn(t.Context(), w.env, terminal{strings.NewReader(typed)}, w.on("run", "-id", "outage")...)
		assert.Equal(t, exitRefused, p.code, what)
		assert.Contains(t, p.stdout, "type the first 8 characters")
		assert.Contains(t, p.stderr, "nothing was replayed")
		assert.Zero(t, w.replays(), what)
	}
	p := playOn(t.Context(), w.env, terminal{strings.NewReader(digest[:8] + "\n")}, w.on("run", "-id", "outage")...)
	assert.Equal(t, exitDone, p.code, p.stderr)
	assert.Zero(t, w.celcoin.Pending(""))
}

func TestARunThatIsNotConfirmedIsRefused(t *testing.T) {
	t.Parallel()
	w := vendors(t, 10, nil)
	p := play(t, w.env, w.on("run", "-from", "3h", "-id", "outage")...)
	assert.Equal(t, exitRefused, p.code)
	digest := digestOf(t, p.stdout)
	assert.Contains(t, p.stderr, "recover run -id outage -dir "+w.dir+" -yes="+digest[:8])

	p = play(t, w.env, w.on("run", "-id", "outage", "-yes=00000000")...)
	assert.Equal(t, exitRefused, p.code)
	assert.Contains(t, p.stderr, "the plan's digest begins with "+digest[:8])

	for _, command := range []string{"resume", "status", "report"} { // resume does not get around it
		p = play(t, w.env, w.on(command)...)
		assert.NotEqual(t, exitDone, p.code)
		assert.Contains(t, p.stdout+p.stderr, "recover run -id outage", command)
		assert.NotContains(t, p.stdout+p.stderr, "recover resume", command)
	}
	assert.Zero(t, w.replays())
	assert.Empty(t, w.ceffu.Requests())
}

func TestAnInterruptAtTheQuestionIsOne(t *testing.T) {
	t.Parallel()
	w := vendors(t, 3, nil)
	ctx, cancel := context.WithCancel(t.Context())
	silent, writer := io.Pipe()
	t.Cleanup(func() { writer.Close() }) //nolint:errcheck // it ends whoever still reads
	p := playOn(ctx, w.env, terminal{readFirst{silent, cancel}}, w.on("run", "-from", "3h", "-id", "outage")...)
	assert.Equal(t, exitPartial, p.code)
	assert.Contains(t, p.stderr, "interrupted")
	assert.Contains(t, p.stdout, "recover run -id outage")
	assert.Zero(t, w.replays())
}

// readFirst calls something before it reads.
type readFirst struct {
	io.Reader
	call func()
}

func (r readFirst) Read(p []byte) (int, error) {
	r.call()
	return r.Reader.Read(p)
}

// A stopped run says how many are in which state and names no failure, as none
// failed. What there is to do are commands of this program, not Go functions.
func TestAnInterruptedRunIsResumed(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	var arrived atomic.Int32
	w := vendors(t, 300, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(rw, r)
			if arrived.Add(1) == 100 {
				interrupt()
			}
		})
	})
	page := filepath.Join(t.TempDir(), "report.html")
	p := playOn(ctx, w.env, strings.NewReader(""), w.on("run", "-from", "3h", "-id", "outage", "-yes", "-html", page)...)
	require.Equal(t, exitPartial, p.code)
	assert.Equal(t, "recover: interrupted\n", p.stderr)
	assert.Contains(t, p.stdout, "cancelled: ")
	assert.Regexp(t, `\n  pending +\d+ `, p.stdout)
	assert.NotContains(t, p.stdout, "Not delivered")
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, text := range []string{p.stdout, string(html)} {
		assert.Contains(t, text, "recover resume -id outage -dir "+w.dir)
		assert.Contains(t, text, "recover run -dir "+w.dir+" -vendor ceffu -from ")
		assert.NotRegexp(t, `(call|use) (Resume|Verify|Run)|Recoverer`, text)
	}
	assert.Contains(t, string(html), "Ceffu")
	assert.Positive(t, w.celcoin.Pending(""))
	assert.Empty(t, w.ceffu.Requests())

	p = play(t, w.env, w.on("report")...)
	assert.Equal(t, exitPartial, p.code)
	before := w.replays()
	p = play(t, w.env, w.on("resume")...) // the only one in the folder
	require.Equal(t, exitDone, p.code, p.stdout+p.stderr)
	assert.Contains(t, p.stdout, "300 of 300 delivered")
	assert.Zero(t, w.celcoin.Pending(""))
	assert.Less(t, w.replays(), 300+before)
	assert.LessOrEqual(t, w.replays(), 300+8, "no more are replayed twice than were under way")
	assert.Equal(t, 300, w.receiver.arrived())
	assert.Empty(t, w.ceffu.Requests(), "of Ceffu's part nothing is kept")
}

func TestAnInterruptedPlanSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	w := vendors(t, 30, nil)
	outage := []string{"-from", since(), "-to", time.Now().Format(time.RFC3339)}
	other := w.on("plan", append(outage, "-id", "0", "-entity", "pix-payment-out")...) // of the same time
	require.Equal(t, exitDone, play(t, w.only("CELCOIN"), other...).code)
	ctx, interrupt := context.WithCancel(t.Context())
	require.NoError(t, w.celcoin.Inject(celcointest.Fault{Operation: "details", Match: func(*http.Request) bool {
		interrupt()
		return false
	}}))
	p := playOn(ctx, w.env, strings.NewReader(""), w.on("plan", outage...)...)
	assert.Equal(t, exitPartial, p.code)
	w.celcoin.ClearFaults()
	m := regexp.MustCompile(`To go on: recover run -id (\S+) -dir`).FindStringSubmatch(p.stdout)
	require.NotNil(t, m, p.stdout)
	assert.NotEqual(t, "0", m[1])
	p = play(t, w.env, w.on("resume", "-id", m[1])...)
	assert.Equal(t, exitRefused, p.code, "what was never shown is not run")
	assert.Contains(t, p.stderr, "recover run -id "+m[1])
	p = play(t, w.only("CELCOIN"), w.on("run", "-id", m[1], "-yes")...)
	assert.Equal(t, exitDone, p.code, p.stderr)
	assert.Equal(t, 30, w.receiver.arrived())
}

// A run into a receiver that is down takes its time, so one serves three rules.
func TestAReceiverThatIsDown(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	w.receiver.up.Store(false)
	short := []string{"-max-wait", "300ms", "-tz", "+05:00"}
	first := play(t, w.env, w.on("run", append(short, "-from", "3h", "-id", "first", "-yes")...)...)
	require.Equal(t, exitPartial, first.code)

	// Ends as partial, and spares Ceffu.
	assert.Contains(t, first.stdout, "the receiver seems to be down")
	assert.Contains(t, first.stdout, "recover resume -id first")
	assert.Empty(t, w.ceffu.Requests())
	// All times are of one zone, which is named.
	text := first.stdout + play(t, nil, w.on("report", "-tz", "+05:00")...).stdout
	assert.Contains(t, text, "UTC+05:00")
	for _, s := range regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*`).FindAllString(text, -1) {
		assert.NotRegexp(t, `Z$|-03:00`, s)
	}
	assert.Contains(t, text, "The next trial is at ")
	assert.Contains(t, play(t, nil, w.on("report")...).stdout, "Brasília (UTC-03:00)")
	// Another recovery of the same webhooks overlaps.
	p := play(t, w.only("CELCOIN"), w.on("run", "-from", "2h59m", "-id", "second", "-yes")...)
	assert.Equal(t, exitRefused, p.code, p.stdout)
	assert.Contains(t, p.stderr, "first")
	assert.Contains(t, p.stderr, "-overlap")
	// Up again, everything arrives.
	w.receiver.up.Store(true)
	require.Eventually(t, func() bool { // at first it waits for the time of the next trial
		return play(t, w.only("CELCOIN"), w.on("run", "-id", "second", "-overlap", "-yes", "-max-wait", "300ms")...).code == exitDone
	}, time.Minute, time.Second)
	assert.Equal(t, exitDone, play(t, w.env, w.on("verify", "-id", "first")...).code)
	assert.Equal(t, 25, w.receiver.arrived())
}

func TestTheGateHoldsBothVendorsUp(t *testing.T) {
	t.Parallel()
	for _, vendor := range []string{"celcoin", "ceffu"} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			w := vendors(t, 25, nil)
			var asked atomic.Int32
			health := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if user, password, _ := r.BasicAuth(); user != "gate" || password != "a password of this test" {
					rw.WriteHeader(http.StatusUnauthorized)
				} else if asked.Add(1); !w.receiver.up.Load() {
					rw.WriteHeader(http.StatusServiceUnavailable)
				}
			}))
			defer health.Close()
			w.env["RECOVER_GATE_URL"], w.env["RECOVER_GATE_USER"], w.env["RECOVER_GATE_PASSWORD"] = health.URL, "gate", "a password of this test"
			w.receiver.up.Store(false)
			run := w.on("run", "-max-wait", "500ms", "-vendor", vendor, "-from", since(), "-to", time.Now().Format(time.RFC3339), "-yes")
			p := play(t, w.env, run...)
			assert.NotEqual(t, exitDone, p.code)
			assert.Contains(t, p.stdout+p.stderr, "the health URL answered 503")
			assert.Zero(t, w.replays())
			assert.Empty(t, w.ceffu.Requests())
			w.receiver.up.Store(true)
			p = play(t, w.env, run...)
			assert.Equal(t, exitDone, p.code, p.stderr)
			assert.Greater(t, asked.Load(), int32(1))
		})
	}
}

func TestAnotherEnvironmentIsRefusedBeforeAnythingIsReplayed(t *testing.T) {
	t.Parallel()
	w, other := vendors(t, 5, nil), vendors(t, 5, nil)
	require.Equal(t, exitDone, play(t, w.only("CELCOIN"), w.on("plan", "-from", "3h", "-id", "outage")...).code)
	p := play(t, other.only("CELCOIN"), w.on("run", "-id", "outage", "-yes")...)
	assert.Equal(t, exitRefused, p.code)
	assert.Contains(t, p.stderr, other.celcoin.URL)
	assert.Equal(t, 1, strings.Count(p.stderr, "\n"))

	require.Equal(t, exitDone, play(t, w.only("CELCOIN"), w.on("run", "-id", "outage", "-yes")...).code)
	for _, command := range []string{"resume", "verify"} {
		for _, format := range []string{"-json=false", "-json"} {
			p = play(t, other.only("CELCOIN"), w.on(command, format)...)
			assert.Equal(t, exitRefused, p.code, command)
		}
	}
	assert.Zero(t, other.replays())
}

func TestAWrongSecretOrNoNetworkReplaysNothing(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct{ name, value, says string }{
		"a wrong secret": {"CELCOIN_CLIENT_SECRET", "wrong", "CELCOIN_CLIENT_SECRET"},
		"no network":     {"CELCOIN_BASE_URL", "https://127.0.0.1:1", "is the network up"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := vendors(t, 5, nil)
			w.env[c.name] = c.value
			p := play(t, w.env, w.on("run", "-from", "3h", "-yes", "-max-wait", "100ms")...)
			assert.Equal(t, exitRefused, p.code)
			assert.Contains(t, p.stderr, c.says)
			assert.Equal(t, 1, strings.Count(p.stderr, "\n"), p.stderr)
			assert.Zero(t, w.replays())
			assert.Empty(t, w.ceffu.Requests())
		})
	}
}

// With a clock that is off, it is unknown what "3h" means.
func TestTimesCountedBackNeedAClockThatIsRight(t *testing.T) {
	t.Parallel()
	w := vendors(t, 5, nil, celcointest.WithClock(func() time.Time { return time.Now().Add(10 * time.Hour) }))
	p := play(t, w.only("CELCOIN"), w.on("plan", "-from", "3h")...)
	assert.Equal(t, exitRefused, p.code, p.stdout)
	assert.Contains(t, p.stderr, "give -from and -to as dates")
	p = play(t, w.only("CELCOIN"), w.on("plan", "-from", since(), "-to", time.Now().Format(time.RFC3339))...)
	assert.Equal(t, exitDone, p.code, p.stderr)
}

func TestAPlanThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	p := play(t, w.env, w.on("run", "-from", "3h", "-max-items", "24", "-yes")...)
	assert.Equal(t, exitRefused, p.code)
	assert.Contains(t, p.stderr, "Raise -max-items")
	assert.Zero(t, w.replays())
}

func TestPayloadsArePulledToAReceiver(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	receiver := newReceiver()
	receiver.up.Store(true)
	target := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "login" || password != "a password of this test" {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		receiver.ServeHTTP(rw, r)
	}))
	t.Cleanup(target.Close)
	env := w.only("CELCOIN")
	env["RECOVER_PULL_USER"], env["RECOVER_PULL_PASSWORD"] = "login", "a password of this test"
	p := play(t, env, w.on("run", "-from", "3h", "-yes", "-pull-to", target.URL+"/hook")...)
	require.Equal(t, exitDone, p.code, p.stdout+p.stderr)
	assert.Regexp(t, `pulled +25`, p.stdout)
	assert.Equal(t, 25, receiver.arrived())
	assert.Zero(t, w.replays())
	for _, url := range []string{"http://receiver.example/hook", "https://user:planted@receiver.example", "receiver"} {
		p = play(t, env, w.on("run", "-from", "3h", "-pull-to", url)...)
		assert.Equal(t, exitUsage, p.code, url)
		assert.NotContains(t, p.stderr, "planted")
	}
}

func TestAReportNeedsNeitherCredentialsNorTheRightToWrite(t *testing.T) {
	t.Parallel()
	w := vendors(t, 5, nil)
	require.Equal(t, exitDone, play(t, w.only("CELCOIN"), w.on("run", "-from", "3h", "-id", "outage", "-yes")...).code)
	readOnly := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(readOnly, "copy"), os.DirFS(w.dir)))
	closed := func(mode fs.FileMode) {
		require.NoError(t, filepath.WalkDir(readOnly, func(path string, _ fs.DirEntry, err error) error {
			if info, e := os.Stat(path); err == nil && e == nil && info.IsDir() {
				return os.Chmod(path, mode)
			}
			return err
		}))
	}
	closed(0o500)
	defer closed(0o700)
	w.dir = filepath.Join(readOnly, "copy")
	for _, command := range []string{"report", "status", "list"} {
		p := play(t, nil, w.on(command)...)
		assert.Equal(t, exitDone, p.code, p.stderr)
		assert.Contains(t, p.stdout, "drained")
	}
	assert.Contains(t, play(t, nil, w.on("report", "-csv")...).stdout, "entity,")
	p := play(t, nil, w.on("report", "-id", "never")...)
	assert.Equal(t, exitRefused, p.code)
	assert.Contains(t, p.stderr, "no such recovery")
}

func TestEveryCommandSpeaksJSON(t *testing.T) {
	t.Parallel()
	w := vendors(t, 5, nil)
	decoded := func(command string, into any, args ...string) {
		t.Helper()
		p := play(t, w.env, w.on(command, append(args, "-json")...)...)
		require.NoError(t, json.Unmarshal([]byte(p.stdout), into), "%s: %s", command, p.stdout)
	}
	var plan output
	decoded("plan", &plan, "-from", "3h", "-id", "outage")
	assert.Equal(t, 5, plan.Plan.Items)
	assert.Len(t, plan.Ceffu.Calls, 4)
	var report recovery.Report
	for _, command := range []string{"run", "resume", "verify", "report"} {
		var o output
		if command == "run" {
			decoded(command, &o, "-id", "outage", "-yes")
			assert.Equal(t, ceffu.ResendAccepted, o.Ceffu.Calls[3].Outcome)
		} else {
			decoded(command, &o)
		}
		require.NoError(t, json.Unmarshal(o.Celcoin, &report))
		assert.Equal(t, 5, report.Totals.Delivered, command)
	}
	var one status
	decoded("status", &one)
	assert.Equal(t, recovery.StateDrained, one.State)
	var all []status
	decoded("list", &all)
	assert.Len(t, all, 1)
	var seen look
	decoded("watch", &seen, "-once")
	assert.Zero(t, seen.Pending)
	assert.Empty(t, seen.Error)
}

func TestADamagedJournalIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	w := vendors(t, 5, nil)
	require.Equal(t, exitDone, play(t, w.env, w.on("plan", "-from", "3h", "-id", "outage")...).code)
	file := filepath.Join(w.dir, "outage", "plan.jsonl")
	journal, err := os.ReadFile(file)
	require.NoError(t, err)
	journal = bytes.Replace(journal, []byte(`"kind":"listed"`), []byte(`"kind":"listad"`), 1)
	require.NoError(t, os.WriteFile(file, journal, 0o600))
	for _, args := range [][]string{w.on("report"), w.on("run", "-id", "outage", "-yes"), w.on("verify")} {
		p := play(t, w.env, args...)
		assert.Equal(t, exitRefused, p.code)
		assert.Contains(t, p.stderr, file)
		assert.Contains(t, p.stderr, "line ")
		assert.Contains(t, p.stderr, "plan anew with another -id")
	}
	assert.Contains(t, play(t, w.env, w.on("list")...).stdout, "unreadable", "one that is damaged hides no other")
}

func TestAWatchLooksAndRecovers(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	env := w.only("CELCOIN")
	file := filepath.Join(t.TempDir(), "seen")
	p := play(t, env, w.on("watch", "-once", "-on-missing", "cat > '"+file+"'")...)
	assert.Equal(t, exitPartial, p.code, p.stderr)
	assert.Contains(t, p.stdout, "25 missing")
	var l look
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &l))
	assert.Equal(t, 25, l.Pending)
	assert.Zero(t, w.replays())

	p = play(t, env, w.on("watch", "-once", "-auto")...)
	assert.Equal(t, exitDone, p.code, p.stdout)
	assert.Contains(t, p.stdout, "25 of 25 delivered")
	p = play(t, env, w.on("watch", "-once")...)
	assert.Equal(t, exitDone, p.code, p.stdout)
	assert.Contains(t, p.stdout, "nothing is missing")

	env["CELCOIN_CLIENT_SECRET"] = "wrong"
	p = play(t, env, w.on("watch", "-once")...)
	assert.Equal(t, exitRefused, p.code, p.stdout)
}

func TestWhatCannotBeBroughtBackIsAskedForByItsTransaction(t *testing.T) {
	t.Parallel()
	w := vendors(t, 0, nil, celcointest.WithAgeLimit(30*24*time.Hour)) // it lists them still
	require.NoError(t, w.celcoin.Inject(celcointest.Fault{Operation: celcointest.OpReplay, Status: 400, Code: "CBE376", Times: -1}))
	old := time.Now().Add(-8 * 24 * time.Hour)
	for _, id := range []string{"=cmd", "1002"} {
		w.celcoin.Add(celcointest.Webhook{ID: id, Entity: "pix-payment-in", Created: old})
	}
	w.celcoin.AddPayments(celcointest.Payment{ID: "1002", Received: true, Created: old})
	env := w.only("CELCOIN")
	p := play(t, env, w.on("run", "-from", "9d", "-to", "7d12h", "-id", "old", "-yes")...)
	require.Equal(t, exitPartial, p.code, p.stdout+p.stderr)

	p = play(t, env, w.on("statuses", "-csv")...)
	require.Equal(t, exitDone, p.code, p.stdout+p.stderr)
	rows, err := csv.NewReader(strings.NewReader(p.stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	results := map[string]string{}
	for _, row := range rows[1:] {
		results[row[1]] = row[4]
	}
	assert.Equal(t, map[string]string{"'=cmd": "not found", "1002": "confirmed"}, results)
	assert.Contains(t, p.stderr, "2 webhooks that cannot be brought back")
	p = play(t, env, w.on("statuses", "-json")...)
	assert.Equal(t, 2, strings.Count(p.stdout, "\n"), "a line each")
}

func TestTheCodeOfOneLookCountsTheRecoveryThatItWentOnWith(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	drained, partial := &recovery.Report{State: recovery.StateDrained}, &recovery.Report{State: recovery.StatePartial}
	for name, tt := range map[string]struct {
		look recovery.WatchState
		code int
	}{
		"nothing is missing":                        {recovery.WatchState{}, exitDone},
		"something is missing":                      {recovery.WatchState{Pending: 1}, exitPartial},
		"something is missing, and one cannot ask":  {recovery.WatchState{Pending: 1, Err: broken}, exitPartial},
		"one cannot ask":                            {recovery.WatchState{Err: broken}, exitRefused},
		"it was recovered":                          {recovery.WatchState{Pending: 1, Report: drained}, exitDone},
		"some of it was recovered":                  {recovery.WatchState{Pending: 1, Report: partial}, exitPartial},
		"what is left of it is not pending":         {recovery.WatchState{Report: partial}, exitPartial},
		"a recovery went on and stopped once more":  {recovery.WatchState{Report: partial, Err: broken}, exitPartial},
		"it was recovered, and then one cannot ask": {recovery.WatchState{Report: drained, Err: broken}, exitRefused},
	} {
		assert.Equal(t, tt.code, exitCode(lookVerdict(tt.look)), name)
	}
}
