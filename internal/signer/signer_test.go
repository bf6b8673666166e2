package signer_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/signer"
)

// held is a key behind a crypto.Signer, as in an HSM.
type held struct {
	public crypto.PublicKey
	sign   func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (h *held) Public() crypto.PublicKey { return h.public }

func (h *held) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return h.sign(digest, opts)
}

var body = []byte(`{"webhookId":"1","timestamp":1700000000000}`)

// assertSigned verifies a signature as Ceffu is documented to do.
func assertSigned(t *testing.T, public *rsa.PublicKey, signature string) {
	t.Helper()
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	digest := sha512.Sum512(body)
	assert.NoError(t, errors.Join(err, rsa.VerifyPKCS1v15(public, crypto.SHA512, digest[:], raw)), "standard, padded base64")
}

func TestSignaturesVerify(t *testing.T) {
	t.Parallel()
	all := signers(t)
	var err error
	all["held elsewhere"], err = signer.FromSigner(&held{&rsaKey().PublicKey, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		return rsaKey().Sign(nil, digest, opts)
	}})
	require.NoError(t, err)
	for name, s := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var callers sync.WaitGroup // one signer serves all goroutines
			for range 4 {
				callers.Go(func() {
					signature, err := s.Sign(body)
					if assert.NoError(t, err) {
						assertSigned(t, &rsaKey().PublicKey, signature)
					}
				})
			}
			callers.Wait()
		})
	}
}

func TestTheCallersKeyIsNotModified(t *testing.T) {
	t.Parallel()
	byHand := assembled(rsaKey())
	s, err := signer.FromSigner(byHand)
	require.NoError(t, err)
	assert.Equal(t, assembled(rsaKey()), byHand)

	// It may even be wiped afterwards.
	for _, number := range append(byHand.Primes, byHand.D, byHand.N) {
		number.SetInt64(0)
	}
	signature, err := s.Sign(body)
	require.NoError(t, err)
	assertSigned(t, &rsaKey().PublicKey, signature)
}

func TestSignersThatAreRefused(t *testing.T) {
	t.Parallel()
	var typedNil *held
	changed := func(change func(*rsa.PrivateKey)) crypto.Signer {
		key := assembled(rsaKey())
		change(key)
		return key
	}
	for _, tt := range []struct {
		name   string
		signer crypto.Signer
		says   string
	}{
		{"nil", nil, "the signer is nil"},
		{"a typed nil", typedNil, "the signer is nil"},
		{"an EC key", ecKey(), "not an RSA key"},
		{"one without a public key", &held{}, "not an RSA key"},
		{"one with a nil public key", &held{public: (*rsa.PublicKey)(nil)}, "not an RSA key"},
		{"one with an empty public key", &held{public: &rsa.PublicKey{}}, "not an RSA key"},
		{"a short key held elsewhere", &held{public: &rsa.PublicKey{N: short}}, "1023 bits, at least 1024 are needed"},
		{"a short key", changed(func(k *rsa.PrivateKey) { k.N = short }), "1023 bits, at least 1024 are needed"},
		{"an empty key", &rsa.PrivateKey{}, "incomplete"},
		{"a key without its exponent", changed(func(k *rsa.PrivateKey) { k.D = nil }), "incomplete"},
		{"a key without primes", changed(func(k *rsa.PrivateKey) { k.Primes = nil }), "incomplete"},
		{"a key with a missing prime", changed(func(k *rsa.PrivateKey) { k.Primes[1] = nil }), "incomplete"},
		{"a key with another modulus", changed(func(k *rsa.PrivateKey) { k.N.Add(k.N, big.NewInt(2)) }), "not consistent"},
		{"a key with another exponent", changed(func(k *rsa.PrivateKey) { k.D.Add(k.D, big.NewInt(2)) }), "not consistent"},
	} {
		s, err := signer.FromSigner(tt.signer)
		require.ErrorContains(t, err, tt.says, tt.name)
		assert.Nil(t, s)
	}
}

func TestASignerThatFails(t *testing.T) {
	t.Parallel()
	away := errors.New("the HSM is away")
	for says, failure := range map[string]error{"the HSM is away": away, "returned 255 bytes where its key makes 256": nil} {
		s, err := signer.FromSigner(&held{&rsaKey().PublicKey, func([]byte, crypto.SignerOpts) ([]byte, error) {
			return make([]byte, 255), failure
		}})
		require.NoError(t, err)
		_, err = s.Sign(body)
		require.ErrorContains(t, err, says)
		require.True(t, failure == nil || errors.Is(err, failure))
	}
}
