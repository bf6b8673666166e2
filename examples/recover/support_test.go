package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	ceffuinbox "github.com/reenvio/reenvio-go/ceffu/inbox"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// world is both vendors, a receiver, and a folder.
type world struct {
	receiver *receiver
	celcoin  *celcointest.Server
	ceffu    *ceffutest.Server
	env      map[string]string
	dir      string
}

// vendors starts both simulators, with n missed webhooks of one entity and three
// notifications of each of two Ceffu webhooks' event types.
func vendors(t *testing.T, n int, wrap func(http.Handler) http.Handler, opts ...celcointest.Option) *world {
	t.Helper()
	w := &world{receiver: newReceiver(), dir: t.TempDir()}
	w.receiver.up.Store(true)
	handler := http.Handler(w.receiver)
	if wrap != nil {
		handler = wrap(handler)
	}
	w.celcoin = celcointest.NewServer(t, append(opts, celcointest.WithReceiver(handler))...)
	now := time.Now()
	require.NoError(t, w.celcoin.AddMissed(celcoin.EntityPixPaymentIn, n, now.Add(-2*time.Hour), now.Add(-time.Hour)))
	w.ceffu = ceffutest.NewServer(t, ceffutest.WithReceiver(handler))
	hook, err := w.ceffu.AddWebhook(ceffutest.Webhook{URL: "http://127.0.0.1/ceffu"})
	require.NoError(t, err)
	w.env = environment(w.celcoin, w.ceffu, hook.ID)
	return w
}

// only leaves the variables of one vendor.
func (w *world) only(vendor string) map[string]string {
	env := map[string]string{}
	for name, value := range w.env {
		if strings.HasPrefix(name, vendor) {
			env[name] = value
		}
	}
	return env
}

// played is what a run of the program came to.
type played struct {
	code           int
	stdout, stderr string
}

// play runs the program as main does, without a terminal.
func play(t *testing.T, env map[string]string, args ...string) played {
	t.Helper()
	return playOn(t.Context(), env, strings.NewReader(""), args...)
}

func playOn(ctx context.Context, env map[string]string, stdin io.Reader, args ...string) played {
	var out, errs bytes.Buffer
	code := run(ctx, args, func(name string) string { return env[name] }, stdin, &out, &errs)
	return played{code, out.String(), errs.String()}
}

// on adds to a command what makes it quick, and the folder.
func (w *world) on(command string, args ...string) []string {
	all := []string{command, "-dir", w.dir}
	switch command {
	case "plan", "run":
		all = append(all, "-entity", "pix-payment-in", "-rate", "1000")
	case "resume", "verify", "statuses":
		all = append(all, "-rate", "1000")
	case "watch":
		all = append(all, "-entity", "pix-payment-in", "-rate", "1000", "-delivery-timeout", "100ms")
	}
	if command == "run" || command == "resume" {
		all = append(all, "-delivery-timeout", "100ms")
	}
	return append(all, args...)
}

// replays counts the replays that Celcoin was asked for.
func (w *world) replays() int {
	n := 0
	for _, r := range w.celcoin.Requests() {
		if r.Operation == "replay" {
			n++
		}
	}
	return n
}

// terminal is somebody who types.
type terminal struct{ io.Reader }

func (terminal) IsTerminal() bool { return true }

// digestOf finds the digest that a plan shows.
func digestOf(t *testing.T, text string) string {
	t.Helper()
	m := regexp.MustCompile(`digest +([0-9a-f]{12})`).FindStringSubmatch(text)
	require.NotNil(t, m, text)
	return m[1]
}

// receiver takes the webhooks of both vendors, as inbox has it, and knows those of
// Celcoin by their keys.
type receiver struct {
	up atomic.Bool

	celcoin, ceffu http.Handler

	mu   sync.Mutex
	seen map[string]bool
}

func newReceiver() *receiver {
	r := &receiver{seen: map[string]bool{}}
	r.celcoin = inbox.NewHandler(func(_ context.Context, e *inbox.Event) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen[e.Key()] = true
		return nil
	})
	r.ceffu = ceffuinbox.NewHandler(func(context.Context, *ceffuinbox.Event) error { return nil })
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch {
	case !r.up.Load():
		w.WriteHeader(http.StatusServiceUnavailable)
	case req.URL.Path == "/ceffu":
		r.ceffu.ServeHTTP(w, req)
	default:
		r.celcoin.ServeHTTP(w, req)
	}
}

// arrived counts the different webhooks of Celcoin.
func (r *receiver) arrived() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}
