package celcoin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/cost"
)

const costToken = "test-token-0123456789"

// costClient calls a server over the transport that a client has by default, and
// needs no token call.
func costClient(tb testing.TB, s *cost.Server) *celcoin.Client {
	tb.Helper()
	c, err := celcoin.New(
		celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: costToken})},
		celcoin.WithBaseURL(s.URL))
	require.NoError(tb, err)
	return c
}

var missed = celcoin.Query{
	Entity: celcoin.EntityPixPaymentIn, From: from, To: from.Add(time.Hour), OnlyPending: new(true),
}

// What retries, checks, limits and errors cost a call in which they have nothing
// to do is bounded.
func TestAReplayAllocatesLittleMoreThanAHandWrittenOne(t *testing.T) { //nolint:paralleltest // it counts for the whole process
	s := cost.Serve(t, cost.Same(oneReplayed))
	f, c := newFloor(t, s.URL), costClient(t, s)
	req := celcoin.ReplayRequest{
		Entity: missed.Entity, WebhookID: "84c5fc12-c2e4-4582-9566-9b334a7486a0",
		From: missed.From, To: missed.To, OnlyPending: missed.OnlyPending,
	}
	floor := cost.Of(t, func() error { return f.replay(t.Context(), req) })
	ours := cost.Of(t, func() error {
		summary, err := c.ReplayWebhooks(t.Context(), req)
		if err == nil && summary.TotalItems != 1 {
			err = errNoSuccess
		}
		return err
	})
	t.Logf("floor %+v, ours %+v", floor, ours)
	assert.LessOrEqual(t, ours.Allocs-floor.Allocs, 40.0, "allocations")
	assert.LessOrEqual(t, ours.Bytes-floor.Bytes, 2048.0, "bytes")
}

const oneReplayed = `{"body":{"entity":"pix-payment-in","dateFrom":"2023-11-03T09:30:00Z","dateTo":"2023-11-03T10:30:00Z",` +
	`"onlyPending":true,"totalItems":1},"version":"1.0.0","status":"SUCCESS"}`

func TestAListingHoldsOnePageInMemory(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	cost.SkipUnderRace(t)
	const many, oneMiB = 20_000, 1 << 20
	c := clientOf(t, creds, &listing{total: many, maxSize: 200})
	n, before := 0, uint64(0)
	for _, err := range c.Webhooks(t.Context(), missed) {
		require.NoError(t, err)
		switch n++; n {
		case 400:
			before = cost.LiveHeap()
		case many - 1:
			assert.Less(t, cost.LiveHeap(), before+oneMiB)
		}
	}
}

// floor is the call as a team would write it by itself, and the least that
// does its work: build the query, send, read, decode. It has a timeout, as
// every client must, and neither retries nor limits nor checks.
type floor struct {
	url  string
	http http.Client
}

func newFloor(tb testing.TB, url string) *floor {
	tb.Helper()
	tr := &http.Transport{MaxIdleConnsPerHost: 64}
	tb.Cleanup(tr.CloseIdleConnections)
	return &floor{url: url, http: http.Client{Transport: tr}}
}

type floorSummary struct {
	Entity      string `json:"entity"`
	DateFrom    string `json:"dateFrom"`
	DateTo      string `json:"dateTo"`
	OnlyPending bool   `json:"onlyPending"`
	TotalItems  int    `json:"totalItems"`
}

func (f *floor) replay(ctx context.Context, req celcoin.ReplayRequest) error {
	q := floorWindow(req.From, req.To)
	q.Set("webhookId", req.WebhookID)
	body, err := json.Marshal(struct{}{})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut,
		f.url+"/common/v1/webhook/replay/PIX/"+string(req.Entity)+"?"+q.Encode(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+costToken)
	resp, err := f.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Body   floorSummary `json:"body"`
		Status string       `json:"status"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || answer.Status != "SUCCESS" || answer.Body.TotalItems != 1 {
		return errNoSuccess
	}
	return nil
}

func floorWindow(from, to time.Time) url.Values {
	q := url.Values{}
	q.Set("DateFrom", from.Format(time.RFC3339))
	q.Set("DateTo", to.Format(time.RFC3339))
	q.Set("OnlyPending", strconv.FormatBool(true))
	return q
}

var errNoSuccess = errors.New("no success")
