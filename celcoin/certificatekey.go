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
	name, blocks, err := readPEM("key", value)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(blocks, func(b *pem.Block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") })
	if i < 0 {
		return nil, fmt.Errorf("%s has no block BEGIN PRIVATE KEY or BEGIN ENCRYPTED PRIVATE KEY; give the key that belongs to the certificate", name)
	}
	var key any
	if block := blocks[i]; block.Type == "ENCRYPTED PRIVATE KEY" {
		if key, err = decryptPrivateKey(block.Bytes, passphrase); err != nil {
			return nil, fmt.Errorf("%s is encrypted, and %w", name, err)
		}
	} else {
		key = parseKey(block.Bytes)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s is damaged or not an RSA, ECDSA or Ed25519 key; copy it again, and try: openssl pkey -noout -in key.pem"+
			" (a key of OpenSSH is converted by ssh-keygen -p -m PKCS8 -f key.pem)", name)
	}
	return signer, nil
}

// parseKey takes each form under each name, as crypto/tls does: tools mix them
// up. It is nil if there is no key.
func parseKey(der []byte) any {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key
	}
	return nil
}

func decryptPrivateKey(der []byte, passphrase string) (key any, err error) {
	defer func() {
		if recover() != nil { // pkcs8 hands what is not whole blocks to crypto/cipher
			key, err = nil, errors.New("it is damaged or cut off; copy it again")
		}
	}()
	if passphrase == "" {
		return nil, errors.New("there is no passphrase; give the one that came with the key")
	}
	key, err = pkcs8.ParsePKCS8PrivateKey(der, []byte(passphrase))
	switch {
	case err == nil:
		return key, nil
	case err.Error() != "pkcs8: incorrect password":
		return nil, fmt.Errorf("in a way that is not supported (%w); convert it: %s", err, convertKey)
	case strings.TrimSpace(passphrase) != passphrase:
		return nil, errors.New("is not decrypted by the passphrase, which has white space at an end: is that part of it?")
	}
	return nil, errors.New("is not decrypted by the passphrase; check that it is the one of this key")
}
