package celcoin_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// reply is what becomes of one request.
type reply func(*http.Request) (*http.Response, error)

// says answers with status, body and headers, given as names and values in turn.
func says(status int, body string, headers ...string) reply {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{
			StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
		}, nil
	}
}

// fails ends a request without an answer, after it may have arrived.
func fails(err error) reply {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// hangs keeps a request until its context ends.
func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// fake is a transport that answers without a network, so that it works in
// virtual time. The last of the replies repeats.
type fake struct {
	record

	token []reply // none: tokens that live for 40 minutes
	call  []reply // none: success
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	got, n := f.keep(r)
	replies := f.call
	if got.isToken() {
		replies = f.token
	}
	switch {
	case len(replies) > 0:
		return replies[min(n, len(replies))-1](r)
	case got.isToken():
		return says(200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":2400,"token_type":"bearer"}`, n))(r)
	}
	return says(200, `{"body":{"totalItems":0},"status":"SUCCESS"}`)(r)
}

// client is one that is connected to the fake.
func (f *fake) client(t *testing.T, opts ...celcoin.Option) *celcoin.Client {
	t.Helper()
	return clientOf(t, creds, f, opts...)
}

func clientOf(t *testing.T, with celcoin.Credentials, rt http.RoundTripper, opts ...celcoin.Option) *celcoin.Client {
	t.Helper()
	c, err := celcoin.New(with, append([]celcoin.Option{
		celcoin.WithBaseURL("https://celcoin.example" + prefix), celcoin.WithHTTPClient(&http.Client{Transport: rt}),
	}, opts...)...)
	require.NoError(t, err)
	return c
}

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

// cut sends half of an answer.
func cut(r *http.Request) (*http.Response, error) {
	resp, err := success200(r)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"status":"SUCC`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	return resp, nil
}

// through is an http.RoundTripper of a function.
type through func(*http.Request) (*http.Response, error)

func (f through) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
