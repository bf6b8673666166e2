package celcoin

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"
)

// convertKey is the command that turns an encrypted key of any kind into one
// that can be read here.
const convertKey = "openssl pkcs8 -topk8 -in key.pem -out key-pkcs8.pem"

// decrypt decrypts the keys that are encrypted.
func (p *pemBlocks) decrypt(passphrase string) error {
	for _, block := range p.blocks {
		if block.Type != "ENCRYPTED PRIVATE KEY" {
			continue
		}
		der, err := decryptKey(block.Bytes, passphrase)
		if err != nil {
			return fmt.Errorf("%s is encrypted, and %w", p.name, err)
		}
		block.Type, block.Bytes = "PRIVATE KEY", der
	}
	return nil
}

func decryptKey(encrypted []byte, passphrase string) (der []byte, err error) {
	defer func() {
		if recover() != nil { // pkcs8 hands what is not whole blocks to crypto/cipher
			err = errors.New("damaged or cut off; copy it again")
		}
	}()
	if passphrase == "" {
		return nil, errors.New("there is no passphrase; give the one that came with the key")
	}
	key, err := pkcs8.ParsePKCS8PrivateKey(encrypted, []byte(passphrase))
	switch {
	case err == nil:
		return x509.MarshalPKCS8PrivateKey(key)
	case err.Error() != "pkcs8: incorrect password":
		return nil, fmt.Errorf("in a way that is not supported (%w); convert it: %s", err, convertKey)
	case strings.TrimSpace(passphrase) != passphrase:
		return nil, errors.New("not decrypted by the passphrase, which has white space at an end: is that part of it?")
	}
	return nil, errors.New("not decrypted by the passphrase; check that it is the one of this key")
}
