package main

import (
	"context"
	"crypto/rsa"
	"net/http"

	"github.com/hashicorp/go-retryablehttp"
)

// retryable is hashicorp/go-retryablehttp with the client and the transport that
// its NewClient gives; only its logger is off.
type retryable struct{ client *retryablehttp.Client }

func newRetryable(url string, key *rsa.PrivateKey) *byHand {
	c := retryablehttp.NewClient()
	c.Logger = nil
	return &byHand{retryable{c}, url, key}
}

func (r retryable) request(ctx context.Context, method, url string, body []byte) (request, error) {
	var raw any // an untyped nil means an empty request
	if body != nil {
		raw = body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, method, url, raw)
	if err != nil {
		return request{}, err
	}
	return request{req.Request, req}, nil
}

func (r retryable) send(req request) (*http.Response, error) { return r.client.Do(req.retryable) }
