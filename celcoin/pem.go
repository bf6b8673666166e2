package celcoin

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/youmark/pkcs8"
)

const begin = "-----BEGIN"

// pemBlocks are the blocks of PEM text, and what to call it in errors.
type pemBlocks struct {
	name   string
	blocks []*pem.Block
}

// readPEM takes PEM text, or reads the file of a path. A value that is neither
// may be a secret.
func readPEM(what, value string) (*pemBlocks, error) {
	name, text := "the "+what, strings.TrimSpace(value)
	if text == "" {
		return nil, fmt.Errorf("%s is missing: give its PEM text or the path of its PEM file", name)
	}
	if !strings.Contains(text, begin) {
		var err error
		if name, text, err = readFile(name, text); err != nil {
			return nil, err
		}
	}
	if what == "key" && strings.Contains(text, "4,ENCRYPTED") { // before its headers are parsed, which a lost line break spoils
		return nil, fmt.Errorf(`%s is encrypted in the traditional form ("Proc-Type: 4,ENCRYPTED"); convert it to PKCS#8: %s`, name, convertKey)
	}
	p := &pemBlocks{name: name}
	for rest := []byte(withLines(text)); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		p.blocks = append(p.blocks, block)
	}
	if len(p.blocks) == 0 {
		return nil, fmt.Errorf("%s has no complete PEM block: it is cut off or damaged; copy it again with its BEGIN and END lines", name)
	}
	return p, nil
}

func (p *pemBlocks) encode() []byte {
	var b []byte
	for _, block := range p.blocks {
		b = append(b, pem.EncodeToMemory(block)...)
	}
	return b
}

// pathLike matches a value that is meant as the path of a file, and no secret:
// base64 has no dot.
var pathLike = regexp.MustCompile(`^\PC{1,512}\.(?i:pem|crt|cer|cert|key|der|pfx|p12|p7b|txt)$`)

// readFile reads a file of PEM text, and adds its path to the name.
func readFile(name, path string) (named, text string, err error) {
	shown := pathLike.MatchString(path)
	if shown {
		name += ` in "` + path + `"`
	}
	data, err := os.ReadFile(path) //nolint:gosec // the path is what the user gives
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err // its own text has the path
	}
	const version3 = "\x02\x01\x03" // of a PFX, its first element
	switch {
	case err != nil && shown:
		return "", "", fmt.Errorf("%s cannot be read: %w", name, err)
	case err != nil:
		return "", "", fmt.Errorf("%s is neither PEM text, which begins with %s, nor the path of a file that can be read (%w); its value is not shown", name, begin, err)
	case bytes.Contains(data, []byte(begin)):
		return name, string(data), nil
	case !bytes.HasPrefix(data, []byte{0x30}):
		return "", "", fmt.Errorf("%s is empty or not PEM text, which begins with %s", name, begin)
	case bytes.Contains(data[:min(len(data), 8)], []byte(version3)):
		return "", "", fmt.Errorf("%s is a .pfx or .p12 file; convert it, and give the two new files: "+
			"openssl pkcs12 -in client.pfx -nokeys -out cert.pem and openssl pkcs12 -in client.pfx -nocerts -out key.pem "+
			"(with -legacy if openssl does not support its encryption)", name)
	}
	return "", "", fmt.Errorf("%s is binary (DER); convert a certificate by openssl x509 -inform DER -in client.cer -out cert.pem, "+
		"a key by openssl pkcs8 -topk8 -inform DER -in client.der -out key.pem", name)
}

// armour is the first or the last line of a PEM block.
var armour = regexp.MustCompile(`-----(BEGIN|END) [A-Z0-9 ]+-----`)

// withLines puts back the line breaks that PEM text lost on its way through an
// environment variable, without which its blocks cannot be found.
func withLines(s string) string {
	s = strings.NewReplacer(`\r`, "\n", `\n`, "\n", "\r", "\n").Replace(s)
	s = armour.ReplaceAllString(s, "\n$0\n")
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

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
