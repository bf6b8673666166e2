package simulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// receive is a receiver that answers with the status its path names, and echoes what it got.
func receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	status := map[string]int{"/ok": 200, "/created": 204, "/moved": 302}[r.URL.Path]
	w.Header().Set("Location", "/ok")
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_, _ = io.WriteString(w, r.Method+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("X-More")+" "+string(body))
	}
}

func TestDeliveriesAreMadeAndRecorded(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	receiver := httptest.NewServer(http.HandlerFunc(receive))
	t.Cleanup(receiver.Close)
	ways := map[string]func(*simulator.Config){
		"over the network": func(*simulator.Config) {},
		"directly":         func(cfg *simulator.Config) { cfg.Receiver = http.HandlerFunc(receive) },
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, _ := open(t, way, func(cfg *simulator.Config) { cfg.Clock = func() time.Time { return noon } })
			post := simulator.Delivery{
				URL: receiver.URL + "/ok", WebhookID: "7", Event: "sale", Attempt: 2,
				Body: []byte(`{"a":1}`),
			}
			more := http.Header{"x-more": {"m"}}
			got := core.Deliver(post, more)
			assert.Equal(t, simulator.Delivery{
				Time: noon, URL: receiver.URL + "/ok", WebhookID: "7", Event: "sale", Attempt: 2, Status: 200,
				Body: []byte(`{"a":1}`), Response: []byte(`POST application/json m {"a":1}`),
			}, got)

			post.URL, post.Time = receiver.URL+"/created", noon.Add(-time.Hour)
			assert.Equal(t, http.StatusNoContent, core.Deliver(post, more).Status)
			post.URL = receiver.URL + "/moved"
			assert.Equal(t, http.StatusFound, core.Deliver(post, more).Status, "redirects are not followed")

			all := core.Deliveries()
			require.Len(t, all, 3)
			assert.Equal(t, got, all[0])
			assert.Equal(t, noon.Add(-time.Hour), all[1].Time)
			core.ResetRecords()
			assert.Empty(t, core.Deliveries())
		})
	}
}

func TestDeliveriesWithoutAnAnswerSayWhy(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	core, _ := open(t)
	for url, want := range map[string]string{
		gone.URL:     "connection refused",
		"":           "unsupported protocol scheme",
		"http://a b": "invalid character",
	} {
		got := core.Deliver(simulator.Delivery{URL: url}, nil)
		assert.Zero(t, got.Status)
		assert.Contains(t, got.Err, want)
	}
	assert.Len(t, core.Deliveries(), 3)
}

func TestAReceiverThatLeavesGivesNoAnswer(t *testing.T) {
	t.Parallel()
	leave := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	core, _ := open(t, func(cfg *simulator.Config) { cfg.Receiver = leave })
	got := core.Deliver(simulator.Delivery{URL: "http://receiver.invalid/"}, nil)
	assert.Zero(t, got.Status)
	assert.Contains(t, got.Err, "EOF")
}

func TestAReceiverHasTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		core, _ := open(t, func(cfg *simulator.Config) { cfg.Receiver = slow })
		start := time.Now()
		got := core.Deliver(simulator.Delivery{URL: "http://receiver.invalid/"}, nil)
		assert.Equal(t, 10*time.Second, time.Since(start))
		assert.Zero(t, got.Status)
		assert.Contains(t, got.Err, "context deadline exceeded")
	})
}

func TestOnlySoMuchOfAReceiversAnswerIsKept(t *testing.T) {
	t.Parallel()
	chatty := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 100<<10))
	})
	core, _ := open(t, func(cfg *simulator.Config) { cfg.Receiver = chatty })
	got := core.Deliver(simulator.Delivery{URL: "http://receiver.invalid/"}, nil)
	assert.Equal(t, http.StatusOK, got.Status)
	assert.Len(t, got.Response, 64<<10)
}

func TestInABubbleDeliveriesNeedAReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, _ := open(t)
		got := core.Deliver(simulator.Delivery{URL: "http://127.0.0.1:9/"}, nil)
		assert.Zero(t, got.Status)
		assert.Contains(t, got.Err, "deliveries need a receiver")
	})
}

func TestCloseEndsADelivery(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-r.Context().Done()
	}))
	t.Cleanup(slow.Close)
	core, _ := open(t)
	done := make(chan simulator.Delivery, 1)
	go func() { done <- core.Deliver(simulator.Delivery{URL: slow.URL}, nil) }()
	<-arrived
	core.Close()
	assert.Contains(t, (<-done).Err, "context canceled")
}
