package main

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/hashicorp/go-retryablehttp"
)

// byHand writes the three calls out: it marshals, signs with a parsed key, sends,
// reads with io.ReadAll and unmarshals. Its token never expires.
type byHand struct {
	sender
	url string
	key *rsa.PrivateKey
}

// sender is what carries them. A nil body is none.
type sender interface {
	request(ctx context.Context, method, url string, body []byte) (request, error)
	send(r request) (*http.Response, error)
}

// request is passed by value, so that it costs neither sender an allocation.
type request struct {
	*http.Request
	retryable *retryablehttp.Request
}

func (c *byHand) resend(ctx context.Context) error {
	body, signature, err := signedResend(c.key)
	if err != nil {
		return err
	}
	r, err := c.request(ctx, http.MethodPost, c.url+resendPath, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Open-Apikey", apiKey)
	r.Header.Set("Signature", signature)
	return c.do(r, new(resendResponse))
}

func (c *byHand) details(ctx context.Context) error {
	r, err := c.request(ctx, http.MethodGet, c.url+detailsPath+"?"+detailsQuery().Encode(), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+bearerToken)
	return c.do(r, new(detailsResponse))
}

func (c *byHand) replay(ctx context.Context) error {
	r, err := c.request(ctx, http.MethodPut, c.url+replayPath+"?"+replayQuery().Encode(), []byte("{}"))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+bearerToken)
	return c.do(r, new(replayResponse))
}

func (c *byHand) do(r request, into response) error {
	r.Header.Set("Accept", "application/json")
	resp, err := c.send(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: status %d", errResponse, resp.StatusCode)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return err
	}
	return into.check()
}
