package ceffutest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

// ask makes a resend, each time with another timestamp.
func ask(t *testing.T, server *ceffutest.Server, clock *clock, eventType string, from time.Time) answer {
	t.Helper()
	clock.advance(time.Millisecond)
	return post(t, server, resend(eventType, from.UnixMilli(), clock.now.UnixMilli()))
}

func TestAResendPostsWhatFailed(t *testing.T) {
	t.Parallel()
	bodies := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.Method + " " + r.URL.Path + " " + string(body)
	}))
	t.Cleanup(receiver.Close)
	server := ceffutest.NewServer(t)
	hook, err := server.AddWebhook(ceffutest.Webhook{URL: receiver.URL + "/hook"})
	require.NoError(t, err)
	require.NoError(t, server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, EventType: ceffu.WithdrawalSuccess, Count: 3}))
	client, err := server.Client()
	require.NoError(t, err)
	_, err = client.ResendWebhooks(t.Context(), ceffu.ResendRequest{
		WebhookID: hook.ID, EventType: ceffu.WithdrawalSuccess, From: server.Now().Add(-2 * time.Hour),
	})
	require.NoError(t, err)
	server.Settle()

	require.Len(t, bodies, 3)
	deliveries := server.Deliveries()
	require.Len(t, deliveries, 3)
	for i, n := range server.Notifications() {
		d := deliveries[i]
		assert.Equal(t, "POST /hook "+string(d.Body), <-bodies)
		assert.Equal(t, receiver.URL+"/hook", d.URL)
		assert.Equal(t, hook.ID, d.WebhookID)
		assert.Equal(t, "3", d.Event)
		assert.Equal(t, 1, d.Attempt)
		assert.Equal(t, http.StatusOK, d.Status)

		assert.Equal(t, ceffutest.StatusDelivered, n.Status)
		assert.Equal(t, 1, n.Attempts)
		assert.Equal(t, http.StatusOK, n.LastStatus)
		assert.Equal(t, d.Time, n.LastAttempt)
	}
}

func TestWhatAResendCovers(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up)
	other, err := server.AddWebhook(ceffutest.Webhook{ID: "42"})
	require.NoError(t, err)
	// One an hour, at 6, 7, 8, 9, 10 and 11 o'clock.
	addFailed(t, server, ceffu.DepositSuccess, 6, noon.Add(-6*time.Hour), noon)
	addFailed(t, server, ceffu.DepositFailed, 6, noon.Add(-6*time.Hour), noon)
	require.NoError(t, server.AddFailed(ceffutest.Batch{WebhookID: other.ID, Count: 6}))

	covered := func(eventType string, from time.Time) int {
		server.ResetRecords()
		require.Equal(t, success, ask(t, server, clock, eventType, from).body)
		server.Settle()
		return len(server.Deliveries())
	}
	assert.Equal(t, 0, covered("3", noon.Add(-24*time.Hour)), "none of that event type")
	assert.Equal(t, 0, covered("1", noon), "none since then")
	assert.Equal(t, 1, covered("1", noon.Add(-time.Hour)), "at or after: the bound is covered")
	assert.Equal(t, 2, covered("1", noon.Add(-3*time.Hour-time.Minute+time.Minute)), "without the one that was delivered")
	assert.Equal(t, 3, covered("1", noon.Add(-24*time.Hour)), "the rest")
	assert.Equal(t, 0, covered("1", noon.Add(-24*time.Hour)), "nothing is left")
	assert.Equal(t, 6, covered("2", noon.Add(-24*time.Hour)), "another event type is untouched")
	assert.Equal(t, map[ceffutest.Status]int{ceffutest.StatusDelivered: 12, ceffutest.StatusFailed: 6}, tally(server))
}

func TestOnly200CountsAsDelivered(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 202, 204, 302, 400, 500} {
		server, clock := open(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		addFailed(t, server, ceffu.DepositSuccess, 1, noon.Add(-time.Hour), noon)
		ask(t, server, clock, "1", noon.Add(-time.Hour))
		server.Settle()
		n := server.Notifications()[0]
		assert.Equal(t, status, n.LastStatus)
		assert.Equal(t, status == 200, n.Status == ceffutest.StatusDelivered, "status %d", status)
	}
}

func TestAResendThatFailsCanBeRepeated(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	server, clock := open(t, func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			down(w, r)
		}
	})
	addFailed(t, server, ceffu.DepositSuccess, 4, noon.Add(-time.Hour), noon)
	ask(t, server, clock, "1", noon.Add(-time.Hour))
	server.Settle()
	assert.Equal(t, map[ceffutest.Status]int{ceffutest.StatusFailed: 4}, tally(server))
	clock.advance(24 * time.Hour)
	assert.Len(t, server.Deliveries(), 4, "a resend has no retries of its own")

	broken.Store(false)
	ask(t, server, clock, "1", noon.Add(-time.Hour))
	server.Settle()
	assert.Equal(t, map[ceffutest.Status]int{ceffutest.StatusDelivered: 4}, tally(server))
	assert.Equal(t, 2, server.Deliveries()[7].Attempt)
}

