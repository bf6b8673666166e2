package main

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"
)

// client makes the three calls that are compared, with the same arguments. A
// response that is not the server's is an error: a client that is refused would
// otherwise look fast. Clients are safe for concurrent use.
type client interface {
	resend(ctx context.Context) error  // Ceffu, signed
	details(ctx context.Context) error // Celcoin, a page of 200 webhooks
	replay(ctx context.Context) error  // Celcoin, one webhook
}

// clients are all that are compared, each with its own connections. The first is the
// floor: every ratio is over it.
func clients(url string, key *rsa.PrivateKey) ([]client, error) {
	own, err := newOurs(url, key)
	return []client{newFloor(url, key), own, newRetryable(url, key), newResty(url, key)}, err
}

// The arguments of the calls.
const (
	apiKey       = "key-for-benchmarks-only" //nolint:gosec // as it says
	clientID     = "id-for-benchmarks-only"
	clientSecret = "secret-for-benchmarks-only"
	bearerToken  = "token-for-benchmarks-only"

	ceffuWebhook   = "1721442311151521794"
	celcoinWebhook = "f933b0b1-86fa-4acd-b198-bdb9135da5ec"

	resendPath  = "/open-api/entity/webhook/resend"
	replayPath  = "/common/v1/webhook/replay/PIX/pix-payment-in"
	detailsPath = replayPath + "/details"
	pageSize    = 200
)

func window() (from, to time.Time) {
	brasilia := time.FixedZone("-03", -3*60*60)
	return time.Date(2026, 11, 8, 6, 30, 0, 0, brasilia), time.Date(2026, 11, 8, 7, 30, 0, 0, brasilia)
}

func detailsQuery() url.Values {
	from, to := window()
	return url.Values{
		"DateFrom":     {from.Format(time.RFC3339)},
		"DateTo":       {to.Format(time.RFC3339)},
		"OnlyPending":  {"true"},
		"Page":         {"1"},
		"LimitPerPage": {strconv.Itoa(pageSize)},
	}
}

func replayQuery() url.Values { return url.Values{"webhookId": {celcoinWebhook}} }

// The rest is what everyone needs who writes these calls, whichever HTTP client
// carries them. Only our client does without.

type resendRequest struct {
	WebhookID string `json:"webhookId"`
	EventType string `json:"eventType"`
	From      int64  `json:"resendFromDateTime"`
	Timestamp int64  `json:"timestamp"`
}

func signedResend(key *rsa.PrivateKey) (body []byte, signature string, err error) {
	from, _ := window()
	body, err = json.Marshal(resendRequest{ceffuWebhook, "1", from.UnixMilli(), time.Now().UnixMilli()})
	if err != nil {
		return nil, "", err
	}
	digest := sha512.Sum512(body)
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA512, digest[:])
	return body, base64.StdEncoding.EncodeToString(sig), err
}

// response is decoded, then checked.
type response interface{ check() error }

var errResponse = errors.New("the response is not the server's")

func expect(ok bool) error {
	if !ok {
		return errResponse
	}
	return nil
}

type resendResponse struct {
	Data    bool   `json:"data"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (r *resendResponse) check() error { return expect(r.Data && r.Code == "000000") }

type summary struct {
	OnlyPending bool      `json:"onlyPending"`
	Entity      string    `json:"entity"`
	DateFrom    time.Time `json:"dateFrom"`
	DateTo      time.Time `json:"dateTo"`
	TotalItems  int       `json:"totalItems"`
}

type replayResponse struct {
	Body    summary `json:"body"`
	Status  string  `json:"status"`
	Version string  `json:"version"`
}

func (r *replayResponse) check() error {
	return expect(r.Status == "SUCCESS" && r.Body.TotalItems == 1)
}

// webhook keeps each date as it was written, too: our client does so, as the
// vendor's zone is unknown.
type webhook struct {
	WebhookID      string `json:"webhookId"`
	HTTPStatusCode int    `json:"httpStatusCode"`
	WebhookURL     string `json:"webhookUrl"`
	Request        string `json:"request"`
	Response       string `json:"response"`
	Status         string `json:"status"`
	CreateDate     string `json:"createDate"`
	LastUpdateDate string `json:"lastUpdateDate"`
	Filter         struct {
		DocumentNumber  string `json:"documentNumber"`
		Account         string `json:"account"`
		ID              string `json:"id"`
		ClientRequestID string `json:"clientRequestId"`
	} `json:"filter"`

	created, lastUpdated time.Time
}

type detailsResponse struct {
	Body struct {
		summary
		Limit          int       `json:"limit"`
		CurrentPage    int       `json:"currentPage"`
		LimitPerPage   int       `json:"limitPerPage"`
		TotalPages     int       `json:"totalPages"`
		WebhookDetails []webhook `json:"webhookDetails"`
	} `json:"body"`
	Status  string `json:"status"`
	Version string `json:"version"`
}

// check also reads the dates.
func (r *detailsResponse) check() (err error) {
	for i := range r.Body.WebhookDetails {
		w := &r.Body.WebhookDetails[i]
		if w.created, err = time.Parse(time.RFC3339, w.CreateDate); err != nil {
			return err
		}
		if w.lastUpdated, err = time.Parse(time.RFC3339, w.LastUpdateDate); err != nil {
			return err
		}
	}
	return expect(r.Status == "SUCCESS" && len(r.Body.WebhookDetails) == pageSize)
}
