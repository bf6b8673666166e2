package ceffutest_test

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

func TestAFreshNotificationIsRetriedAsDocumented(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := ceffutest.NewServer(t, ceffutest.WithReceiver(http.HandlerFunc(down)))
		_, err := server.AddWebhook(ceffutest.Webhook{ID: hookID})
		require.NoError(t, err)
		start := time.Now()
		n, err := server.Notify(hookID, ceffu.WithdrawalFailed)
		require.NoError(t, err)
		assert.Equal(t, ceffutest.Notification{
			ID: n.ID, WebhookID: hookID, EventType: "4", Created: start, Status: ceffutest.StatusPending,
		}, n)

		time.Sleep(24 * time.Hour) //nolint:forbidigo // virtual time
		var after []float64
		for i, d := range server.Deliveries() {
			after = append(after, d.Time.Sub(start).Seconds())
			assert.Equal(t, i+1, d.Attempt)
			assert.Equal(t, http.StatusServiceUnavailable, d.Status)
		}
		assert.Equal(t, []float64{0, 30, 150, 630, 2550, 10230}, after)
		assert.Equal(t, ceffutest.StatusFailed, server.Notifications()[0].Status)
		assert.Equal(t, 6, server.Notifications()[0].Attempts)
		assert.Equal(t, 1, server.Webhooks()[0].FailedToday, "a notification counts once")
	})
}

func TestRetriesRunOnAClockOfOnesOwn(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	server, clock := open(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) < 4 {
			down(w, r)
		}
	})
	_, err := server.Notify(hookID, "")
	require.NoError(t, err)
	server.Settle()
	assert.Len(t, server.Deliveries(), 1)
	clock.advance(29 * time.Second)
	assert.Len(t, server.Deliveries(), 1)
	clock.advance(time.Second)
	assert.Len(t, server.Deliveries(), 2)
	assert.Equal(t, ceffutest.StatusPending, server.Notifications()[0].Status)

	clock.advance(10 * time.Hour)
	deliveries := server.Deliveries()
	require.Len(t, deliveries, 4, "a leap over several retries makes them all, until one succeeds")
	assert.Equal(t, noon.Add(150*time.Second), deliveries[2].Time, "each at its own time")
	assert.Equal(t, noon.Add(630*time.Second), deliveries[3].Time)
	n := server.Notifications()[0]
	assert.Equal(t, ceffutest.StatusDelivered, n.Status)
	assert.Equal(t, noon.Add(630*time.Second), n.LastAttempt)
	assert.Zero(t, server.Webhooks()[0].FailedToday)
}

func TestAResendDoesNotCoverWhatIsStillRetried(t *testing.T) {
	t.Parallel()
	server, clock := open(t, down)
	_, err := server.Notify(hookID, "1")
	require.NoError(t, err)
	server.Settle()
	ask(t, server, clock, "1", noon)
	server.Settle()
	assert.Len(t, server.Deliveries(), 1)
}

func TestAWebhookIsSuspendedAfter500FailuresADay(t *testing.T) {
	t.Parallel()
	server, clock := open(t, down)
	addFailed(t, server, "1", 600, noon.Add(-time.Hour), noon)

	ask(t, server, clock, "1", noon.Add(-time.Hour))
	server.Settle()
	assert.Len(t, server.Deliveries(), 500, "and not one more")
	assert.True(t, server.Webhooks()[0].Suspended)
	assert.Equal(t, 500, server.Webhooks()[0].FailedToday)

	assert.Equal(t, success, ask(t, server, clock, "1", noon.Add(-time.Hour)).body)
	server.Settle()
	assert.Len(t, server.Deliveries(), 500, "a resend to a suspended webhook delivers nothing")
	n, err := server.Notify(hookID, "1")
	require.NoError(t, err)
	assert.Equal(t, ceffutest.StatusFailed, n.Status)
	clock.advance(24 * time.Hour)
	assert.True(t, server.Webhooks()[0].Suspended, "a new day does not end a suspension")

	require.NoError(t, server.Enable(hookID))
	assert.False(t, server.Webhooks()[0].Suspended)
	assert.Zero(t, server.Webhooks()[0].FailedToday)
	ask(t, server, clock, "1", noon.Add(-time.Hour))
	server.Settle()
	assert.Len(t, server.Deliveries(), 1000)
}

func TestTheCountOfFailuresBeginsAnewAtMidnightUTC(t *testing.T) {
	t.Parallel()
	server, clock := open(t, down, ceffutest.WithSuspensionAfter(3))
	addFailed(t, server, "1", 2, noon.Add(-time.Hour), noon)
	fail := func() {
		ask(t, server, clock, "1", noon.Add(-time.Hour))
		server.Settle()
	}
	fail()
	assert.Equal(t, 2, server.Webhooks()[0].FailedToday)
	clock.advance(12 * time.Hour)
	fail()
	assert.Equal(t, 2, server.Webhooks()[0].FailedToday)
	assert.False(t, server.Webhooks()[0].Suspended)
	fail()
	assert.True(t, server.Webhooks()[0].Suspended)
}

func TestASuspensionCanBeLeftOut(t *testing.T) {
	t.Parallel()
	server, clock := open(t, down, ceffutest.WithSuspensionAfter(0))
	addFailed(t, server, "1", 600, noon.Add(-time.Hour), noon)
	ask(t, server, clock, "1", noon.Add(-time.Hour))
	server.Settle()
	assert.Len(t, server.Deliveries(), 600)
	assert.False(t, server.Webhooks()[0].Suspended)
}

