package ceffutest

import (
	"crypto/rsa"
	"crypto/x509"
	_ "embed" // for the test key
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
)

// testKey is an RSA key of 2048 bits that everybody has: making one takes longer
// than a test server may take to start.
//
//go:embed testkey.pem
var testKey []byte

// testAPIKey is the API key of every server.
const testAPIKey = "ceffutest-api-key"

// expectedKey is whose signatures the server accepts, and the secret of it: as
// Ceffu hands it out, or empty if it is a signer of the caller's.
func (o *options) expectedKey() (public *rsa.PublicKey, secret string, err error) {
	if o.signer != nil {
		public, ok := o.signer.Public().(*rsa.PublicKey)
		if !ok {
			return nil, "", fmt.Errorf("key: %T is not an RSA key, which is all that Ceffu takes", o.signer.Public())
		}
		return public, "", nil
	}
	block, _ := pem.Decode(testKey)
	if block == nil {
		return nil, "", errors.New("test key: no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, "", fmt.Errorf("test key: %w", err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, "", errors.New("test key: not RSA")
	}
	return &private.PublicKey, base64.StdEncoding.EncodeToString(block.Bytes), nil
}
