package signer_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"sync"
)

// rsaKey is made once for all tests that only read it.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })

var ecKey = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })

var edKey = sync.OnceValue(func() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must(key, err)
})

// must is for what cannot fail while the tests are set up.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err) //nolint:forbidigo // there is no test to fail yet
	}
	return v
}

// short is a modulus of 1023 bits, one fewer than Go signs with.
var short = new(big.Int).Lsh(big.NewInt(1), 1022)

// assembled is a key as it comes out of a vault by its numbers, without what
// Precompute adds.
func assembled(key *rsa.PrivateKey) *rsa.PrivateKey {
	return &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Set(key.N), E: key.E},
		D:         new(big.Int).Set(key.D),
		Primes:    []*big.Int{new(big.Int).Set(key.Primes[0]), new(big.Int).Set(key.Primes[1])},
	}
}

func pkcs8(key any) []byte { return must(x509.MarshalPKCS8PrivateKey(key)) }

func pkcs1(key *rsa.PrivateKey) []byte { return x509.MarshalPKCS1PrivateKey(key) }

func b64(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

func armour(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
