package celcoin_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/youmark/pkcs8"

	"github.com/reenvio/reenvio-go/celcoin"
)

const passphrase = "a passphrase for tests only"

// issued is a client certificate with its intermediate, in the forms in which
// they are handed out. The keys are made for each test.
type issued struct {
	cert, chain string // PEM
	key         string // PEM of PKCS#8
	leaf        tls.Certificate
	authority   issuer // the intermediate
}

func newIssued(t *testing.T) issued {
	t.Helper()
	intermediate := newIssuer("Intermediate of these tests", &authority)
	leaf := intermediate.issue(t, "fintech")
	p := issued{leaf: leaf, authority: intermediate, cert: pemOf("CERTIFICATE", leaf.Certificate[0])}
	p.chain = p.cert + pemOf("CERTIFICATE", intermediate.cert.Raw)
	der, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	require.NoError(t, err)
	p.key = pemOf("PRIVATE KEY", der)
	return p
}

// encrypted is the key in PKCS#8 under the passphrase.
func (p issued) encrypted(t *testing.T, opts *pkcs8.Opts) string {
	t.Helper()
	der, err := pkcs8.MarshalPrivateKey(p.leaf.PrivateKey, []byte(passphrase), opts)
	require.NoError(t, err)
	return pemOf("ENCRYPTED PRIVATE KEY", der)
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func derOf(text string) []byte {
	block, _ := pem.Decode([]byte(text))
	return block.Bytes
}

// file writes a file for a test, and returns its path.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestACertificateIsLoadedFromWhateverFormItIsHandedOutIn(t *testing.T) {
	t.Parallel()
	p := newIssued(t)
	traditional, err := x509.MarshalECPrivateKey(p.leaf.PrivateKey.(*ecdsa.PrivateKey)) //nolint:errcheck,forcetypeassert // issue makes such
	require.NoError(t, err)
	ec := pemOf("EC PRIVATE KEY", traditional)
	locked := p.encrypted(t, nil)
	scrypt := p.encrypted(t, &pkcs8.Opts{Cipher: pkcs8.AES128CBC, KDFOpts: pkcs8.ScryptOpts{SaltSize: 8, CostParameter: 16, BlockSize: 8, ParallelizationParameter: 1}})
	intermediate := pemOf("CERTIFICATE", p.authority.cert.Raw)
	both := file(t, "client.pem", p.key+p.chain)
	for _, tt := range []struct {
		name                  string
		cert, key, passphrase string
		certificates          int
	}{
		{"PEM text", p.chain, p.key, "", 2},
		{"paths", file(t, "client.crt", p.chain), file(t, "client.key", p.key), "", 2},
		{"a path without an extension, and white space around it", " " + file(t, "cert", p.chain) + "\n", file(t, "key", p.key), "", 2},
		{"text and a path", p.chain, file(t, "client.key", p.key), "", 2},
		{"one file for both", both, both, "", 2},
		{"a certificate alone", p.cert, p.key, "", 1},
		{"the intermediate before the certificate", intermediate + p.cert, p.key, "", 2},
		{"an encrypted PKCS#8 key", p.chain, locked, passphrase, 2},
		{"an encrypted PKCS#8 key in a file", p.chain, file(t, "client.key", locked), passphrase, 2},
		{"an encrypted PKCS#8 key under scrypt", p.chain, scrypt, passphrase, 2},
		{"a passphrase for a key that is not encrypted", p.chain, p.key, passphrase, 2},
		{"a certificate beside a traditional encrypted key", p.chain + "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", p.key, "", 2},
		{"a traditional key", p.chain, "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + ec, "", 2},
		{"line breaks as \\n", strings.ReplaceAll(p.chain, "\n", `\n`), strings.ReplaceAll(p.key, "\n", `\r\n`), "", 2},
		{"line breaks as spaces", strings.ReplaceAll(p.chain, "\n", " "), strings.ReplaceAll(locked, "\n", " "), passphrase, 2},
		{"line breaks of Windows, and a byte order mark", file(t, "client.crt", "\ufeff"+strings.ReplaceAll(p.chain, "\n", "\r\n")), strings.ReplaceAll(p.key, "\n", "\r\n"), "", 2},
		{"what openssl pkcs12 prints around the blocks", "Bag Attributes\n    localKeyID: 01\nsubject=CN = fintech\n" + p.chain, "Key Attributes: <No Attributes>\n" + locked, passphrase, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := celcoin.LoadClientCertificate(tt.cert, tt.key, tt.passphrase)
			require.NoError(t, err)
			require.Len(t, got.Certificate, tt.certificates)
			assert.Equal(t, p.leaf.Certificate[0], got.Certificate[0], "the client's own comes first")
			assert.Equal(t, "fintech", got.Leaf.Subject.CommonName)
			assert.Equal(t, p.leaf.PrivateKey, got.PrivateKey)
			_, err = celcoin.New(creds, celcoin.WithBaseURL(celcoin.ProductionURL), celcoin.WithClientCertificate(got))
			require.NoError(t, err)
		})
	}
}

