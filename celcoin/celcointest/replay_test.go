package celcointest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// receiver answers as it is told and remembers what arrived.
type receiver struct {
	mu      sync.Mutex
	status  int // 0: 200
	bodies  []string
	headers []http.Header
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies = append(r.bodies, string(body))
	r.headers = append(r.headers, request.Header)
	if r.status != 0 {
		w.WriteHeader(r.status)
	}
	_, _ = io.WriteString(w, "seen <b>"+request.Method+"</b>")
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) arrived() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bodies)
}

func TestReplayIsReallyPosted(t *testing.T) {
	t.Parallel()
	var inbox receiver
	site := httptest.NewServer(&inbox)
	t.Cleanup(site.Close)
	s := NewServer(t)
	require.NoError(t, s.Subscribe(celcoin.EntityPixPaymentIn, site.URL+"/hooks?x=1", "ana", "s3gredo"))
	created := time.Now().Add(-time.Hour)
	id := s.Add(Webhook{Request: `{"a":"<&>"}`, Created: created, Attempts: 2, HTTPStatusCode: 500})[0]

	assert.Equal(t, 1, socket(t, s).put(paymentIn+"?webhookId="+id, "{}").total(t))
	s.Settle()

	assert.Equal(t, []string{`{"a":"<&>"}`}, inbox.arrived())
	assert.Equal(t, "application/json", inbox.headers[0].Get("Content-Type"))
	r := http.Request{Header: inbox.headers[0]}
	login, password, ok := r.BasicAuth()
	assert.True(t, ok)
	assert.Equal(t, "ana s3gredo", login+" "+password)

	got, _ := s.Webhook(id)
	assert.Equal(t, celcoin.StatusSent, got.Status)
	assert.Equal(t, 200, got.HTTPStatusCode)
	assert.Equal(t, "seen <b>POST</b>", got.Response)
	assert.Equal(t, site.URL+"/hooks?x=1", got.URL)
	assert.Equal(t, 3, got.Attempts)
	assert.True(t, got.Created.Equal(created))
	assert.WithinRange(t, got.LastUpdated, created.Add(time.Hour), time.Now())
	assert.Zero(t, s.Pending(celcoin.EntityPixPaymentIn))

	require.Len(t, s.Deliveries(), 1)
	d := s.Deliveries()[0]
	assert.Equal(t, []any{id, "pix-payment-in", 3, 200, `{"a":"<&>"}`}, []any{d.WebhookID, d.Event, d.Attempt, d.Status, string(d.Body)})
}

func TestOnlyHTTP200Delivers(t *testing.T) {
	t.Parallel()
	for _, status := range []int{201, 202, 204, 301, 307, 400, 401, 404, 500, 503} {
		inbox := receiver{status: status}
		s := NewServer(t, at(noon), WithReceiver(&inbox))
		id := s.Add(Webhook{})[0]
		direct(t, s).put(paymentIn+"?webhookId="+id, "").total(t)
		s.Settle()
		got, _ := s.Webhook(id)
		assert.Equal(t, celcoin.StatusPending, got.Status, status)
		assert.Equal(t, status, got.HTTPStatusCode)
		assert.Len(t, inbox.arrived(), 1)
	}
}

func TestReceiverThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	require.NoError(t, s.Subscribe(celcoin.EntityPixPaymentIn, "http://127.0.0.1:1/", "", ""))
	id := s.Add(Webhook{HTTPStatusCode: 503, Response: "down"})[0]
	direct(t, s).put(paymentIn+"?webhookId="+id, "").total(t)
	s.Settle()
	got, _ := s.Webhook(id)
	assert.Zero(t, got.HTTPStatusCode)
	assert.Empty(t, got.Response)
	assert.Equal(t, 1, got.Attempts)
	assert.NotEmpty(t, s.Deliveries()[0].Err)
}

// What the server's end cuts off says nothing of the receiver.
func TestCloseEndsADeliveryWithoutBlamingTheReceiver(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	hanging := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	})
	s := NewServer(t, WithReceiver(hanging), WithBlocking(1, 1))
	s.Emit(Webhook{HTTPStatusCode: 503, Response: "down"}, Webhook{HTTPStatusCode: 503, Response: "down"})
	before := s.Webhooks()
	<-began
	s.Close()
	assert.Equal(t, before, s.Webhooks())
	assert.Len(t, s.Deliveries(), 1, "that which was under way")
}

