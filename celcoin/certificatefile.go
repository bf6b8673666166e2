package celcoin

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// pemSource is PEM text and what to call it in errors.
type pemSource struct {
	name string // "the key" or `the key in "client.key"`
	text string
}

// readPEM takes PEM text, or reads the file of a path. Whatever is neither may
// be a secret.
func readPEM(what, value string) (pemSource, error) {
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		return pemSource{}, fmt.Errorf("the %s is missing: give its PEM text or the path of its PEM file", what)
	case strings.Contains(value, "-----BEGIN"):
		return pemSource{"the " + what, withLines(value)}, nil
	}
	data, err := os.ReadFile(value) //nolint:gosec // the path is what the user gives
	if err != nil {
		return pemSource{}, readError(what, value, err)
	}
	s := pemSource{name: "the " + what}
	if isPrintable(value) {
		s.name += ` in "` + value + `"`
	}
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		return pemSource{}, notPEM(s.name, data)
	}
	s.text = withLines(string(data))
	return s, nil
}

// readError says why a value could not be read as a file.
func readError(what, value string, err error) error {
	cause := err
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		cause = p.Err // its own text has the path
	}
	if isPath(value) {
		return fmt.Errorf(`the %s cannot be read from "%s": %w`, what, value, cause)
	}
	if data, err := base64.StdEncoding.DecodeString(value); err == nil && len(data) >= 32 {
		return fmt.Errorf("the %s looks like base64 without its BEGIN and END lines (its value is not shown); "+
			"give the whole PEM text, decoded if it was encoded once more, or the path of its PEM file", what)
	}
	return fmt.Errorf("the %s is neither PEM text, which begins with -----BEGIN, nor the path of a file that can be read (%w); its value is not shown", what, cause)
}

// fileTypes are the extensions of files for TLS.
var fileTypes = []string{".pem", ".crt", ".cer", ".cert", ".key", ".der", ".pfx", ".p12", ".p7b", ".txt"}

// isPath tells whether a value that names no file was clearly meant to: base64
// has no dot, and a secret does not lie in a directory.
func isPath(value string) bool {
	if !isPrintable(value) {
		return false
	}
	if slices.Contains(fileTypes, strings.ToLower(filepath.Ext(value))) {
		return true
	}
	dir := filepath.Dir(value)
	info, err := os.Stat(dir)
	return err == nil && info.IsDir() && filepath.IsAbs(dir) && dir != filepath.Dir(dir)
}

func isPrintable(path string) bool {
	const longest = 512
	return len(path) <= longest && !strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) })
}

// notPEM says what a file without PEM is, and how to convert it.
func notPEM(name string, data []byte) error {
	const version3 = "\x02\x01\x03" // of a PFX, its first element
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return fmt.Errorf("%s: the file is empty", name)
	case data[0] == 0x30 && bytes.Contains(data[:min(len(data), 8)], []byte(version3)):
		return fmt.Errorf("%s is a .pfx or .p12 file; convert it, and give the two new files: "+
			"openssl pkcs12 -in client.pfx -nokeys -out cert.pem and openssl pkcs12 -in client.pfx -nocerts -out key.pem "+
			"(with -legacy if openssl does not support its encryption)", name)
	case data[0] == 0x30:
		if _, err := x509.ParseCertificate(data); err == nil {
			return fmt.Errorf("%s is a binary (DER) certificate; convert it: openssl x509 -inform DER -in client.cer -out cert.pem", name)
		}
		return fmt.Errorf("%s is binary (DER); convert a key: openssl pkcs8 -topk8 -inform DER -in client.der -out key.pem", name)
	}
	return fmt.Errorf("%s: the file holds no PEM text, which begins with -----BEGIN", name)
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

// blocks are the whole PEM blocks of a text.
func (s pemSource) blocks() ([]*pem.Block, error) {
	var found []*pem.Block
	for rest := []byte(s.text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		found = append(found, block)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no complete PEM block: it is cut off or damaged; copy it again with its BEGIN and END lines", s.name)
	}
	return found, nil
}

// readCertificates reads the certificates of a chain, in their order.
func readCertificates(value string) ([]*x509.Certificate, error) {
	s, err := readPEM("certificate", value)
	if err != nil {
		return nil, err
	}
	blocks, err := s.blocks()
	if err != nil {
		return nil, err
	}
	var chain []*x509.Certificate
	for _, block := range blocks {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: its certificate number %d cannot be parsed; copy it again", s.name, len(chain)+1)
		}
		chain = append(chain, c)
	}
	if len(chain) > 0 {
		return chain, nil
	}
	switch kind := blocks[0].Type; {
	case strings.HasSuffix(kind, "PRIVATE KEY"):
		return nil, fmt.Errorf("%s is a private key; give the certificate first and the key second", s.name)
	case strings.HasSuffix(kind, "CERTIFICATE REQUEST"):
		return nil, fmt.Errorf("%s is a certificate request (CSR); give the certificate that Celcoin issued for it", s.name)
	case strings.HasPrefix(kind, "PKCS"):
		return nil, fmt.Errorf("%s is a PKCS#7 file; convert it: openssl pkcs7 -print_certs -in client.p7b -out cert.pem", s.name)
	}
	return nil, fmt.Errorf("%s has no block BEGIN CERTIFICATE", s.name)
}
