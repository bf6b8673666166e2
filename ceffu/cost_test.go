package ceffu_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/cost"
)

var errNoSuccess = errors.New("no success")

// byHand is the resend as a team would write it by itself, and the least that
// does its work: marshal, sign with a parsed key, send, read, decode.
func byHand(ctx context.Context, c *http.Client, url string, req ceffu.ResendRequest) error {
	body, err := json.Marshal(struct {
		WebhookID          string `json:"webhookId"`
		EventType          string `json:"eventType"`
		ResendFromDateTime int64  `json:"resendFromDateTime"`
		Timestamp          int64  `json:"timestamp"`
	}{req.WebhookID, string(req.EventType), req.From.UnixMilli(), time.Now().UnixMilli()})
	if err != nil {
		return err
	}
	digest := sha512.Sum512(body)
	signature, err := rsa.SignPKCS1v15(nil, testKey(), crypto.SHA512, digest[:])
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+resendPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Open-Apikey", testAPIKey)
	r.Header.Set("Signature", base64.StdEncoding.EncodeToString(signature))
	resp, err := c.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Data    bool   `json:"data"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(data, &answer); err != nil || answer.Code != "000000" || !answer.Data {
		return errNoSuccess
	}
	return nil
}

// What retries, checks, limits and errors cost a call in which they have nothing
// to do is bounded.
func TestAResendAllocatesLittleMoreThanAHandWrittenOne(t *testing.T) { //nolint:paralleltest // it counts for the whole process
	s, req := cost.Serve(t, cost.Same(success)), testRequest()
	tr := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(tr.CloseIdleConnections)
	floor := cost.Of(t, func() error { return byHand(t.Context(), &http.Client{Transport: tr}, s.URL, req) })
	c, err := ceffu.New(testCredentials(), ceffu.WithBaseURL(s.URL))
	require.NoError(t, err)
	ours := cost.Of(t, func() error {
		result, err := c.ResendWebhooks(t.Context(), req)
		if err == nil && !result.Accepted {
			err = errNoSuccess
		}
		return err
	})
	t.Logf("floor %+v, ours %+v", floor, ours)
	assert.LessOrEqual(t, ours.Allocs-floor.Allocs, 15.0, "allocations")
	assert.LessOrEqual(t, ours.Bytes-floor.Bytes, 1024.0, "bytes")
}