func TestDeliveredStaysDelivered(t *testing.T) {
	t.Parallel()
	inbox := receiver{status: 500}
	s := NewServer(t, at(noon), WithReceiver(&inbox))
	id := s.Add(Webhook{Status: celcoin.StatusSent, HTTPStatusCode: 200})[0]
	assert.Equal(t, 1, direct(t, s).put(paymentIn+"?webhookId="+id, "").total(t), "what was sent is sent again")
	s.Settle()
	got, _ := s.Webhook(id)
	assert.Equal(t, celcoin.StatusSent, got.Status)
	assert.Equal(t, 500, got.HTTPStatusCode)
}

func TestWhatReplayMatches(t *testing.T) {
	t.Parallel()
	hour := window(noon.Add(-4*time.Minute), noon)
	for name, tt := range map[string]struct {
		opts   []Option
		query  string
		body   string
		status int
		want   []string
	}{
		"one by id":                       {nil, "?webhookId=a", "", 200, []string{"a"}},
		"one by id among pending":         {nil, "?webhookId=c&OnlyPending=true", "", 200, []string{}},
		"one by id in a window":           {nil, hour + "&webhookId=a", "", 200, []string{}},
		"one by id and filter":            {nil, "?webhookId=a", `{"filter":{"account":"2"}}`, 200, []string{}},
		"hidden pending ones too":         {[]Option{WithPendingHidden(true)}, "?webhookId=a", "", 200, []string{"a"}},
		"all":                             {nil, "", "", 200, []string{"a", "b", "c", "d"}},
		"all pending":                     {nil, "?OnlyPending=true", "", 200, []string{"a", "b", "d"}},
		"all in a window":                 {nil, hour, "", 200, []string{"c", "d"}},
		"all from a date on":              {nil, "?DateFrom=2026-03-10T14:56:30Z", "", 200, []string{"d"}},
		"all of a filter":                 {nil, "", `{"filter":{"account":"2"}}`, 200, []string{"b", "d"}},
		"bulk not allowed":                {[]Option{WithBulkReplay(false)}, "", "", 400, []string{}},
		"one by id where bulk is not":     {[]Option{WithBulkReplay(false)}, "?webhookId=a", "", 200, []string{"a"}},
		"nothing, and that is OK":         {nil, "?webhookId=x", "", 200, []string{}},
		"nothing, which may not be found": {[]Option{WithEmptyReplayNotFound(true)}, "?webhookId=x", "", 404, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var inbox receiver
			s := NewServer(t, append(tt.opts, at(noon), WithReceiver(&inbox))...)
			for i, id := range []string{"a", "b", "c", "d"} {
				w := Webhook{ID: id, Request: id, Created: noon.Add(time.Duration(i-6) * time.Minute)}
				w.Filter.Account = []string{"1", "2"}[i%2]
				if id == "c" {
					w.Status = celcoin.StatusSent
				}
				s.Add(w)
			}
			got := direct(t, s).put(paymentIn+tt.query, tt.body)
			assert.Equal(t, tt.status, got.status, got.body)
			if tt.status == 200 {
				assert.Equal(t, len(tt.want), got.total(t))
			}
			s.Settle()
			assert.Equal(t, tt.want, append([]string{}, inbox.arrived()...))
		})
	}
}

func TestAcceptanceIsNotDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inbox receiver
		s := NewServer(t, WithReceiver(&inbox), WithReplayDelay(time.Minute))
		id := s.Add(Webhook{})[0]
		direct(t, s).put(paymentIn+"?webhookId="+id, "").total(t)
		<-time.After(time.Minute - 1) // the bubble's time, which passes at once
		synctest.Wait()
		assert.Equal(t, 1, s.Pending(""))
		assert.Empty(t, inbox.arrived())
		start := time.Now()
		s.Settle()
		assert.Equal(t, time.Nanosecond, time.Since(start))
		assert.Zero(t, s.Pending(""))
		assert.Len(t, inbox.arrived(), 1)
		s.Settle()
	})
}

func TestDelayOnAClockOfTheCallersOwn(t *testing.T) {
	t.Parallel()
	var inbox receiver
	now := noon
	s := NewServer(t, WithClock(func() time.Time { return now }), WithReceiver(&inbox), WithReplayDelay(time.Hour))
	id := s.Add(Webhook{})[0]
	direct(t, s).put(paymentIn+"?webhookId="+id, "").total(t)
	s.Settle()
	assert.Empty(t, inbox.arrived(), "nothing is due")
	now = now.Add(time.Hour)
	assert.Zero(t, s.Pending(""), "looking at the state is enough")
	got, _ := s.Webhook(id)
	assert.True(t, got.LastUpdated.Equal(now))
}

