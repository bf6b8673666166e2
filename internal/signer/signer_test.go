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

// elsewhere holds a key and signs with it as it is told.
func elsewhere(key *rsa.PrivateKey) *held {
	return &held{&key.PublicKey, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		return key.Sign(nil, digest, opts)
	}}
}

var body = []byte(`{"webhookId":"1","timestamp":1700000000000}`)

// assertSigned verifies a signature as Ceffu is documented to do.
func assertSigned(t *testing.T, public *rsa.PublicKey, signature string) {
	t.Helper()
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	require.NoError(t, err, "standard, padded base64")
	digest := sha512.Sum512(body)
	assert.NoError(t, rsa.VerifyPKCS1v15(public, crypto.SHA512, digest[:], raw))
}

func TestSignaturesVerify(t *testing.T) {
	t.Parallel()
	parsed, err := signer.Parse(b64(pkcs8(rsaKey())))
	require.NoError(t, err)
	through := func(s crypto.Signer) *signer.Signer {
		made, err := signer.FromSigner(s)
		require.NoError(t, err)
		return made
	}
	public := &rsaKey().PublicKey
	byHand := assembled(rsaKey())
	for _, tt := range []struct {
		name   string
		signer *signer.Signer
	}{
		{"with a parsed key", signer.FromKey(parsed)},
		{"with a key in memory", through(rsaKey())},
		{"with a key assembled by hand", through(byHand)},
		{"with a key held elsewhere", through(elsewhere(rsaKey()))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			first, err := tt.signer.Sign(body)
			require.NoError(t, err)
			assertSigned(t, public, first)
			second, err := tt.signer.Sign(body)
			require.NoError(t, err)
			assert.Equal(t, first, second, "PKCS#1 v1.5 is deterministic")
			other, err := tt.signer.Sign(append(body, ' '))
			require.NoError(t, err)
			assert.NotEqual(t, first, other)
			_, err = tt.signer.Sign(nil)
			assert.NoError(t, err, "an empty body is one, too")
		})
	}
}

func TestASignerIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s, err := signer.FromSigner(rsaKey())
	require.NoError(t, err)
	want, err := s.Sign(body)
	require.NoError(t, err)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 5 {
				got, err := s.Sign(body)
				require.NoError(t, err)
				assert.Equal(t, want, got)
			}
		})
	}
	callers.Wait()
}

func TestTheCallersKeyIsNotModified(t *testing.T) {
	t.Parallel()
	byHand := assembled(rsaKey())
	s, err := signer.FromSigner(byHand)
	require.NoError(t, err)
	assert.Nil(t, byHand.Precomputed.Dp)
	assert.Equal(t, assembled(rsaKey()), byHand)

	// It may even be wiped afterwards.
	byHand.D.SetInt64(0)
	byHand.N.SetInt64(0)
	for _, p := range byHand.Primes {
		p.SetInt64(0)
	}
	byHand.Primes[0] = nil
	signature, err := s.Sign(body)
	require.NoError(t, err)
	assertSigned(t, &rsaKey().PublicKey, signature)
}

func TestSignersThatAreRefused(t *testing.T) {
	t.Parallel()
	var typedNil *held
	var nilKey *rsa.PrivateKey
	incomplete := func(change func(*rsa.PrivateKey)) crypto.Signer {
		key := assembled(rsaKey())
		change(key)
		return key
	}
	const inconsistent = "the key is not consistent: " + expected
	for _, tt := range []struct {
		name   string
		signer crypto.Signer
		err    string
	}{
		{"nil", nil, "the signer is nil"},
		{"a typed nil", typedNil, "the signer is nil"},
		{"a nil key", nilKey, "the signer is nil"},
		{"an EC key", ecKey(), "the signer's key is not an RSA key"},
		{"an Ed25519 key", edKey(), "the signer's key is not an RSA key"},
		{"one without a public key", &held{}, "the signer's key is not an RSA key"},
		{"one with a nil public key", &held{public: (*rsa.PublicKey)(nil)}, "the signer's key is not an RSA key"},
		{"one with an empty public key", &held{public: &rsa.PublicKey{}}, "the signer's key is not an RSA key"},
		{"a short key held elsewhere", elsewhere(shortKey(t, 1023)), "the signer's key has 1023 bits, at least 1024 are needed"},
		{"a short key", shortKey(t, 512), "the key has 512 bits, at least 1024 are needed: " + expected},
		{"an empty key", &rsa.PrivateKey{}, "the key is incomplete: " + expected},
		{"a key without its exponent", incomplete(func(k *rsa.PrivateKey) { k.D = nil }), "the key is incomplete: " + expected},
		{"a key without primes", incomplete(func(k *rsa.PrivateKey) { k.Primes = nil }), "the key is incomplete: " + expected},
		{"a key with a missing prime", incomplete(func(k *rsa.PrivateKey) { k.Primes[1] = nil }), "the key is incomplete: " + expected},
		{"a key with missing primes, of three", incomplete(func(k *rsa.PrivateKey) { k.Primes = make([]*big.Int, 3) }), "the key is incomplete: " + expected},
		{"a key with another modulus", incomplete(func(k *rsa.PrivateKey) { k.N.Add(k.N, big.NewInt(2)) }), inconsistent},
		{"a key with another exponent", incomplete(func(k *rsa.PrivateKey) { k.D.Add(k.D, big.NewInt(2)) }), inconsistent},
		{"a key with no public exponent", incomplete(func(k *rsa.PrivateKey) { k.E = 0 }), inconsistent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := signer.FromSigner(tt.signer)
			require.EqualError(t, err, tt.err)
			assert.Nil(t, s)
		})
	}
}

func TestASignerThatFails(t *testing.T) {
	t.Parallel()
	away := errors.New("the HSM is away")
	for _, tt := range []struct {
		name string
		sig  []byte
		err  error
		want string
	}{
		{"with an error", nil, away, "the HSM is away"},
		{"with nothing", nil, nil, "the signer returned 0 bytes where its key makes 256"},
		{"with too little", make([]byte, 255), nil, "the signer returned 255 bytes where its key makes 256"},
		{"with too much", make([]byte, 512), nil, "the signer returned 512 bytes where its key makes 256"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := signer.FromSigner(&held{&rsaKey().PublicKey, func([]byte, crypto.SignerOpts) ([]byte, error) {
				return tt.sig, tt.err
			}})
			require.NoError(t, err)
			signature, err := s.Sign(body)
			require.EqualError(t, err, tt.want)
			assert.Empty(t, signature)
			if tt.err != nil {
				assert.ErrorIs(t, err, tt.err)
			}
		})
	}
}

func TestASignerElsewhereIsAskedForSHA512(t *testing.T) {
	t.Parallel()
	var asked crypto.SignerOpts
	var got []byte
	s, err := signer.FromSigner(&held{&rsaKey().PublicKey, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		asked, got = opts, digest
		return make([]byte, 256), nil
	}})
	require.NoError(t, err)
	_, err = s.Sign(body)
	require.NoError(t, err)
	want := sha512.Sum512(body)
	assert.Equal(t, crypto.SHA512, asked, "and with that for PKCS#1 v1.5, not for PSS")
	assert.Equal(t, want[:], got)
}
