package subject

import (
	"context"
	"crypto/rsa"
	"net/http"

	"github.com/hashicorp/go-retryablehttp"
)

// retrying is the floor's code on hashicorp/go-retryablehttp, with the client
// and the transport that its NewClient gives; only its logger is off.
type retrying struct {
	url    string
	key    *rsa.PrivateKey
	client *retryablehttp.Client
}

func newRetrying(t *Target) *retrying {
	client := retryablehttp.NewClient()
	client.Logger = nil
	if transport, ok := client.HTTPClient.Transport.(*http.Transport); ok && t.Roots != nil {
		transport.TLSClientConfig = t.tlsConfig()
	}
	return &retrying{t.URL, t.Key, client}
}

func (r *retrying) Resend(ctx context.Context) error {
	body, signature, err := signedResend(r.key)
	if err != nil {
		return err
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, r.url+resendPath, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Open-Apikey", apiKey)
	req.Header.Set("Signature", signature)
	var a resendAnswer
	if err := r.do(req, &a); err != nil {
		return err
	}
	return a.check()
}

func (r *retrying) Details(ctx context.Context) error {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, r.url+detailsPath+"?"+detailsQuery().Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+bearerToken)
	var a detailsAnswer
	if err := r.do(req, &a); err != nil {
		return err
	}
	return a.check()
}

func (r *retrying) Replay(ctx context.Context) error {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPut, r.url+replayPath+"?"+replayQuery().Encode(), replayBody)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+bearerToken)
	var a replayAnswer
	if err := r.do(req, &a); err != nil {
		return err
	}
	return a.check()
}

func (r *retrying) do(req *retryablehttp.Request, into any) error {
	req.Header.Set("Accept", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	return decode(resp, into)
}