func TestDeliveriesMayComeInAnyOrder(t *testing.T) {
	t.Parallel()
	order := func(t *testing.T, seed uint64, spread time.Duration) (arrived []string) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			var inbox receiver
			s := NewServer(t, WithReceiver(&inbox), WithReplaySpread(spread), WithSeed(seed))
			for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
				s.Add(Webhook{ID: id, Request: id})
			}
			start := time.Now()
			direct(t, s).put(paymentIn, "").total(t)
			s.Settle()
			assert.LessOrEqual(t, time.Since(start), spread)
			arrived = inbox.arrived()
		})
		return arrived
	}
	straight := order(t, 1, 0)
	assert.True(t, slices.IsSorted(straight))
	shuffled := order(t, 1, time.Second)
	assert.ElementsMatch(t, straight, shuffled)
	assert.NotEqual(t, straight, shuffled)
	assert.Equal(t, shuffled, order(t, 1, time.Second), "the same seed, the same order")
	assert.NotEqual(t, shuffled, order(t, 2, time.Second))
}

func TestReplaysMayBeDoubledOrLost(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opt         Option
		least, most int
	}{
		"doubled always":    {WithDoubledReplays(1), 200, 200},
		"doubled sometimes": {WithDoubledReplays(0.5), 120, 180},
		"lost always":       {WithLostReplays(1), 0, 0},
		"lost sometimes":    {WithLostReplays(0.5), 20, 80},
		"neither":           {WithLostReplays(0), 100, 100},
	} {
		var inbox receiver
		s := NewServer(t, at(noon), WithReceiver(&inbox), tt.opt)
		require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentIn, 100, noon.Add(-time.Hour), noon))
		assert.Equal(t, 100, direct(t, s).put(paymentIn, "").total(t), "all are accepted")
		s.Settle()
		n := len(inbox.arrived())
		assert.True(t, tt.least <= n && n <= tt.most, "%s: %d", name, n)
	}
}

func TestEventsHappenWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	var inbox receiver
	s := NewServer(t, at(noon), WithReceiver(&inbox))
	ids := s.Emit(Webhook{}, Webhook{Entity: celcoin.EntityPixReversalIn})
	s.Settle()
	inbox.answer(503)
	ids = append(ids, s.Emit(Webhook{})...)
	s.Settle()
	for i, want := range []celcoin.Status{celcoin.StatusSent, celcoin.StatusSent, celcoin.StatusPending} {
		got, ok := s.Webhook(ids[i])
		assert.True(t, ok)
		assert.Equal(t, want, got.Status)
		assert.Equal(t, 1, got.Attempts)
	}
	assert.Equal(t, 1, s.Pending(""))
	assert.Zero(t, s.Pending(celcoin.EntityPixReversalIn))
}

func TestCloseDropsWhatIsNotDelivered(t *testing.T) {
	t.Parallel()
	var inbox receiver
	s := NewServer(t, WithReceiver(&inbox), WithReplayDelay(time.Hour))
	id := s.Add(Webhook{})[0]
	direct(t, s).put(paymentIn+"?webhookId="+id, "").total(t)
	settled := make(chan struct{})
	go func() {
		s.Settle()
		close(settled)
	}()
	s.Close()
	<-settled
	s.Emit(Webhook{})
	s.Settle()
	assert.Empty(t, inbox.arrived())
}

func TestReplaysKeepAPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := NewServer(t, WithReceiver(new(receiver)), WithReplayPace(2*time.Second))
		ids := s.Add(Webhook{}, Webhook{}, Webhook{})
		w := direct(t, s)
		for _, id := range ids {
			w.put(paymentIn+"?webhookId="+id, "")
		}
		s.Settle()
		var after []time.Duration
		for _, d := range s.Deliveries() {
			after = append(after, d.Time.Sub(start))
		}
		assert.Equal(t, []time.Duration{0, 2 * time.Second, 4 * time.Second}, after)
	})
}

func TestAReplayCanBeAnsweredWithAnotherStatus(t *testing.T) {
	t.Parallel()
	s := NewServer(t, WithReceiver(new(receiver)), WithReplayAnswer("PROCESSING"))
	id := s.Add(Webhook{})[0]
	got := direct(t, s).put(paymentIn+"?webhookId="+id, "")
	assert.Equal(t, 1, got.total(t))
	assert.Contains(t, got.body, `"status":"PROCESSING"`)
	s.Settle()
	assert.Zero(t, s.Pending(""))
}