func TestASuspensionEndsRetries(t *testing.T) {
	t.Parallel()
	server, clock := open(t, down, ceffutest.WithSuspensionAfter(1))
	_, err := server.Notify(hookID, "1")
	require.NoError(t, err)
	server.Settle()
	addFailed(t, server, "2", 1, noon.Add(-time.Hour), noon)
	ask(t, server, clock, "2", noon.Add(-time.Hour))
	server.Settle()
	require.True(t, server.Webhooks()[0].Suspended)
	clock.advance(time.Hour)
	n := server.Notifications()[0]
	assert.Equal(t, ceffutest.StatusFailed, n.Status)
	assert.Equal(t, 1, n.Attempts)
	assert.Equal(t, http.StatusServiceUnavailable, n.LastStatus, "the last answer stays known")
}

func TestWhatAResendToASuspendedWebhookDoes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		resend     ceffutest.SuspendedResend
		body       string
		deliveries int
	}{
		{"it is accepted and does nothing", ceffutest.ResendIgnored, success, 0},
		{"it is refused", ceffutest.ResendRefused, refused("G20005", "Invalid parameter value"), 0},
		{"it delivers all the same", ceffutest.ResendDelivered, success, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, clock := open(t, up, ceffutest.WithSuspendedResend(test.resend))
			_, err := server.AddWebhook(ceffutest.Webhook{ID: hookID, Suspended: true})
			require.NoError(t, err)
			addFailed(t, server, "1", 2, noon.Add(-time.Hour), noon)
			assert.Equal(t, test.body, ask(t, server, clock, "1", noon.Add(-time.Hour)).body)
			server.Settle()
			assert.Len(t, server.Deliveries(), test.deliveries)
			assert.True(t, server.Webhooks()[0].Suspended)
		})
	}
}

func TestTheTestButtonPostsEmptyData(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }
	server, _ := open(t, echo)
	d, err := server.Test(hookID)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, d.Status)
	assert.Equal(t, "{}", string(d.Response))
	assert.Equal(t, "test", d.Event)
	assert.Equal(t, []ceffutest.Delivery{d}, server.Deliveries())

	server, _ = open(t, echo, ceffutest.WithTestBody(nil))
	d, err = server.Test(hookID)
	require.NoError(t, err)
	assert.Empty(t, d.Response, "under the other reading")

	server, _ = open(t, down)
	d, err = server.Test(hookID)
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, d.Status)
	assert.Zero(t, server.Webhooks()[0].FailedToday)
}

func TestMistakesOfTheTestItselfAreErrors(t *testing.T) {
	t.Parallel()
	server := ceffutest.NewServer(t)
	_, err := server.AddWebhook(ceffutest.Webhook{ID: "x"})
	require.EqualError(t, err, `ceffutest: add webhook: id "x" is not made of digits`)
	_, err = server.AddWebhook(ceffutest.Webhook{})
	require.EqualError(t, err, `ceffutest: add webhook: url "" is not one of http or https`)
	_, err = server.AddWebhook(ceffutest.Webhook{URL: "ftp://x"})
	require.EqualError(t, err, `ceffutest: add webhook: url "ftp://x" is not one of http or https`)
	_, err = server.Notify("7", "1")
	require.EqualError(t, err, `ceffutest: notify: there is no webhook "7"`)
	_, err = server.Test("7")
	require.EqualError(t, err, `ceffutest: test: there is no webhook "7"`)
	require.EqualError(t, server.Enable("7"), `ceffutest: enable: there is no webhook "7"`)
	require.EqualError(t, server.AddFailed(ceffutest.Batch{WebhookID: "7", Count: 1}), `ceffutest: add failed: there is no webhook "7"`)
	require.ErrorContains(t, server.AddFailed(ceffutest.Batch{Count: -1}), "is not a batch")
}

func TestAWebhookCanBeReplaced(t *testing.T) {
	t.Parallel()
	server := ceffutest.NewServer(t)
	hook, err := server.AddWebhook(ceffutest.Webhook{URL: "http://old.invalid/"})
	require.NoError(t, err)
	require.NoError(t, server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, Count: 1}))
	_, err = server.AddWebhook(ceffutest.Webhook{ID: hook.ID, URL: "http://new.invalid/"})
	require.NoError(t, err)
	require.Len(t, server.Webhooks(), 1)
	assert.Equal(t, "http://new.invalid/", server.Webhooks()[0].URL)
	assert.Len(t, server.Notifications(), 1)
}

func TestABatchIsSpreadEvenly(t *testing.T) {
	t.Parallel()
	server, _ := open(t, up)
	require.NoError(t, server.AddFailed(ceffutest.Batch{WebhookID: hookID, Count: 4}))
	ids := make(map[string]bool)
	for i, n := range server.Notifications() {
		ids[n.ID] = true
		assert.Equal(t, noon.Add(-time.Hour+time.Duration(i)*15*time.Minute), n.Created)
		assert.Equal(t, ceffu.DepositSuccess, n.EventType)
		assert.Equal(t, ceffutest.StatusFailed, n.Status)
	}
	assert.Len(t, ids, 4)
}
