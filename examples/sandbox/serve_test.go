package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// clients of both vendors, with what was printed and nothing else.
func (p *printed) clients(t *testing.T) (*celcoin.Client, *ceffu.Client) {
	t.Helper()
	pix, err := celcoin.New(celcoin.Credentials{
		ClientID: p.env["CELCOIN_CLIENT_ID"], ClientSecret: p.env["CELCOIN_CLIENT_SECRET"],
	}, celcoin.WithBaseURL(p.env["CELCOIN_BASE_URL"]), celcoin.WithHTTPClient(p.http))
	require.NoError(t, err)
	custody, err := ceffu.New(ceffu.Credentials{
		APIKey: p.env["CEFFU_API_KEY"], APISecret: p.env["CEFFU_API_SECRET"],
	}, ceffu.WithBaseURL(p.env["CEFFU_BASE_URL"]), ceffu.WithHTTPClient(p.http))
	require.NoError(t, err)
	return pix, custody
}

// state of a vendor, as its console tells it.
func (p *printed) state(t *testing.T, vendor string) map[string]any {
	t.Helper()
	var state map[string]any
	require.NoError(t, json.Unmarshal([]byte(p.console(t, vendor, "state.json", "")), &state))
	return state
}

// sum adds up a column of the counts.
func (p *printed) sum(t *testing.T, vendor, column string) int {
	t.Helper()
	total := 0.0
	rows, ok := p.state(t, vendor)["counts"].([]any)
	require.True(t, ok)
	for _, row := range rows {
		object, ok := row.(map[string]any)
		require.True(t, ok)
		n, ok := object[column].(float64)
		require.True(t, ok, column)
		total += n
	}
	return int(total)
}

// How long something may take that is done in the background, and how often a
// test looks.
const (
	waitFor = 10 * time.Second
	glance  = 10 * time.Millisecond
)

// settles waits until a column has come to a sum.
func (p *printed) settles(t *testing.T, vendor, column string, want int) {
	t.Helper()
	assert.Eventually(t, func() bool { return p.sum(t, vendor, column) == want }, waitFor, glance)
}

func TestExactlySoManyAreMissedOfEachVendor(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 3, 4, 7, 250} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			p := begin(t, "-missed", strconv.Itoa(n))
			pix, custody := p.clients(t)
			pending, now := true, time.Now()
			counted := 0
			for _, entity := range celcoin.PixEntities() {
				summary, err := pix.CountWebhooks(t.Context(), celcoin.Query{
					Entity: entity, From: now.Add(-24 * time.Hour), To: now.Add(time.Hour), OnlyPending: &pending,
				})
				require.NoError(t, err)
				counted += summary.TotalItems
			}
			assert.Equal(t, n, counted)
			assert.Equal(t, n, p.sum(t, "CELCOIN", "pending"))
			assert.Equal(t, n, p.sum(t, "CEFFU", "failed"))

			for _, event := range ceffu.EventTypes() {
				result, err := custody.ResendWebhooks(t.Context(), ceffu.ResendRequest{
					WebhookID: p.env["CEFFU_WEBHOOK_IDS"], EventType: event, From: now.Add(-4 * time.Hour),
				})
				require.NoError(t, err)
				assert.True(t, result.Accepted)
			}
			p.settles(t, "CEFFU", "delivered", n)
		})
	}
}

func TestAHundredThousandOfEachAreServed(t *testing.T) {
	t.Parallel()
	p := begin(t, "-missed", "100000")
	assert.Equal(t, 100_000, p.sum(t, "CELCOIN", "pending"))
	assert.Equal(t, 100_000, p.sum(t, "CEFFU", "failed"))
	assert.Contains(t, p.console(t, "CELCOIN", "webhooks.json?page=600", ""), `"total": 33334`)
	assert.Contains(t, p.console(t, "CEFFU", "notifications.json?type=4&page=500", ""), `"total": 25000`)
}

func TestSharesAddUp(t *testing.T) {
	t.Parallel()
	for n := range 100 {
		for among := 1; among < 6; among++ {
			sum := 0
			for _, part := range shares(n, among) {
				sum += part
				assert.InDelta(t, n/among, part, 1)
			}
			assert.Equal(t, n, sum)
		}
	}
}

