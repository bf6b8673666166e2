package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestAPlanIsShownAndKeptAndNothingIsReplayed(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	p := play(t, w.env, w.on("plan", "-from", "3h", "-id", "outage")...)
	require.Equal(t, exitDone, p.code, p.stderr)
	assert.Regexp(t, `pix-payment-in +25 +0 +0\n`, p.stdout)
	assert.Contains(t, p.stdout, "4 calls, each for one event type of one webhook")
	assert.Contains(t, p.stdout, "recover run -id outage -store "+w.store)
	assert.Zero(t, w.replays())
	assert.Empty(t, w.ceffu.Requests())
	assert.FileExists(t, filepath.Join(w.store, "outage", "plan.jsonl"))

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
		assert.Contains(t, p.stderr, "nothing was asked for again")
		assert.Zero(t, w.replays(), what)
	}
	p := playOn(t.Context(), w.env, terminal{strings.NewReader(digest[:8] + "\n")}, w.on("run", "-id", "outage")...)
	assert.Equal(t, exitDone, p.code, p.stderr)
	assert.Zero(t, w.celcoin.Pending(""))
}

func TestARunThatNobodyConfirmsIsRefused(t *testing.T) {
	t.Parallel()
	w := vendors(t, 10, nil)
	p := play(t, w.env, w.on("run", "-from", "3h", "-id", "outage")...)
	assert.Equal(t, exitRefused, p.code)
	digest := digestOf(t, p.stdout)
	assert.Contains(t, p.stderr, "recover run -id outage -store "+w.store+" -yes="+digest[:8])

	p = play(t, w.env, w.on("run", "-id", "outage", "-yes=00000000")...)
	assert.Equal(t, exitRefused, p.code)
	assert.Contains(t, p.stderr, "the plan's digest begins with "+digest[:8])

	p = play(t, w.env, w.on("resume")...)
	assert.Equal(t, exitRefused, p.code, "resume is no way around it")
	assert.Contains(t, p.stderr, "recover run -id outage")
	assert.Zero(t, w.replays())
	assert.Empty(t, w.ceffu.Requests())
}

func TestAnInterruptAtTheQuestionIsOne(t *testing.T) {
	t.Parallel()
	w := vendors(t, 3, nil)
	ctx, cancel := context.WithCancel(t.Context())
	silent, writer := io.Pipe()
	t.Cleanup(func() { writer.Close() }) //nolint:errcheck,gosec // it ends whoever still reads
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
	p := playOn(ctx, w.env, strings.NewReader(""), w.on("run", "-from", "3h", "-id", "outage", "-yes")...)
	require.Equal(t, exitPartial, p.code)
	assert.Equal(t, "recover: interrupted\n", p.stderr)
	assert.Contains(t, p.stdout, "cancelled: ", "the report so far")
	assert.Contains(t, p.stdout, "To go on: recover resume -id outage -store "+w.store)
	assert.Positive(t, w.celcoin.Pending(""))
	assert.Empty(t, w.ceffu.Requests())

	p = play(t, w.env, w.on("report")...)
	assert.Equal(t, exitPartial, p.code)
	before := w.replays()
	p = play(t, w.env, w.on("resume")...) // the only one in the store
	require.Equal(t, exitDone, p.code, p.stdout+p.stderr)
	assert.Regexp(t, `Celcoin +pix-payment-in +300 +300 +300 +0\n`, p.stdout)
	assert.Zero(t, w.celcoin.Pending(""))
	assert.Less(t, w.replays(), 300+before)
	assert.LessOrEqual(t, w.replays(), 300+8, "no more are asked for twice than were under way")
	assert.Equal(t, 300, w.receiver.arrived("pix-payment-in"))
	assert.Len(t, w.ceffu.Requests(), len(ceffu.EventTypes()))
}

func TestAnInterruptedPlanSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	w := vendors(t, 30, nil)
	ctx, interrupt := context.WithCancel(t.Context())
	require.NoError(t, w.celcoin.Inject(celcointest.Fault{Operation: "details", Match: func(*http.Request) bool {
		interrupt()
		return false
	}}))
	p := playOn(ctx, w.env, strings.NewReader(""), w.on("plan", "-from", "3h")...)
	assert.Equal(t, exitPartial, p.code)
	assert.Regexp(t, `To go on: recover run -id \S+ -store`, p.stdout)
	w.celcoin.ClearFaults()
	_, rest, _ := strings.Cut(p.stdout, "recover run -id ")
	id := strings.Fields(rest)[0]
	p = play(t, w.only("CELCOIN"), w.on("run", "-id", id, "-yes")...)
	assert.Equal(t, exitDone, p.code, p.stderr)
	assert.Equal(t, 30, w.receiver.arrived("pix-payment-in"))
}

func TestAReceiverThatIsDownEndsPartial(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	w.receiver.up.Store(false)
	p := play(t, w.env, w.on("run", "-from", "3h", "-id", "outage", "-yes")...)
	assert.Equal(t, exitPartial, p.code)
	assert.Contains(t, p.stdout, "is the receiver up?")
	assert.Contains(t, p.stdout, "Ceffu is not asked")
	assert.Contains(t, p.stdout, "recover resume -id outage")
	assert.Regexp(t, `Celcoin +pix-payment-in +25 +\d+ +0 +25\n`, p.stdout)
	assert.Empty(t, w.ceffu.Requests())
	assert.Equal(t, exitPartial, play(t, w.env, w.on("verify")...).code)

	w.receiver.up.Store(true)
	p = play(t, w.env, w.on("resume", "-canary", "0")...)
	assert.Equal(t, exitDone, p.code, p.stdout)
	assert.Equal(t, exitDone, play(t, w.env, w.on("verify")...).code)
}

