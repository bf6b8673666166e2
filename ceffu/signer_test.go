package ceffu_test

import (
	"context"
	"crypto"
	"fmt"
	"io"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// held is a key in a place that signs, but does not hand the key out.
type held struct {
	public    crypto.PublicKey
	err       error
	signature []byte // instead of the true one
}

func (h *held) Public() crypto.PublicKey {
	if h.public != nil {
		return h.public
	}
	return &testKey().PublicKey
}

func (h *held) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if h.err != nil || h.signature != nil {
		return h.signature, h.err
	}
	return testKey().Sign(random, digest, opts)
}

func TestASignerSignsInPlaceOfASecret(t *testing.T) {
	t.Parallel()
	for name, signer := range map[string]crypto.Signer{"a key held elsewhere": &held{}, "an RSA key in memory": testKey()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendor := answering(code(500, "G20001"), accepted)
			c, err := ceffu.New(ceffu.Credentials{APIKey: testAPIKey, Signer: signer}, through(vendor), soon())
			require.NoError(t, err)
			_, err = c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			require.Len(t, vendor.requests(), 2)
			assertFresh(t, vendor.requests())
		})
	}
}

func TestASignerThatFailsEndsTheCallBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		signer *held
		want   string
	}{
		"with an error": {&held{err: errReset}, "sign the request: connection reset by a test"},
		"with a signature of another length": {&held{signature: []byte("short")},
			"sign the request: the signer returned 5 bytes where its key makes 128"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendor := answering(accepted)
			c, err := ceffu.New(ceffu.Credentials{APIKey: testAPIKey, Signer: tt.signer}, through(vendor))
			require.NoError(t, err)
			_, err = c.ResendWebhooks(t.Context(), testRequest())
			require.EqualError(t, err, "ceffu: resend webhooks: "+tt.want+", before the first attempt")
			require.NotErrorIs(t, err, ceffu.ErrOutcomeUnknown)
			assert.Empty(t, vendor.requests())
		})
	}
}

// A key in a KMS is mostly asked over HTTP.
func TestAFailureOfASignersOwnCallIsNotTheCallers(t *testing.T) {
	t.Parallel()
	failure := fmt.Errorf("kms: %w", &url.Error{Op: "Post", URL: "https://kms.example/sign?token=canary", Err: context.DeadlineExceeded})
	c, err := ceffu.New(ceffu.Credentials{APIKey: testAPIKey, Signer: &held{err: failure}}, through(answering(accepted)))
	require.NoError(t, err)
	_, err = c.ResendWebhooks(t.Context(), testRequest())
	require.EqualError(t, err, "ceffu: resend webhooks: sign the request: context deadline exceeded, before the first attempt")
	require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's context lives")
}
