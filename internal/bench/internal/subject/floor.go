package subject

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// floor is a client written by hand for these calls alone, on a transport that
// is tuned as the library's: it marshals, signs with a parsed key, sends, reads
// with io.ReadAll and unmarshals. It retries nothing, limits nothing and has a
// token for ever. Nothing that does the work can be expected to be faster.
type floor struct {
	url    string
	key    *rsa.PrivateKey
	client *http.Client
}

func newFloor(t *Target) (*floor, error) {
	transport, err := t.tuned()
	if err != nil {
		return nil, err
	}
	return &floor{t.URL, t.Key, &http.Client{Transport: transport}}, nil
}

func (f *floor) Resend(ctx context.Context) error {
	body, signature, err := signedResend(f.key)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+resendPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Open-Apikey", apiKey)
	req.Header.Set("Signature", signature)
	var a resendAnswer
	if err := f.do(req, &a); err != nil {
		return err
	}
	return a.check()
}

func (f *floor) Details(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+detailsPath+"?"+detailsQuery().Encode(), http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+bearerToken)
	var a detailsAnswer
	if err := f.do(req, &a); err != nil {
		return err
	}
	return a.check()
}

func (f *floor) Replay(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, f.url+replayPath+"?"+replayQuery().Encode(), bytes.NewReader(replayBody))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+bearerToken)
	var a replayAnswer
	if err := f.do(req, &a); err != nil {
		return err
	}
	return a.check()
}

func (f *floor) do(req *http.Request, into any) error {
	req.Header.Set("Accept", "application/json")
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	return decode(resp, into)
}

// decode reads an answer to its end and closes it.
func decode(resp *http.Response, into any) error {
	defer resp.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: status %d", errAnswer, resp.StatusCode)
	}
	return json.Unmarshal(body, into)
}
