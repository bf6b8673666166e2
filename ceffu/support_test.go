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
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

const (
	testAPIKey    = "test-api-key-0123456789"
	testWebhookID = "1721442311151521794" // above 2^53
	success       = `{"data":true,"code":"000000","message":"Success"}`
	resendPath    = "/open-api/entity/webhook/resend"
)

// testKey is the private key of all tests: making one takes long. It is as
// short as may be, so that thousands of signatures take no time.
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
		WebhookID: testWebhookID,
		EventType: ceffu.DepositSuccess,
		From:      time.UnixMilli(1699256508000),
	}
}

func newClient(tb testing.TB, opts ...ceffu.Option) *ceffu.Client {
	tb.Helper()
	c, err := ceffu.New(testCredentials(), opts...)
	require.NoError(tb, err)
	return c
}

// over makes a client that calls rt instead of the network.
func over(tb testing.TB, rt http.RoundTripper, opts ...ceffu.Option) *ceffu.Client {
	tb.Helper()
	return newClient(tb, append([]ceffu.Option{through(rt)}, opts...)...)
}

func through(rt http.RoundTripper) ceffu.Option {
	return ceffu.WithHTTPClient(&http.Client{Transport: rt})
}

func fixture(tb testing.TB, name string) string {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "ceffu", name))
	require.NoError(tb, err)
	return string(b)
}

// sent is a request as it arrived.
type sent struct {
	Method, Path, Host, Scheme, Proto string
	Header                            http.Header
	Body                              []byte
	At                                time.Time
}

func (s sent) String() string { return s.Method + " " + s.Path + " " + string(s.Body) }

func received(r *http.Request) sent {
	s := sent{
		Method: r.Method, Path: r.URL.RequestURI(), Host: r.Host, Scheme: r.URL.Scheme, Proto: r.Proto,
		Header: r.Header.Clone(), At: time.Now(),
	}
	if r.Body != nil {
		s.Body, _ = io.ReadAll(r.Body) // a body that is cut fails its checks
	}
	return s
}

// tester is what package testing and package rapid have in common.
type tester interface {
	require.TestingT
	Helper()
}

// decodeStrictly takes no member that v does not have.
func decodeStrictly(tb tester, body []byte, v any) {
	tb.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	require.NoError(tb, d.Decode(v), "body %q", body)
}

// decodeLeniently is for servers: a body that they cannot read is empty to them.
func decodeLeniently(body []byte, v any) {
	_ = json.Unmarshal(body, v)
}

// members are those of the body, numbers as they were written.
func (s sent) members(tb tester) map[string]any {
	tb.Helper()
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(s.Body))
	d.UseNumber()
	require.NoError(tb, d.Decode(&m), "body %q", s.Body)
	return m
}

func (s sent) timestamp(tb tester) int64 {
	tb.Helper()
	n, ok := s.members(tb)["timestamp"].(json.Number)
	require.True(tb, ok, "body %q", s.Body)
	ms, err := n.Int64()
	require.NoError(tb, err)
	return ms
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

// signatureOf is the signature that a body must have.
func signatureOf(tb testing.TB, body string) string {
	tb.Helper()
	digest := sha512.Sum512([]byte(body))
	sig, err := rsa.SignPKCS1v15(nil, testKey(), crypto.SHA512, digest[:])
	require.NoError(tb, err)
	return base64.StdEncoding.EncodeToString(sig)
}

// soon makes retries wait for hardly anything.
func soon() ceffu.Option {
	return ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond})
}