func TestTheGateHoldsBothVendorsUp(t *testing.T) {
	t.Parallel()
	for _, vendor := range []string{"celcoin", "ceffu"} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			w := vendors(t, 25, nil)
			var asked atomic.Int32
			health := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				if !w.receiver.up.Load() {
					rw.WriteHeader(http.StatusServiceUnavailable)
				}
			}))
			defer health.Close()
			w.receiver.up.Store(false)
			args := []string{"-gate", health.URL, "-patience", "1ms", "-vendor", vendor}
			p := play(t, w.env, w.on("run", append(args, "-from", "3h", "-id", "outage", "-yes")...)...)
			assert.Equal(t, exitPartial, p.code)
			assert.Contains(t, p.stdout+p.stderr, "the health URL answered 503")
			assert.Zero(t, w.replays())
			assert.Empty(t, w.ceffu.Requests())
			w.receiver.up.Store(true)
			p = play(t, w.env, w.on("resume", args...)...)
			assert.Equal(t, exitDone, p.code, p.stderr)
			assert.Positive(t, asked.Load())
		})
	}
}

func TestAPlanThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	p := play(t, w.env, w.on("run", "-from", "3h", "-max-items", "24", "-yes")...)
	assert.Equal(t, exitRefused, p.code)
	assert.Contains(t, p.stderr, "-max-items")
	assert.Zero(t, w.replays())
}

func TestTwoProcessesDoNotWorkOnOneRecovery(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"outage.ceffu"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			w := vendors(t, 5, nil)
			require.Equal(t, exitDone, play(t, w.env, w.on("plan", "-from", "3h", "-id", "outage")...).code)
			other, err := recovery.FileStore(w.store).Open(t.Context(), part, "resends")
			require.NoError(t, err)
			p := play(t, w.env, w.on("run", "-id", "outage", "-yes")...)
			assert.Equal(t, exitRefused, p.code)
			assert.Contains(t, p.stderr, "another process is at work")
			assert.Zero(t, w.replays())
			assert.Empty(t, w.ceffu.Requests())
			require.NoError(t, other.Close())
			assert.Equal(t, exitDone, play(t, w.env, w.on("run", "-id", "outage", "-yes")...).code)
		})
	}
}

func TestADamagedJournalIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	w := vendors(t, 5, nil)
	require.Equal(t, exitDone, play(t, w.env, w.on("plan", "-from", "3h", "-id", "outage")...).code)
	file := filepath.Join(w.store, "outage", "plan.jsonl")
	journal, err := os.ReadFile(file)
	require.NoError(t, err)
	journal = bytes.Replace(journal, []byte(`"kind":"listed"`), []byte(`"kind":"listad"`), 1)
	require.NoError(t, os.WriteFile(file, journal, 0o600)) //nolint:gosec // a file of this test
	for _, args := range [][]string{w.on("report"), w.on("run", "-id", "outage", "-yes"), w.on("verify")} {
		p := play(t, w.env, args...)
		assert.Equal(t, exitRefused, p.code)
		assert.Contains(t, p.stderr, "the journal was damaged")
		assert.Contains(t, p.stderr, file)
		assert.Contains(t, p.stderr, "line ")
	}
}

func TestTheReportComesInEveryForm(t *testing.T) {
	t.Parallel()
	w := vendors(t, 5, nil)
	page := filepath.Join(t.TempDir(), "report.html")
	p := play(t, w.only("CELCOIN"), w.on("run", "-from", "3h", "-id", "outage", "-yes", "-html", page)...)
	require.Equal(t, exitDone, p.code, p.stderr)
	assert.Contains(t, p.stdout, "5 of 5 recovered")
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(html), "<svg")

	// A report needs no credentials.
	p = play(t, nil, w.on("report", "-json")...)
	require.Equal(t, exitDone, p.code, p.stderr)
	var report recovery.Report
	require.NoError(t, json.Unmarshal([]byte(p.stdout), &report))
	assert.Equal(t, 5, report.Totals.Delivered)
	assert.Contains(t, p.stderr, "ASKED AGAIN")
	p = play(t, nil, w.on("report", "-csv")...)
	assert.Contains(t, p.stdout, "entity,")

	p = play(t, w.env, w.on("plan", "-from", "3h", "-json", "-id", "again")...)
	var plan struct {
		Items    int                   `json:"items"`
		Entities []recovery.EntityPlan `json:"entities"`
	}
	require.NoError(t, json.Unmarshal([]byte(p.stdout), &plan))
	assert.Zero(t, plan.Items)
	assert.Equal(t, []recovery.EntityPlan{{Entity: celcoin.EntityPixPaymentIn}}, plan.Entities)

	p = play(t, nil, w.on("report")...)
	assert.Equal(t, exitUsage, p.code)
	assert.Contains(t, p.stderr, "again, outage")
	p = play(t, nil, w.on("report", "-id", "never")...)
	assert.Equal(t, exitRefused, p.code)
	assert.Contains(t, p.stderr, "no such recovery")
	assert.NoFileExists(t, filepath.Join(w.store, "never", "plan.jsonl"))
}
