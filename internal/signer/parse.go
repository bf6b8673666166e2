// Package signer reads RSA private keys in the forms in which they are handed
// out, and signs with them: RSASSA-PKCS1-v1_5 over SHA-512, in base64.
package signer

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// MinBits is the smallest key that Go signs with.
const MinBits = 1024

// errFormat says what is expected and nothing of what was given.
var errFormat = errors.New("want an RSA private key: base64 of PKCS#8 or PKCS#1 DER, or PEM of either")

func refuse(format string, args ...any) error {
	return fmt.Errorf("the key "+format+": %w", append(args, errFormat)...)
}

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

// armour is a block of PEM, with or without headers. A line break in it may be
// any white space, or lost: the words alone tell where its base64 begins and ends.
var armour = regexp.MustCompile(`-----BEGIN ([A-Z0-9 ]+)-----(?:\s*[A-Za-z-]+: [^\r\n]*)*(?s:(.*?))-----END `)

// decode takes off whatever the DER is wrapped in. The block of the private key
// may come with the public key or certificates.
func decode(secret string) ([]byte, error) {
	secret = strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(strings.Trim(secret, " \t\r\n\"'\ufeff"))
	if !strings.Contains(secret, "-----BEGIN") {
		return unpack(secret)
	}
	encrypted := errors.New("the key is encrypted: decrypt it first, for example with openssl pkcs8")
	refusal := fmt.Errorf("the PEM has no block that can be read as a private key: %w", errFormat)
	for _, block := range armour.FindAllStringSubmatch(secret, -1) {
		switch kind := block[1]; {
		case strings.Contains(block[0], "ENCRYPTED"):
			return nil, encrypted
		case kind == "PRIVATE KEY", kind == "RSA PRIVATE KEY":
			return unpack(block[2])
		case kind == "EC PRIVATE KEY":
			refusal = refuse("is an EC key")
		case strings.HasSuffix(kind, "PUBLIC KEY"):
			refusal = refuse("is a public key")
		case kind == "CERTIFICATE":
			refusal = refuse("is a certificate")
		}
	}
	return nil, refusal
}

// unpack decodes base64 with any white space in it.
func unpack(text string) ([]byte, error) {
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
	}, text)
	packed = strings.TrimRight(packed, "=")
	if packed == "" {
		return nil, refuse("is empty")
	}
	der, err := base64.RawStdEncoding.DecodeString(packed)
	if err != nil {
		return nil, refuse("is not base64")
	}
	return der, nil
}

// parseDER tells an RSA key from all that is like one.
func parseDER(der []byte) (*rsa.PrivateKey, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		switch key := key.(type) {
		case *rsa.PrivateKey:
			return key, nil
		case *ecdsa.PrivateKey:
			return nil, refuse("is an EC key")
		}
		return nil, refuse("is not an RSA key")
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if _, err := x509.ParseECPrivateKey(der); err == nil {
		return nil, refuse("is an EC key")
	}
	if _, err := x509.ParsePKIXPublicKey(der); err == nil {
		return nil, refuse("is a public key")
	}
	if _, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return nil, refuse("is a public key")
	}
	if _, err := x509.ParseCertificate(der); err == nil {
		return nil, refuse("is a certificate")
	}
	return nil, refuse("is garbled or cut off")
}

// ready checks a key and brings it into the state in which it signs fastest, on
// a copy down to the numbers: the caller's key may be in use, or be wiped.
func ready(key *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	if key.N == nil || key.D == nil || len(key.Primes) < 2 || slices.Contains(key.Primes, nil) {
		return nil, refuse("is incomplete")
	}
	if bits := key.N.BitLen(); bits < MinBits {
		return nil, refuse("has %d bits, at least %d are needed", bits, MinBits)
	}
	own := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Set(key.N), E: key.E},
		D:         new(big.Int).Set(key.D),
	}
	for _, prime := range key.Primes {
		own.Primes = append(own.Primes, new(big.Int).Set(prime))
	}
	if err := own.Validate(); err != nil {
		return nil, refuse("is not consistent")
	}
	own.Precompute()
	return own, nil
}
