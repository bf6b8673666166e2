package celcoin

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/youmark/pkcs8"
)

// convertKey is the command that turns an encrypted key of any kind into one
// that can be read here.
const convertKey = "openssl pkcs8 -topk8 -in key.pem -out key-pkcs8.pem"

// readPrivateKey reads the first private key, decrypted.
func readPrivateKey(value, passphrase string) (crypto.Signer, error) {
	s, err := readPEM("key", value)
	if err != nil {
		return nil, err
	}
	if strings.Contains(s.text, "4,ENCRYPTED") { // before its headers are parsed, which a lost line break spoils
		return nil, fmt.Errorf(`%s is encrypted in the traditional form ("Proc-Type: 4,ENCRYPTED"); convert it to PKCS#8: %s`, s.name, convertKey)
	}
	blocks, err := s.blocks()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(blocks, func(b *pem.Block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") })
	switch {
	case i >= 0:
		return parsePrivateKey(s.name, blocks[i], passphrase)
	case blocks[0].Type == "CERTIFICATE":
		return nil, fmt.Errorf("%s is a certificate; give the private key that belongs to it", s.name)
	}
	return nil, fmt.Errorf("%s has no block BEGIN PRIVATE KEY or BEGIN ENCRYPTED PRIVATE KEY", s.name)
}

func parsePrivateKey(name string, block *pem.Block, passphrase string) (crypto.Signer, error) {
	var key any
	var err error
	switch block.Type {
	case "ENCRYPTED PRIVATE KEY":
		if passphrase == "" {
			return nil, fmt.Errorf("%s is encrypted, and there is no passphrase; give the one that came with the key", name)
		}
		if key, err = decryptPrivateKey(block.Bytes, passphrase); err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		key, err = parseKey(block.Bytes)
	case "OPENSSH PRIVATE KEY":
		return nil, fmt.Errorf("%s is in the format of OpenSSH; convert a copy of it: ssh-keygen -p -m PKCS8 -f key.pem", name)
	default:
		return nil, fmt.Errorf("%s is of a kind that TLS does not know; want an RSA, ECDSA or Ed25519 key", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is damaged or of an unknown kind; copy it again, and try: openssl pkey -noout -in key.pem", name)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s cannot sign; want an RSA, ECDSA or Ed25519 key", name)
	}
	return signer, nil
}

// parseKey takes each form under each name, as crypto/tls does: tools mix them up.
func parseKey(der []byte) (any, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return x509.ParsePKCS8PrivateKey(der)
}

// decryptPrivateKey decrypts a PKCS#8 key. Its errors follow the name of the
// key.
func decryptPrivateKey(der []byte, passphrase string) (key any, err error) {
	damaged := errors.New("is damaged: its encrypted part is cut off; copy it again")
	defer func() {
		if recover() != nil { // pkcs8 hands what is not whole blocks to crypto/cipher
			key, err = nil, damaged
		}
	}()
	key, err = pkcs8.ParsePKCS8PrivateKey(der, []byte(passphrase))
	switch {
	case err == nil:
		return key, nil
	case err.Error() == "pkcs8: incorrect password" && strings.TrimSpace(passphrase) != passphrase:
		return nil, errors.New("is not decrypted by the passphrase, which has white space at an end: is that part of it?")
	case err.Error() == "pkcs8: incorrect password":
		return nil, errors.New("is not decrypted by the passphrase; check that it is the one of this key")
	}
	return nil, fmt.Errorf("is encrypted in a way that is not supported (%w); convert it: %s", err, convertKey)
}
