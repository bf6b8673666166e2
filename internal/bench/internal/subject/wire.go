package subject

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// The types and steps that whoever writes these calls by hand needs, whichever
// client carries them.

type resendRequest struct {
	WebhookID string `json:"webhookId"`
	EventType string `json:"eventType"`
	From      int64  `json:"resendFromDateTime"`
	Timestamp int64  `json:"timestamp"`
}

type resendAnswer struct {
	Data    bool   `json:"data"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (a *resendAnswer) check() error {
	if !a.Data || a.Code != "000000" {
		return errAnswer
	}
	return nil
}

// signedResend is the body of a resend, and its signature.
func signedResend(key *rsa.PrivateKey) (body []byte, signature string, err error) {
	from, _ := window()
	body, err = json.Marshal(resendRequest{ceffuWebhook, "1", from.UnixMilli(), time.Now().UnixMilli()})
	if err != nil {
		return nil, "", err
	}
	digest := sha512.Sum512(body)
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA512, digest[:])
	if err != nil {
		return nil, "", err
	}
	return body, base64.StdEncoding.EncodeToString(sig), nil
}

// summary is the body of a replay's answer.
type summary struct {
	OnlyPending bool      `json:"onlyPending"`
	Entity      string    `json:"entity"`
	DateFrom    time.Time `json:"dateFrom"`
	DateTo      time.Time `json:"dateTo"`
	TotalItems  int       `json:"totalItems"`
}

type replayAnswer struct {
	Body    summary `json:"body"`
	Status  string  `json:"status"`
	Version string  `json:"version"`
}

func (a *replayAnswer) check() error {
	if a.Status != "SUCCESS" || a.Body.TotalItems != 1 {
		return errAnswer
	}
	return nil
}

type filter struct {
	DocumentNumber  string `json:"documentNumber"`
	Account         string `json:"account"`
	ID              string `json:"id"`
	ClientRequestID string `json:"clientRequestId"`
}

// webhook keeps each date as it was written and as it is read, as the vendor's
// cannot be taken at their word: the library does so, too.
type webhook struct {
	WebhookID      string `json:"webhookId"`
	HTTPStatusCode int    `json:"httpStatusCode"`
	WebhookURL     string `json:"webhookUrl"`
	Request        string `json:"request"`
	Response       string `json:"response"`
	Status         string `json:"status"`
	CreateDate     string `json:"createDate"`
	LastUpdateDate string `json:"lastUpdateDate"`
	Filter         filter `json:"filter"`

	created, lastUpdated time.Time
}

type detailsAnswer struct {
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
func (a *detailsAnswer) check() error {
	if a.Status != "SUCCESS" || len(a.Body.WebhookDetails) != pageSize {
		return errAnswer
	}
	for i := range a.Body.WebhookDetails {
		w := &a.Body.WebhookDetails[i]
		var err error
		if w.created, err = time.Parse(time.RFC3339, w.CreateDate); err != nil {
			return err
		}
		if w.lastUpdated, err = time.Parse(time.RFC3339, w.LastUpdateDate); err != nil {
			return err
		}
	}
	return nil
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

var replayBody = []byte("{}")
