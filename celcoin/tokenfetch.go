package celcoin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/lenient"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// tokenPath is the same in both environments.
//
// https://developers.celcoin.com.br/reference/post_v5-token
const tokenPath = "/v5/token"

// fetcher is how a client with these credentials gets a token.
func (c *Client) fetcher(creds Credentials) fetchToken {
	switch {
	case creds.TokenFunc != nil:
		return fromSource(creds.TokenFunc)
	case creds.TokenSource != nil:
		return fromSource(func(context.Context, string) (*oauth2.Token, error) { return creds.TokenSource.Token() })
	}
	multipartForm := &atomic.Bool{}
	return func(ctx context.Context, _ string, paused func(time.Time, error)) (*oauth2.Token, error) {
		token, _, err := transport.Do(ctx, c.transport, transport.Call{
			Operation: OperationToken,
			Method:    http.MethodPost,
			URL:       c.join(tokenPath, tokenPath),
			Template:  tokenPath,
			Class:     transport.Safe,
			Waiting:   func(wait time.Duration, sofar error) { paused(time.Now().Add(wait), sofar) },
		}, &tokenCall{client: c, multipart: multipartForm})
		return &token, err
	}
}

// tokenCall is a token call: it sends the credentials, and decodes and
// classifies the responses.
type tokenCall struct {
	client    *Client
	multipart *atomic.Bool // of the client: whether the form is multipart
	switched  bool         // this call has changed that
}

// Failure is the error of a call that did not succeed.
func (t *tokenCall) Failure(op string, out *transport.Outcome) error {
	return t.client.failure(op, out, sent{})
}

// Ready waits for nothing.
func (*tokenCall) Ready(context.Context) error { return nil }

// Authorize adds the form, with the credentials in it. Celcoin documents
// multipart; every public client sends the other form, and so does this one
// until it is refused.
func (t *tokenCall) Authorize(_ context.Context, h http.Header) ([]byte, error) {
	secrets := t.client.secrets()
	form := url.Values{"client_id": {secrets[0]}, "client_secret": {secrets[1]}, "grant_type": {"client_credentials"}}
	if !t.multipart.Load() {
		h["Content-Type"] = []string{"application/x-www-form-urlencoded"}
		return []byte(form.Encode()), nil
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	var err error
	for _, name := range [...]string{"client_id", "client_secret", "grant_type"} {
		err = errors.Join(err, w.WriteField(name, form.Get(name)))
	}
	h["Content-Type"] = []string{w.FormDataContentType()}
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

// Classify decodes a token, or one of Celcoin's errors, or one of OAuth's.
func (t *tokenCall) Classify(r *transport.Response, token *oauth2.Token) transport.Classification {
	var grant struct {
		envelope[json.RawMessage]

		AccessToken      string       `json:"access_token"`
		ExpiresIn        lenient.Int  `json:"expires_in"`
		ErrorDescription lenient.Text `json:"error_description"`
	}
	if _, err := lenient.Unmarshal(r.Body, &grant); err != nil || r.TooLarge {
		grant.AccessToken, grant.envelope = "", envelope[json.RawMessage]{}
	}
	if r.OK() && sendable(grant.AccessToken) {
		token.AccessToken = grant.AccessToken
		if n := grant.ExpiresIn.Value; n != 0 {
			token.Expiry = r.Received.Add(time.Duration(n) * time.Second)
		}
		return transport.Classification{RequestID: t.client.requestID(r, sent{})}
	}
	code, message := grant.code(), grant.message()
	if code == "" && grant.Error != nil && grant.Error.text { // OAuth's
		code, message = message, string(grant.ErrorDescription)
	}
	cl := t.client.classification(r, code, message, sent{})
	cl.Kind = transport.KindOfStatus(r)
	category := categoryOfCode(OperationToken, code)
	switch {
	case r.Status == http.StatusUnsupportedMediaType && !t.switched:
		t.switched = true
		t.multipart.Store(!t.multipart.Load())
		cl.Kind = transport.RetryNow
	case category != nil && cl.Kind != transport.RateLimited:
		cl.Kind = kindOf(category)
	}
	return cl
}

// fromSource gets tokens from the user's code, one call at a time. A token
// source has no context: a call that hangs delays those after it, but not
// their callers.
func fromSource(source func(ctx context.Context, refused string) (*oauth2.Token, error)) fetchToken {
	turn := make(chan struct{}, 1)
	return func(ctx context.Context, refused string, _ func(time.Time, error)) (*oauth2.Token, error) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return nil, &Error{Op: OperationToken, cause: transport.EndOfContext(ctx), notSent: true} // no caller waits
		}
		token, err := source(ctx, strings.TrimPrefix(refused, bearer))
		switch {
		case err != nil:
			return nil, sourceError(ctx, err)
		case token == nil || token.AccessToken == "":
			return nil, &Error{Op: OperationToken, Attempts: 1, cause: errors.New("the token source gave none")}
		case !sendable(token.AccessToken):
			return nil, &Error{Op: OperationToken, Attempts: 1, cause: errors.New("the token holds characters that no header can carry")}
		}
		return token, nil
	}
}

// sourceError keeps oauth2's RetrieveError, whose text can show the whole
// response, from being printed, and so the URL that net/http's errors have. A
// timeout of the source's own is not the end of a caller's context, which it
// never saw.
func sourceError(ctx context.Context, err error) error {
	r, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		cause := apierror.Clean(transport.Sanitize(ctx, err))
		return &Error{Op: OperationToken, Attempts: 1, cause: cause, notSent: true}
	}
	e := &Error{
		Op:       OperationToken,
		Code:     cleaned(r.ErrorCode, apierror.MaxCode),
		Attempts: 1,
		Body:     r.Body[:min(len(r.Body), apierror.MaxBody)],
	}
	if r.Response != nil {
		e.StatusCode = r.Response.StatusCode
	}
	return e
}

func sendable(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}
