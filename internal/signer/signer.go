package signer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
)

// Signer signs bodies with one RSA key. It is safe for concurrent use if the
// crypto.Signer behind it is.
type Signer struct {
	key  *rsa.PrivateKey // nil if the key is held elsewhere
	held crypto.Signer
	size int // of a signature, in bytes
}

// FromKey signs with a key in memory.
func FromKey(key *rsa.PrivateKey) *Signer { return &Signer{key: key, size: key.Size()} }

// FromSigner signs through a crypto.Signer whose public key is an RSA one.
func FromSigner(s crypto.Signer) (*Signer, error) {
	if v := reflect.ValueOf(s); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, errors.New("the signer is nil")
	}
	if key, ok := s.(*rsa.PrivateKey); ok {
		own, err := ready(key)
		if err != nil {
			return nil, err
		}
		return FromKey(own), nil
	}
	public, ok := s.Public().(*rsa.PublicKey)
	if !ok || public == nil || public.N == nil {
		return nil, errors.New("the signer's key is not an RSA key")
	}
	if bits := public.N.BitLen(); bits < MinBits {
		return nil, fmt.Errorf("the signer's key has %d bits, at least %d are needed", bits, MinBits)
	}
	return &Signer{held: s, size: public.Size()}, nil
}

// Sign returns the signature of a body, in standard padded base64.
func (s *Signer) Sign(body []byte) (string, error) {
	digest := sha512.Sum512(body)
	var sig []byte
	var err error
	if s.key != nil {
		// PKCS#1 v1.5 is deterministic: Go has no use for a source of randomness.
		sig, err = rsa.SignPKCS1v15(nil, s.key, crypto.SHA512, digest[:])
	} else {
		sig, err = s.held.Sign(rand.Reader, digest[:], crypto.SHA512)
	}
	if err != nil {
		return "", err
	}
	if len(sig) != s.size {
		return "", fmt.Errorf("the signer returned %d bytes where its key makes %d", len(sig), s.size)
	}
	// EncodeToString would make the text twice. This much fits the stack, and the
	// signatures of keys up to 6144 bits fit this much.
	return string(base64.StdEncoding.AppendEncode(make([]byte, 0, 1024), sig)), nil
}
