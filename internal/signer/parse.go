// Package signer reads RSA private keys in the forms in which they are handed
// out, and signs with them: RSASSA-PKCS1-v1_5 over SHA-512, in base64.
package signer

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"
)

// MinBits is the smallest key that Go signs with.
const MinBits = 1024

// errFormat says what is expected and nothing of what was given.
var errFormat = errors.New("want an RSA private key: base64 of PKCS#8 or PKCS#1 DER, or PEM of either")

var errEncrypted = errors.New("the key is encrypted: decrypt it first, for example with openssl pkcs8")

// Parse reads a private key: base64 of PKCS#8 or PKCS#1 DER, with any white
// space, or the same in PEM armour, whose line breaks may have become a
// literal \n on the way through an environment variable. No error shows
// anything of the secret.
func Parse(secret string) (*rsa.PrivateKey, error) {
	der, err := decode(secret)
	if err != nil {
		return nil, err
	}
	key, err := parseDER(der)
	if err != nil {
		return nil, err
	}
	return ready(key)
}

// decode takes off whatever the DER is wrapped in.
func decode(secret string) ([]byte, error) {
	secret = strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(strings.Trim(secret, " \t\r\n\"'\ufeff"))
	if strings.Contains(secret, "-----BEGIN") {
		return decodePEM(secret)
	}
	packed := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u200b', r == '\ufeff':
			return -1
		case r == '-':
			return '+' // the URL-safe alphabet
		case r == '_':
			return '/'
		}
		return r
	}, secret)
	packed = strings.TrimRight(packed, "=")
	if packed == "" {
		return nil, fmt.Errorf("the key is empty: %w", errFormat)
	}
	der, err := base64.RawStdEncoding.DecodeString(packed)
	if err != nil {
		return nil, fmt.Errorf("the key is not base64: %w", errFormat)
	}
	return der, nil
}

// decodePEM finds the private key among the blocks, which may come with the
// public key or certificates. Line breaks lost in pasting are put back first,
// since PEM is made of lines.
func decodePEM(secret string) ([]byte, error) {
	refusal := fmt.Errorf("the PEM has no block that can be read as a private key: %w", errFormat)
	if strings.Contains(secret, "ENCRYPTED") {
		refusal = errEncrypted // on one line its headers cannot be told from its body
	}
	for rest := []byte(relined(secret)); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		switch {
		case block == nil:
			return nil, refusal
		case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, errEncrypted
		case block.Type == "EC PRIVATE KEY":
			return nil, fmt.Errorf("the key is an EC key: %w", errFormat)
		case block.Type == "PRIVATE KEY", block.Type == "RSA PRIVATE KEY":
			return block.Bytes, nil
		case strings.HasSuffix(block.Type, "PUBLIC KEY"):
			refusal = fmt.Errorf("the key is a public key: %w", errFormat)
		case block.Type == "CERTIFICATE":
			refusal = fmt.Errorf("the key is a certificate: %w", errFormat)
		}
	}
}

// relined gives the armour lines of their own, and takes the white space at
// the ends of lines away.
func relined(s string) string {
	s = strings.ReplaceAll(s, "-----BEGIN", "\n-----BEGIN")
	s = strings.ReplaceAll(s, "-----END", "\n-----END")
	s = strings.ReplaceAll(s, "KEY-----", "KEY-----\n")
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n") + "\n"
}

// parseDER tells an RSA key from all that is like one.
func parseDER(der []byte) (*rsa.PrivateKey, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		switch key := key.(type) {
		case *rsa.PrivateKey:
			return key, nil
		case *ecdsa.PrivateKey:
			return nil, fmt.Errorf("the key is an EC key: %w", errFormat)
		case ed25519.PrivateKey:
			return nil, fmt.Errorf("the key is an Ed25519 key: %w", errFormat)
		default:
			return nil, errFormat
		}
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if _, err := x509.ParseECPrivateKey(der); err == nil {
		return nil, fmt.Errorf("the key is an EC key: %w", errFormat)
	}
	if _, err := x509.ParsePKIXPublicKey(der); err == nil {
		return nil, fmt.Errorf("the key is a public key: %w", errFormat)
	}
	if _, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return nil, fmt.Errorf("the key is a public key: %w", errFormat)
	}
	if _, err := x509.ParseCertificate(der); err == nil {
		return nil, fmt.Errorf("the key is a certificate: %w", errFormat)
	}
	return nil, fmt.Errorf("the key is garbled or cut off: %w", errFormat)
}

// ready checks a key and brings it into the state in which it signs fastest, on
// a copy down to the numbers: the caller's key may be in use, or be wiped.
func ready(key *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	if key.N == nil || key.D == nil || len(key.Primes) < 2 || slices.Contains(key.Primes, nil) {
		return nil, fmt.Errorf("the key is incomplete: %w", errFormat)
	}
	if bits := key.N.BitLen(); bits < MinBits {
		return nil, fmt.Errorf("the key has %d bits, at least %d are needed: %w", bits, MinBits, errFormat)
	}
	own := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Set(key.N), E: key.E},
		D:         new(big.Int).Set(key.D),
	}
	for _, prime := range key.Primes {
		own.Primes = append(own.Primes, new(big.Int).Set(prime))
	}
	if err := own.Validate(); err != nil {
		return nil, fmt.Errorf("the key is not consistent: %w", errFormat)
	}
	own.Precompute()
	return own, nil
}
