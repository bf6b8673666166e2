package ceffu_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// testPEM is testKey in PEM, as PKCS#1.
func testPEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(testKey())}))
}

// held is a key in a place that signs, but does not hand the key out.
type held struct {
	err       error
	signature []byte // instead of the true one
}

func (h *held) Public() crypto.PublicKey { return &testKey().PublicKey }

func (h *held) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if h.err != nil || h.signature != nil {
		return h.signature, h.err
	}
	return testKey().Sign(random, digest, opts)
}

func TestEveryKindOfKeySignsEachAttempt(t *testing.T) {
	t.Parallel()
	for name, creds := range map[string]ceffu.Credentials{
		"as Ceffu hands it out": {APISecret: testSecret()},
		"in PEM":                {APISecret: testPEM()},
		"held elsewhere":        {Signer: &held{}},
		"in memory":             {Signer: testKey()},
	} {
		creds.APIKey = testAPIKey
		vendor := answering(code(500, "G20001"), accepted)
		c, err := ceffu.New(creds, through(vendor), soon())
		require.NoError(t, err, name)
		_, err = c.ResendWebhooks(t.Context(), testRequest())
		require.NoError(t, err)
		require.Len(t, vendor.requests(), 2)
		assertFresh(t, vendor.requests())
	}
}

func TestCredentialsThatAreRefused(t *testing.T) {
	t.Parallel()
	const header = "APIKey holds white space or characters that no header can carry"
	for _, tt := range []struct {
		creds ceffu.Credentials
		says  string
	}{
		{ceffu.Credentials{APISecret: testSecret()}, "APIKey is empty"},
		{ceffu.Credentials{APIKey: "canary key", APISecret: testSecret()}, header},
		{ceffu.Credentials{APIKey: "canary\r\nX-Evil: 1", APISecret: testSecret()}, header},
		{ceffu.Credentials{APIKey: "canary-ação", APISecret: testSecret()}, header},
		{ceffu.Credentials{APIKey: "canary"}, "neither APISecret nor Signer is set"},
		{ceffu.Credentials{APIKey: "canary", APISecret: testSecret(), Signer: &held{}}, "give either APISecret or Signer, not both"},
		{ceffu.Credentials{APIKey: "canary", APISecret: "canary"}, "APISecret: the key is"},
		{ceffu.Credentials{APIKey: "canary", Signer: (*held)(nil)}, "Signer: the signer is nil"},
	} {
		_, err := ceffu.New(tt.creds)
		require.ErrorContains(t, err, "ceffu: credentials: "+tt.says)
		assert.NotContains(t, err.Error(), "canary")
	}
}

func TestASignerThatFailsEndsTheCallBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	// A key in a KMS is mostly asked over HTTP: its end is not that of the caller's context.
	kms := fmt.Errorf("kms: %w", &url.Error{Op: "Post", URL: "https://kms.example/sign?token=canary", Err: context.DeadlineExceeded})
	for says, signer := range map[string]*held{
		"sign the request: connection reset by a test":                          {err: errReset},
		"sign the request: context deadline exceeded":                           {err: kms},
		"sign the request: the signer returned 5 bytes where its key makes 128": {signature: []byte("short")},
	} {
		vendor := answering(accepted)
		c, err := ceffu.New(ceffu.Credentials{APIKey: testAPIKey, Signer: signer}, through(vendor))
		require.NoError(t, err)
		_, err = c.ResendWebhooks(t.Context(), testRequest())
		require.EqualError(t, err, "ceffu: resend webhooks: "+says+", before the first attempt")
		require.NotErrorIs(t, err, ceffu.ErrOutcomeUnknown)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.Empty(t, vendor.requests())
	}
}

func TestCredentialsComeFromTheEnvironment(t *testing.T) { //nolint:paralleltest // which is the whole program's
	for _, tt := range []struct{ key, secret, missing string }{
		{" " + testAPIKey + "\n", testPEM(), ""},
		{"", "canary", "CEFFU_API_KEY"},
		{"canary", "", "CEFFU_API_SECRET"},
		{"\t", " ", "CEFFU_API_KEY, CEFFU_API_SECRET"},
	} {
		t.Setenv(ceffu.EnvAPIKey, tt.key)
		t.Setenv(ceffu.EnvAPISecret, tt.secret)
		creds, err := ceffu.CredentialsFromEnv()
		if tt.missing != "" {
			require.EqualError(t, err, "ceffu: not set in the environment: "+tt.missing)
			assert.Equal(t, ceffu.Credentials{}, creds)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, testAPIKey, creds.APIKey)
		_, err = ceffu.New(creds)
		require.NoError(t, err)
	}
}