func TestEachCertificateOrKeyThatCannotBeUsedIsASentenceOfItsOwn(t *testing.T) {
	t.Parallel()
	p, other := newIssued(t), newIssued(t)
	locked := p.encrypted(t, nil)
	traditional := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n" +
		base64.StdEncoding.EncodeToString(derOf(p.key)) + "\n-----END RSA PRIVATE KEY-----\n"
	weak := derOf(locked)
	pbes1 := bytes.Replace(weak, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d}, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x03}, 1)
	pfx := "\x30\x82\x0a\x00\x02\x01\x03\x30\x82" + strings.Repeat("\x00", 99)
	for _, tt := range []struct {
		name                  string
		cert, key, passphrase string
		says                  []string
	}{
		{"no certificate", "", p.key, "", []string{"the certificate is missing"}},
		{"no key", p.chain, " \n", "", []string{"the key is missing"}},
		{"a missing file", "certs/celcoin.pem", p.key, "", []string{`"certs/celcoin.pem"`}},
		{"a file of something else", p.chain, file(t, "client.key", "hello"), "", []string{"client.key", "is empty or not PEM text"}},
		{"a key of base64 without its armour", p.chain, base64.StdEncoding.EncodeToString(derOf(p.key)), "", []string{"neither PEM text", "not shown"}},
		{"a PEM that is cut off", p.chain, p.key[:len(p.key)-40], "", []string{"cut off or damaged"}},
		{"a key that is damaged", p.chain, pemOf("PRIVATE KEY", derOf(p.key)[:40]), "", []string{"failed to parse private key"}},
		{"an intermediate that is damaged", p.cert + pemOf("CERTIFICATE", p.authority.cert.Raw[:99]), p.key, "", []string{"damaged: its block number 2"}},
		{"certificate and key exchanged", p.key, p.chain, "", []string{"did find a private key", "switched"}},
		{"the certificate for both", p.chain, p.chain, "", []string{"[CERTIFICATE CERTIFICATE]"}},
		{"an encrypted key without a passphrase", p.chain, locked, "", []string{"encrypted", "no passphrase"}},
		{"a wrong passphrase", p.chain, locked, "another one for tests", []string{"not decrypted by the passphrase"}},
		{"a passphrase with a line break", p.chain, locked, passphrase + "\n", []string{"white space at an end"}},
		{"an encrypted key that is cut off", p.chain, pemOf("ENCRYPTED PRIVATE KEY", cutCipher(t, weak)), passphrase, []string{"the key is encrypted", "cut off"}},
		{"an encrypted key of PKCS#5 version 1", p.chain, pemOf("ENCRYPTED PRIVATE KEY", pbes1), passphrase, []string{"PBES2", "openssl pkcs8 -topk8"}},
		{"a traditional encrypted key", p.chain, traditional, passphrase, []string{"Proc-Type: 4,ENCRYPTED", "openssl pkcs8 -topk8"}},
		{"a traditional encrypted key on one line", p.chain, strings.ReplaceAll(traditional, "\n", " "), passphrase, []string{"openssl pkcs8 -topk8"}},
		{"a .pfx as certificate", file(t, "client.pfx", pfx), p.key, "", []string{"client.pfx", "openssl pkcs12 -in client.pfx -nokeys"}},
		{"the key of another certificate", p.chain, other.key, "", []string{"does not match", "openssl pkey -pubout"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := celcoin.LoadClientCertificate(tt.cert, tt.key, tt.passphrase)
			require.Error(t, err)
			assert.Empty(t, got.Certificate)
			text := err.Error()
			for _, says := range tt.says {
				assert.Contains(t, text, says)
			}
			assert.Equal(t, 1, strings.Count(text, "celcoin: "), text)
			assert.NotContains(t, text, "\n")
			for _, secret := range []string{"passphrase for tests", "another one", derBase64(p.key), derBase64(locked), derBase64(p.cert), "LS0tLS1CRUdJT"} {
				assert.NotContains(t, text, secret)
			}
		})
	}
}

