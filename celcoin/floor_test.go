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

	"github.com/reenvio/reenvio-go/celcoin"
)

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