func TestWhenAResendDelivers(t *testing.T) {
	t.Parallel()
	t.Run("after the answer, by default", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var arrived atomic.Int64
			slow := func(http.ResponseWriter, *http.Request) {
				time.Sleep(time.Second) //nolint:forbidigo // virtual time
				arrived.Add(1)
			}
			server := ceffutest.NewServer(t, ceffutest.WithReceiver(http.HandlerFunc(slow)))
			_, err := server.AddWebhook(ceffutest.Webhook{ID: hookID})
			require.NoError(t, err)
			addFailed(t, server, "1", 3, time.Now().Add(-time.Hour), time.Now())
			start := time.Now()
			require.Equal(t, success, post(t, server, resend("1", 1, start.UnixMilli())).body)
			assert.Zero(t, time.Since(start))
			assert.Zero(t, arrived.Load())
			server.Settle()
			assert.EqualValues(t, 3, arrived.Load())
			assert.Equal(t, 3*time.Second, time.Since(start))
		})
	})
	t.Run("after a delay", func(t *testing.T) {
		t.Parallel()
		server, clock := open(t, up, ceffutest.WithResendDelay(time.Minute))
		addFailed(t, server, "1", 3, noon.Add(-time.Hour), noon)
		ask(t, server, clock, "1", noon.Add(-time.Hour))
		server.Settle()
		assert.Empty(t, server.Deliveries())
		clock.advance(time.Minute)
		assert.Len(t, server.Deliveries(), 3, "looking at the state is enough")
	})
	t.Run("before the answer, if asked for", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			slow := func(http.ResponseWriter, *http.Request) {
				time.Sleep(time.Second) //nolint:forbidigo // virtual time
			}
			server := ceffutest.NewServer(t, ceffutest.WithReceiver(http.HandlerFunc(slow)), ceffutest.WithSynchronousResend())
			_, err := server.AddWebhook(ceffutest.Webhook{ID: hookID})
			require.NoError(t, err)
			addFailed(t, server, "1", 3, time.Now().Add(-time.Hour), time.Now())
			start := time.Now()
			require.Equal(t, success, post(t, server, resend("1", 1, start.UnixMilli())).body)
			assert.Equal(t, 3*time.Second, time.Since(start))
			assert.Len(t, server.Deliveries(), 3)
		})
	})
}

// What the server's end cuts off says nothing of the receiver.
func TestCloseEndsAResendWithoutBlamingTheReceiver(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]ceffutest.Option{nil, {ceffutest.WithSynchronousResend()}} {
		began := make(chan struct{}, 1)
		hanging := func(_ http.ResponseWriter, r *http.Request) {
			select {
			case began <- struct{}{}:
			default:
			}
			<-r.Context().Done()
		}
		server, err := ceffutest.Start(append(opts, ceffutest.WithReceiver(http.HandlerFunc(hanging)))...)
		require.NoError(t, err)
		_, err = server.AddWebhook(ceffutest.Webhook{ID: hookID})
		require.NoError(t, err)
		addFailed(t, server, "1", 3, noon, noon)
		body := resend("1", 1, time.Now().UnixMilli())
		header := http.Header{"Open-Apikey": {server.Credentials().APIKey}, "Signature": {sign(t, server, body)}}
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			// What it is answered as the server closes is of no interest.
			response, err := server.Transport().RoundTrip(&http.Request{
				Method: http.MethodPost, URL: &url.URL{Scheme: "http", Host: "ceffu", Path: path}, Header: header,
				Body: io.NopCloser(strings.NewReader(body)),
			})
			if err == nil {
				_ = response.Body.Close()
			}
		}()
		<-began
		server.Close()
		<-answered
		assert.Len(t, server.Deliveries(), 1, "that which was under way")
		assert.Equal(t, 0, server.Webhooks()[0].FailedToday)
		for i, n := range server.Notifications() {
			assert.Equal(t, map[bool]int{true: 1, false: 0}[i == 0], n.Attempts)
			assert.Zero(t, n.LastAttempt)
		}
	}
}

func TestResentNotificationsCanStayFailed(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up, ceffutest.WithResentStayingFailed())
	addFailed(t, server, "1", 2, noon.Add(-time.Hour), noon)
	for range 2 {
		ask(t, server, clock, "1", noon.Add(-time.Hour))
		server.Settle()
	}
	assert.Len(t, server.Deliveries(), 4)
	assert.Equal(t, map[ceffutest.Status]int{ceffutest.StatusFailed: 2}, tally(server))
}

func TestALostAnswerIsNotALostResend(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up)
	addFailed(t, server, "1", 2, noon.Add(-time.Hour), noon)
	require.NoError(t, server.Inject(ceffutest.Fault{Operation: ceffutest.OpResend, Status: 502, Body: []byte("<html>"), Processed: true}))
	assert.Equal(t, "<html>", ask(t, server, clock, "1", noon.Add(-time.Hour)).body)
	server.Settle()
	assert.Len(t, server.Deliveries(), 2)

	record := server.Requests()[0]
	assert.True(t, record.Processed)
	assert.Equal(t, "ok", record.Verdict)
	assert.Equal(t, 502, record.Status)
}

func TestAttemptsOfOneResendAreNumbered(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up)
	ask(t, server, clock, "1", noon)
	ask(t, server, clock, "1", noon)
	ask(t, server, clock, "2", noon)
	ask(t, server, clock, "1", noon.Add(time.Second))
	ask(t, server, clock, "1", noon)
	var got []int
	for _, r := range server.Requests() {
		got = append(got, r.Attempt)
	}
	assert.Equal(t, []int{1, 2, 1, 1, 3}, got)
}