func TestReplaysReachAReceiverOfOnesOwn(t *testing.T) {
	t.Parallel()
	arrived := make(chan *http.Request, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { arrived <- r }))
	t.Cleanup(receiver.Close)
	p := begin(t, "-missed", "7", "-deliver-to", receiver.URL+"/hook")
	assert.Contains(t, p.text, receiver.URL+"/hook")
	assert.Equal(t, "accepted 3 webhooks of pix-payment-in for delivery\n", p.console(t, "CELCOIN", "replay", "entity=pix-payment-in"))
	p.settles(t, "CELCOIN", "sent", 3)
	assert.Equal(t, "accepted 2 failed notifications of type 1 for delivery\n", p.console(t, "CEFFU", "resend", "type=1"))
	p.settles(t, "CEFFU", "delivered", 2)

	require.Len(t, arrived, 5)
	first := <-arrived
	login, password, ok := first.BasicAuth()
	assert.True(t, ok)
	assert.Equal(t, []string{"sandbox", "sandbox", "/hook"}, []string{login, password, first.URL.Path})
	assert.Contains(t, p.console(t, "CELCOIN", "receiver", "status=500"), "there is no such action")
}

func TestADelayedReplayArrivesWhenTheClockHasMoved(t *testing.T) {
	t.Parallel()
	p := begin(t, "-missed", "9", "-replay-delay", "1h", "-clock", "-48h")
	p.console(t, "CELCOIN", "replay", "entity=pix-payment-in")
	p.console(t, "CEFFU", "resend", "type=1")
	assert.Zero(t, p.sum(t, "CELCOIN", "sent"))
	assert.Equal(t, "the clock is now -46h59m0s off the machine's\n", p.console(t, "CEFFU", "clock", "advance=61m"))
	p.settles(t, "CELCOIN", "sent", 3)
	p.settles(t, "CEFFU", "delivered", 3)
	assert.Equal(t, "-46h59m0s", p.state(t, "CELCOIN")["clockOffset"])
}

func TestARateLimitAndAShortTokenHold(t *testing.T) {
	t.Parallel()
	p := begin(t, "-missed", "1", "-rate-limit", "1/1h,retry-after", "-token-lifetime", "90s")
	pix, custody := p.clients(t)
	query := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: time.Now().Add(-time.Hour), To: time.Now()}
	_, err := pix.CountWebhooks(t.Context(), query, celcoin.WithMaxRetries(0))
	require.NoError(t, err)
	_, err = pix.CountWebhooks(t.Context(), query, celcoin.WithMaxRetries(0))
	var limited *celcoin.Error
	require.ErrorAs(t, err, &limited)
	require.ErrorIs(t, err, celcoin.ErrRateLimited)
	assert.Positive(t, limited.RetryAfter)

	request := ceffu.ResendRequest{WebhookID: p.env["CEFFU_WEBHOOK_IDS"], EventType: ceffu.DepositSuccess, From: time.Now().Add(-time.Hour)}
	_, err = custody.ResendWebhooks(t.Context(), request, ceffu.WithMaxRetries(0))
	require.NoError(t, err)
	_, err = custody.ResendWebhooks(t.Context(), request, ceffu.WithMaxRetries(0))
	require.ErrorIs(t, err, ceffu.ErrRateLimited)

	form := "grant_type=client_credentials&client_id=" + p.env["CELCOIN_CLIENT_ID"] + "&client_secret=" + p.env["CELCOIN_CLIENT_SECRET"]
	token := p.send(t, http.MethodPost, p.env["CELCOIN_BASE_URL"]+"/v5/token", form, "Content-Type", "application/x-www-form-urlencoded")
	assert.Contains(t, token, `"expires_in":90`)
}

func TestItEndsWithinASecondWhateverHangs(t *testing.T) {
	t.Parallel()
	silent := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
	t.Cleanup(receiver.Close)
	t.Cleanup(func() { close(silent) })
	p := begin(t, "-missed", "30", "-deliver-to", receiver.URL, "-fault", "count:hang")
	p.console(t, "CELCOIN", "replay", "entity=pix-payment-in")
	p.console(t, "CEFFU", "resend", "type=1")
	pix, _ := p.clients(t)
	hung := make(chan error, 1)
	go func() {
		_, err := pix.CountWebhooks(t.Context(), celcoin.Query{
			Entity: celcoin.EntityPixPaymentIn, From: time.Now().Add(-time.Hour), To: time.Now(),
		}, celcoin.WithMaxRetries(0))
		hung <- err
	}()
	assert.Eventually(t, func() bool { return strings.Contains(p.console(t, "CELCOIN", "state.json", ""), `"struck": 1`) }, waitFor, glance)
	began := time.Now()
	assert.Equal(t, exitDone, p.end())
	assert.Less(t, time.Since(began), time.Second)
	require.Error(t, <-hung)
}