// derBase64 is a piece of a PEM's body that no error may show.
func derBase64(text string) string { return strings.Split(text, "\n")[1][:20] }

// cutCipher shortens the ciphertext of an encrypted key by a byte, and leaves
// its structure whole.
func cutCipher(t *testing.T, der []byte) []byte {
	t.Helper()
	require.Equal(t, []byte{0x30, 0x81}, der[:2], "a sequence with one byte of length")
	cut := bytes.Clone(der[:len(der)-1])
	cut[2]--
	at := bytes.LastIndex(cut, []byte{0x04, 0x81})
	require.Positive(t, at)
	cut[at+2]--
	return cut
}

func TestACertificateOutsideOfItsDatesIsRefusedAndTheyAreNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now().Add(24 * time.Hour) // 2000-01-02 00:00 UTC
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		der, err := x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		leaf := authority.certify(t, "fintech", key, begin.Add(time.Hour))
		cert, private := pemOf("CERTIFICATE", leaf.Certificate[0]), pemOf("PRIVATE KEY", der)
		load := func() error {
			_, err := celcoin.LoadClientCertificate(cert, private, "")
			return err
		}
		wait := func(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // virtual time

		early := load()
		require.ErrorContains(t, early, "not valid yet")
		wait(24 * time.Hour)
		require.NoError(t, load(), "its first second")
		wait(2 * time.Hour)
		require.NoError(t, load(), "its last")
		wait(time.Second)
		late := load()
		require.ErrorContains(t, late, "expired")
		for _, err := range []error{early, late} {
			require.ErrorContains(t, err, "2000-01-02 00:00 UTC")
			require.ErrorContains(t, err, "2000-01-02 02:00 UTC")
		}
	})
}

// TestNothingOfAValueThatIsNoPathIsShown: a variable may hold the key in any
// shape.
func TestNothingOfAValueThatIsNoPathIsShown(t *testing.T) {
	t.Parallel()
	p := newIssued(t)
	body := base64.StdEncoding.EncodeToString(derOf(p.key))
	for name, value := range map[string]string{
		"base64":                         body,
		"base64 that begins like a path": "/" + body,
		"base64 with slashes":            strings.Repeat("canary/canary+", 9),
		"a short word":                   "canary",
		"a word with a dot":              "canary.canary",
		"a null byte":                    "canary\x00.pem",
		"an armour without an end":       "-----BEGIN PRIVATE KEY-----canary",
		"something longer than a path":   strings.Repeat("canary", 1000) + ".pem",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, asCert := celcoin.LoadClientCertificate(value, p.key, "canary")
			_, asKey := celcoin.LoadClientCertificate(p.cert, value, "canary")
			for _, err := range []error{asCert, asKey} {
				require.ErrorContains(t, err, "celcoin: client certificate: the ")
				assert.NotContains(t, err.Error(), "canary")
				assert.NotContains(t, err.Error(), body[:12])
			}
		})
	}
}
