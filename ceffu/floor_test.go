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
)

// floor is the resend as a team would write it by itself, and the least that
// does its work: marshal, sign with a parsed key, send, read, decode. It neither
// retries nor limits nor checks, and has no timeout but its context's.
type floor struct {
	url  string
	http http.Client
	key  *rsa.PrivateKey
}

func newFloor(tb testing.TB, url string) *floor {
	tb.Helper()
	tr := &http.Transport{MaxIdleConnsPerHost: 64}
	tb.Cleanup(tr.CloseIdleConnections)
	return &floor{url: url, http: http.Client{Transport: tr}, key: testKey()}
}

var errNoSuccess = errors.New("no success")

func (f *floor) resend(ctx context.Context, webhookID, eventType string, from time.Time) error {
	body, err := json.Marshal(struct {
		WebhookID          string `json:"webhookId"`
		EventType          string `json:"eventType"`
		ResendFromDateTime int64  `json:"resendFromDateTime"`
		Timestamp          int64  `json:"timestamp"`
	}{webhookID, eventType, from.UnixMilli(), time.Now().UnixMilli()})
	if err != nil {
		return err
	}
	digest := sha512.Sum512(body)
	signature, err := rsa.SignPKCS1v15(nil, f.key, crypto.SHA512, digest[:])
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+resendPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Open-Apikey", testAPIKey)
	r.Header.Set("Signature", base64.StdEncoding.EncodeToString(signature))
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
		Data    bool   `json:"data"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || answer.Code != "000000" || !answer.Data {
		return errNoSuccess
	}
	return nil
}
