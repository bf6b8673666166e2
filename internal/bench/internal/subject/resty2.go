package subject

import (
	"context"
	"crypto/rsa"

	"github.com/go-resty/resty/v2"
)

// restyV2 is go-resty/resty v2 the way its documentation shows it: a base URL,
// retries, results that it decodes, and its own transport.
type restyV2 struct {
	key    *rsa.PrivateKey
	client *resty.Client
}

func newRestyV2(t *Target) *restyV2 {
	client := resty.New().
		SetBaseURL(t.URL).
		SetRetryCount(3).
		SetHeader("Accept", "application/json")
	if t.Roots != nil {
		client.SetTLSClientConfig(t.tlsConfig())
	}
	return &restyV2{t.Key, client}
}

func (r *restyV2) Resend(ctx context.Context) error {
	body, signature, err := signedResend(r.key)
	if err != nil {
		return err
	}
	var a resendAnswer
	_, err = r.client.R().SetContext(ctx).
		SetHeader("Content-Type", "application/json").
		SetHeader("Open-Apikey", apiKey).
		SetHeader("Signature", signature).
		SetBody(body).
		SetResult(&a).
		Post(resendPath)
	if err != nil {
		return err
	}
	return a.check()
}

func (r *restyV2) Details(ctx context.Context) error {
	var a detailsAnswer
	_, err := r.client.R().SetContext(ctx).
		SetAuthToken(bearerToken).
		SetQueryParamsFromValues(detailsQuery()).
		SetResult(&a).
		Get(detailsPath)
	if err != nil {
		return err
	}
	return a.check()
}

func (r *restyV2) Replay(ctx context.Context) error {
	var a replayAnswer
	_, err := r.client.R().SetContext(ctx).
		SetAuthToken(bearerToken).
		SetHeader("Content-Type", "application/json").
		SetQueryParamsFromValues(replayQuery()).
		SetBody(replayBody).
		SetResult(&a).
		Put(replayPath)
	if err != nil {
		return err
	}
	return a.check()
}
