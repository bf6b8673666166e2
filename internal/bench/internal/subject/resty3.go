package subject

import (
	"context"
	"crypto/rsa"

	"resty.dev/v3"
)

// restyV3 is the same on resty v3, which decodes from the stream.
type restyV3 struct {
	key    *rsa.PrivateKey
	client *resty.Client
}

func newRestyV3(t *Target) *restyV3 {
	client := resty.New().
		SetBaseURL(t.URL).
		SetRetryCount(3).
		SetLoggerWarnLevel(true). // which turns warnings off: each call would write one, that it is not over TLS
		SetHeader("Accept", "application/json")
	if t.Roots != nil {
		client.SetTLSClientConfig(t.tlsConfig())
	}
	return &restyV3{t.Key, client}
}

func (r *restyV3) Resend(ctx context.Context) error {
	body, signature, err := signedResend(r.key)
	if err != nil {
		return err
	}
	var a resendAnswer
	_, err = r.client.R().SetContext(ctx).
		SetContentType("application/json").
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

func (r *restyV3) Details(ctx context.Context) error {
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

func (r *restyV3) Replay(ctx context.Context) error {
	var a replayAnswer
	_, err := r.client.R().SetContext(ctx).
		SetAuthToken(bearerToken).
		SetContentType("application/json").
		SetQueryParamsFromValues(replayQuery()).
		SetBody(replayBody).
		SetResult(&a).
		Put(replayPath)
	if err != nil {
		return err
	}
	return a.check()
}
