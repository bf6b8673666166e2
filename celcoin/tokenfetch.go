package celcoin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/lenient"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// opToken is the Op of a failed token call.
const opToken = "token"

// tokenPath is the same in both environments.
//
// https://developers.celcoin.com.br/reference/post_v5-token
const tokenPath = "/v5/token"

// fetcher is how a client with these credentials comes by a token.
func (c *Client) fetcher(creds Credentials) fetch {
	if creds.TokenSource != nil {
		return fromSource(creds.TokenSource)
	}
	if creds.TokenFunc != nil {
		return func(ctx context.Context, _ func(time.Time, error)) (*oauth2.Token, error) {
			token, err := creds.TokenFunc(ctx, c.tokens.lastRefused())
			if err != nil {
				return nil, sourceError(ctx, err)
			}
			return token, usable(token)
		}
	}
	config := clientcredentials.Config{
		ClientID:     creds.ClientID,
		ClientSecret: creds.ClientSecret,
		TokenURL:     c.baseURL().JoinPath(tokenPath).String(),
		AuthStyle:    oauth2.AuthStyleInParams, // in the body; never Basic
	}
	return func(ctx context.Context, paused func(time.Time, error)) (*oauth2.Token, error) {
		rt := &tokenRoundTripper{client: c, paused: paused}
		ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: rt})
		token, err := config.Token(ctx)
		switch {
		case rt.err != nil:
			return nil, rt.err
		case err != nil:
			// Not oauth2's own text, which can show the whole answer.
			return nil, errors.New("celcoin: token: the answer cannot be read as a token")
		}
		return token, nil
	}
}

// fromSource asks a token source of the user's, one call at a time. It has no
// context: a call that hangs holds up those after it, but not their callers.
func fromSource(source oauth2.TokenSource) fetch {
	turn := make(chan struct{}, 1)
	return func(ctx context.Context, _ func(time.Time, error)) (*oauth2.Token, error) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return nil, ctx.Err() // nobody waits for it any more
		}
		token, err := source.Token()
		if err != nil {
			return nil, sourceError(ctx, err)
		}
		return token, usable(token)
	}
}

// sourceError keeps oauth2's RetrieveError, whose text can show the whole
// answer, from being printed, and so the URL that net/http's errors have. A
// time-out of the source's own is no end of a caller's context, which it never
// saw.
func sourceError(ctx context.Context, err error) error {
	r, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return apierror.NewFailure("celcoin", opToken, 1, transport.Foreign(ctx, err), false, nil)
	}
	e := &Error{
		Op:       opToken,
		Code:     cleaned(r.ErrorCode, apierror.MaxCode),
		Attempts: 1,
		Body:     r.Body[:min(len(r.Body), apierror.MaxBody)],
	}
	if r.Response != nil {
		e.StatusCode = r.Response.StatusCode
	}
	return e
}

// usable refuses a token of a source that could not be sent.
func usable(t *oauth2.Token) error {
	if t == nil || t.AccessToken == "" {
		return errors.New("celcoin: token: the token source gave none")
	}
	if !sendable(t.AccessToken) {
		return errors.New("celcoin: token: it holds characters that no header can carry")
	}
	return nil
}

func sendable(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// tokenRoundTripper is the way of oauth2's request: through the transport that
// all calls take, with its retries and limits.
type tokenRoundTripper struct {
	client *Client
	paused func(time.Time, error)
	err    error // why there is no answer for oauth2
}

func (rt *tokenRoundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(req.Body)
	req.Body.Close() //nolint:errcheck,gosec // it is in memory
	if err != nil {
		return nil, err
	}
	x := &tokenExchange{client: rt.client, form: form}
	ctx := req.Context()
	fail := func(out *transport.Outcome) error {
		return failure(ctx, opToken, out, x.message, rt.client.secrets)
	}
	out := rt.client.transport.Do(ctx, &transport.Call{
		Op:       opToken,
		Method:   req.Method,
		URL:      req.URL,
		Template: tokenPath,
		Class:    transport.Read,
		Exchange: x,
		Waiting: func(wait time.Duration, out transport.Outcome) {
			rt.paused(time.Now().Add(wait), fail(&out))
		},
	})
	if rt.err = fail(&out); rt.err != nil {
		return nil, rt.err
	}
	granted, err := json.Marshal(x.granted) //nolint:gosec // it goes to oauth2, in memory
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: out.Answer.Status,
		// oauth2 would read a token under another type as a form.
		Header:  http.Header{"Content-Type": {"application/json"}},
		Body:    io.NopCloser(bytes.NewReader(granted)),
		Request: req,
	}, nil
}

// grant is a token in the types that oauth2 insists on.
type grant struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
}

// tokenExchange is one token call under way.
type tokenExchange struct {
	client  *Client
	form    []byte
	message string // of the last answer, cleaned
	granted grant  // the token, once there is one
}

// Prepare adds the form, which has the credentials in it.
func (x *tokenExchange) Prepare(_ context.Context, h http.Header) ([]byte, error) {
	h["Content-Type"] = []string{"application/x-www-form-urlencoded"}
	return x.form, nil
}

// Judge reads an answer: a token, one of Celcoin's own errors, or one of OAuth.
func (x *tokenExchange) Judge(a *transport.Answer) transport.Verdict {
	v := transport.Verdict{RequestID: x.clean(requestID(a.Header), apierror.MaxRequestID)}
	var token struct {
		AccessToken      string       `json:"access_token"`
		ExpiresIn        lenient.Int  `json:"expires_in"`
		Error            lenient.Text `json:"error"`
		ErrorDescription lenient.Text `json:"error_description"`
	}
	var e envelope[json.RawMessage]
	if !a.TooLarge {
		_, broken := lenient.Unmarshal(a.Body, &token)
		if _, err := lenient.Unmarshal(a.Body, &e); err != nil || broken != nil {
			token.AccessToken = ""
		}
	}
	if a.OK() && token.AccessToken != "" && sendable(token.AccessToken) {
		x.granted = grant{token.AccessToken, token.ExpiresIn.Value}
		v.Meaning = transport.Succeeded
		return v
	}
	code, message := e.code(), e.message()
	if code == "" && message == string(token.Error) { // OAuth's error is a text
		code, message = string(token.Error), string(token.ErrorDescription)
	}
	v.Code = x.clean(code, apierror.MaxCode)
	x.message = x.clean(message, apierror.MaxMessage)
	v.Meaning = transport.OfStatus(a)
	if known, ok := meaningOf(opToken, code); ok && known.meaning != transport.Reauthorize {
		v.Meaning = known.meaning
	}
	return v
}

func (x *tokenExchange) clean(s string, limit int) string {
	return cleaned(s, limit, x.client.secrets()...)
}
