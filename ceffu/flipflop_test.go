package ceffu_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

// disagreeing is a Ceffu behind two gateways whose clocks differ.
type disagreeing struct {
	requests   int
	timestamps map[int64]int
}

func (d *disagreeing) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var sent struct {
		Timestamp int64 `json:"timestamp"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return nil, err
	}
	d.timestamps[sent.Timestamp]++
	status, text, header := 200, `{"code":"000000","data":true}`, http.Header{}
	if behind, ok := map[int]time.Duration{0: 10 * time.Second, 3: 13 * time.Second}[d.requests]; ok {
		status, text = 400, `{"code":"G20007","message":"Request timestamp expired"}`
		header.Set("Date", time.Now().Add(-behind).UTC().Format(http.TimeFormat))
	}
	d.requests++
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text))}, nil
}

func TestAClockThatIsSetBackTwiceRepeatsNoTimestamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &disagreeing{timestamps: map[int64]int{}}
		client, err := ceffu.New(ceffutest.NewServer(t).Credentials(), ceffu.WithHTTPClient(&http.Client{Transport: server}))
		require.NoError(t, err)
		from := time.Now()
		for range 20 {
			_, err := client.ResendWebhooks(t.Context(), ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: from})
			require.NoError(t, err)
			<-time.After(time.Second)
		}
		assert.Equal(t, 22, server.requests)
		assert.Len(t, server.timestamps, server.requests, "each attempt had its own")
	})
}
