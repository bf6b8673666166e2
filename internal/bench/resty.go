package main

import (
	"context"
	"crypto/rsa"
	"net/http"

	"resty.dev/v3"
)

// restyClient is resty v3 the way its documentation shows it: a base URL, retries,
// results that it decodes from the stream, and its own transport.
type restyClient struct {
	client *resty.Client
	key    *rsa.PrivateKey
}

func newResty(url string, key *rsa.PrivateKey) *restyClient {
	c := resty.New().
		SetBaseURL(url).
		SetRetryCount(3).
		SetLoggerWarnLevel(true). // turns warnings off: each call would warn that it is not over TLS
		SetHeader("Accept", "application/json")
	return &restyClient{c, key}
}

func (c *restyClient) resend(ctx context.Context) error {
	body, signature, err := signedResend(c.key)
	if err != nil {
		return err
	}
	r := c.client.R().
		SetContentType("application/json").
		SetHeader("Open-Apikey", apiKey).
		SetHeader("Signature", signature).
		SetBody(body)
	return c.do(ctx, r, http.MethodPost, resendPath, new(resendResponse))
}

func (c *restyClient) details(ctx context.Context) error {
	r := c.client.R().SetAuthToken(bearerToken).SetQueryParamsFromValues(detailsQuery())
	return c.do(ctx, r, http.MethodGet, detailsPath, new(detailsResponse))
}

func (c *restyClient) replay(ctx context.Context) error {
	r := c.client.R().
		SetAuthToken(bearerToken).
		SetContentType("application/json").
		SetQueryParamsFromValues(replayQuery()).
		SetBody([]byte("{}"))
	return c.do(ctx, r, http.MethodPut, replayPath, new(replayResponse))
}

func (c *restyClient) do(ctx context.Context, r *resty.Request, method, path string, into response) error {
	if _, err := r.SetContext(ctx).SetResult(into).Execute(method, path); err != nil {
		return err
	}
	return into.check()
}
