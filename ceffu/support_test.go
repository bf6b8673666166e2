package ceffu_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/reenvio/reenvio-go/ceffu"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testAPIKey    = "test-api-key-0123456789"
	testWebhookID = "1721442311151521794" // above 2^53
	success       = `{"data":true,"code":"000000","message":"Success"}`
	resendPath    = "/open-api/entity/webhook/resend"
)

// testKey is the private key of all tests, as short as may be, so that thousands
// of signatures take no time.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		return nil // every use of it fails
	}
	return key
})

// testSecret is testKey as Ceffu hands a key out.
var testSecret = sync.OnceValue(func() string {
	der, err := x509.MarshalPKCS8PrivateKey(testKey())
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(der)
})

func testCredentials() ceffu.Credentials {
	return ceffu.Credentials{APIKey: testAPIKey, APISecret: testSecret()}
}

// testRequest is the example of Ceffu's page.
func testRequest() ceffu.ResendRequest {
	return ceffu.ResendRequest{
		WebhookID: testWebhookID, EventType: ceffu.DepositSuccess, From: time.UnixMilli(1699256508000),
	}
}

// over makes a client that calls rt instead of the network.
func over(tb testing.TB, rt http.RoundTripper, opts ...ceffu.Option) *ceffu.Client {
	tb.Helper()
	c, err := ceffu.New(testCredentials(), append([]ceffu.Option{through(rt)}, opts...)...)
	require.NoError(tb, err)
	return c
}

func through(rt http.RoundTripper) ceffu.Option {
	return ceffu.WithHTTPClient(&http.Client{Transport: rt})
}

// soon makes retries wait for hardly anything.
func soon() ceffu.Option {
	return ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond})
}

// sent is a request as it arrived.
type sent struct {
	Path, Host, Scheme string
	Header             http.Header
	Body               []byte
	At                 time.Time
}

func received(r *http.Request) sent {
	s := sent{Path: r.URL.RequestURI(), Host: r.Host, Scheme: r.URL.Scheme, Header: r.Header.Clone(), At: time.Now()}
	s.Body, _ = io.ReadAll(r.Body) // a body that is cut fails its checks
	return s
}

// tester is what package testing and package rapid have in common.
type tester interface {
	require.TestingT
	Helper()
}

// body has the members of a request.
type body struct {
	WebhookID          string `json:"webhookId"`
	EventType          string `json:"eventType"`
	ResendFromDateTime int64  `json:"resendFromDateTime"`
	Timestamp          int64  `json:"timestamp"`
}

// body takes no member that is not documented.
func (s sent) body(tb tester) (b body) {
	tb.Helper()
	d := json.NewDecoder(bytes.NewReader(s.Body))
	d.DisallowUnknownFields()
	require.NoError(tb, d.Decode(&b), "body %q", s.Body)
	return b
}

// assertSigned checks the signature over the raw bytes that arrived.
func assertSigned(tb tester, s sent) {
	tb.Helper()
	sig, err := base64.StdEncoding.DecodeString(s.Header.Get("signature"))
	require.NoError(tb, err)
	digest := sha512.Sum512(s.Body)
	assert.NoError(tb, rsa.VerifyPKCS1v15(&testKey().PublicKey, crypto.SHA512, digest[:], sig),
		"the body that arrived is not the body that was signed: %q", s.Body)
}

// answer is what a script says to one attempt: err, or a response after delay.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
	delay  time.Duration
}

// code is an answer of Ceffu's own.
func code(status int, code string) answer {
	return answer{status: status, body: `{"data":null,"code":"` + code + `","message":"Said by a test"}`}
}

func (a answer) with(name, value string) answer {
	h := http.Header{name: {value}}
	maps.Copy(h, a.header)
	a.header = h
	return a
}

func (a answer) after(d time.Duration) answer { a.delay = d; return a }

var accepted = answer{status: http.StatusOK, body: success}

// script is a transport that answers attempt after attempt, the last answer
// again and again, and remembers what arrived. It needs no network and so
// works in virtual time.
type script struct {
	mu      sync.Mutex
	answers []answer
	seen    []sent
}

func answering(answers ...answer) *script { return &script{answers: answers} }

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	in := received(r)
	s.mu.Lock()
	a := s.answers[min(len(s.seen), len(s.answers)-1)]
	s.seen = append(s.seen, in)
	s.mu.Unlock()
	return a.response(r)
}

func (a answer) response(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(a.delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	h := a.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{
		StatusCode: a.status, Header: h, Request: r,
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

// requests are those that arrived so far.
func (s *script) requests() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// bubble runs a subtest in virtual time.
func bubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}
