package inbox_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/ceffu/inbox"
)

func TestTheStatusSaysWhatBecameOfTheWebhook(t *testing.T) {
	t.Parallel()
	const message = `{"event":"1","webhookId":"17","timestamp":1,"sign":"s","data":{"orderViewId":"18","status":40}}`
	refuse := inbox.WithVerifier(func(http.Header, []byte) error { return errors.New("refused") })
	login := inbox.WithBasicAuth("receiver", "test-password")
	for name, tt := range map[string]struct {
		body    string
		err     error
		opts    []inbox.Option
		status  int
		process int
	}{
		"processed":           {message, nil, nil, 200, 1},
		"failed":              {message, errors.New("x"), nil, 500, 1},
		"not JSON":            {"<html>", nil, nil, 400, 0},
		"a number":            {"1", nil, nil, 400, 0},
		"refused":             {message, nil, []inbox.Option{refuse}, 401, 0},
		"without login":       {message, nil, []inbox.Option{login}, 401, 0},
		"too large":           {message, nil, []inbox.Option{inbox.WithMaxBody(10)}, 413, 0},
		"Test: no byte":       {"", errors.New("x"), nil, 200, 0},
		"Test: white space":   {" \r\n", errors.New("x"), nil, 200, 0},
		"Test: {}":            {"{}", errors.New("x"), nil, 200, 0},
		"Test: null":          {"null", errors.New("x"), nil, 200, 0},
		"Test: empty data":    {`{"data": { }}`, errors.New("x"), nil, 200, 0},
		"Test: envelope only": {`{"encoded":false,"entityId":1,"webhookId":"17","event":"1","timestamp":1,"sign":"s","data":""}`, errors.New("x"), nil, 200, 0},
		"Test, unverified":    {"{}", nil, []inbox.Option{refuse}, 200, 0},
		"Test, without login": {"{}", nil, []inbox.Option{login}, 401, 0},
		"data in another member": {
			`{"event":"1","data":{},"encoded":"bm90LWEtcmVhbC1tZXNzYWdl"}`, nil, nil, 200, 1,
		},
		"an unknown shape": {`{"message":"x"}`, nil, nil, 200, 1},
		"data of zeros":    {`{"data":{"status":0}}`, nil, nil, 200, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			process := 0
			var receipt inbox.Receipt
			h := inbox.NewHandler(func(context.Context, *inbox.Event) error {
				process++
				return tt.err
			}, append(tt.opts, inbox.WithObserver(func(_ context.Context, r inbox.Receipt) { receipt = r }))...)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(tt.body)))
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, tt.process, process)
			assert.Equal(t, tt.status, receipt.StatusCode)
			assert.Equal(t, tt.status != 200, receipt.Err != nil)
		})
	}
}

func TestAVerifierSeesTheHeaderAndTheBodyAsTheyCame(t *testing.T) {
	t.Parallel()
	raw := fixture(t, "withdrawal.json")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(string(raw)))
	r.Header.Set("X-Signature", "s")
	w := httptest.NewRecorder()
	inbox.NewHandler(func(context.Context, *inbox.Event) error { return nil }, inbox.WithVerifier(func(h http.Header, body []byte) error {
		assert.Equal(t, "s", h.Get("X-Signature"))
		assert.Equal(t, raw, body)
		return nil
	})).ServeHTTP(w, r)
	assert.Equal(t, 200, w.Code)
}

func TestTheSimulatedCeffuIsReceived(t *testing.T) {
	t.Parallel()
	var got []*inbox.Event
	server := ceffutest.NewServer(t, ceffutest.WithReceiver(inbox.NewHandler(func(_ context.Context, e *inbox.Event) error {
		got = append(got, e)
		return nil
	})))
	webhook, err := server.AddWebhook(ceffutest.Webhook{})
	require.NoError(t, err)
	test, err := server.Test(webhook.ID)
	require.NoError(t, err)
	assert.Equal(t, 200, test.Status)
	assert.Empty(t, got)
	sent, err := server.Notify(webhook.ID, ceffu.WithdrawalFailed)
	require.NoError(t, err)
	server.Settle()
	require.Len(t, got, 1)
	assert.Equal(t, "ceffu/4/"+sent.ID+"/99", got[0].Key())
}
