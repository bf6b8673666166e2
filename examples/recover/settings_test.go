package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/youmark/pkcs8"
)

// clientPair is a certificate and its encrypted key, as PEM, made for one test.
func clientPair(t *testing.T, passphrase string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	locked, err := pkcs8.MarshalPrivateKey(private, []byte(passphrase), nil)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: locked}))
}

// TestTheClientCertificateComesFromVariablesOrFiles, and nothing of a value is
// printed, whatever is wrong with it.
func TestTheClientCertificateComesFromVariablesOrFiles(t *testing.T) {
	t.Parallel()
	const passphrase = "a passphrase for tests only "
	w := vendors(t, 1, nil)
	cert, key := clientPair(t, passphrase)
	path := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	body := strings.Split(key, "\n")[1]
	for _, tt := range []struct {
		name                  string
		cert, key, passphrase string
		says                  string // empty: it is taken
	}{
		{"PEM text", cert, key, passphrase, ""},
		{"paths", path("client.crt", cert), path("client.key", key), passphrase, ""},
		{"no passphrase", cert, key, "", "there is no passphrase"},
		{"a wrong passphrase", cert, key, "canary", "not decrypted by the passphrase"},
		{"a key without its armour", cert, body, passphrase, "the key"},
		{"a key that is cut off", cert, key[:len(key)-40], passphrase, "cut off"},
		{"the variables exchanged", key, cert, passphrase, "did find a private key"},
		{"a key alone", "", key, passphrase, "CELCOIN_CLIENT_CERT"},
		{"a passphrase alone", "", "", passphrase, "CELCOIN_CLIENT_KEY_PASSPHRASE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := w.only("CELCOIN")
			env["CELCOIN_CLIENT_CERT"], env["CELCOIN_CLIENT_KEY"], env["CELCOIN_CLIENT_KEY_PASSPHRASE"] = tt.cert, tt.key, tt.passphrase
			p := play(t, env, "plan", "-dir", t.TempDir(), "-from", since(), "-entity", "pix-payment-in", "-rate", "1000")
			if tt.says == "" {
				assert.Equal(t, exitDone, p.code, p.stderr)
			} else {
				assert.Equal(t, exitUsage, p.code)
				assert.Contains(t, p.stderr, tt.says)
				assert.Equal(t, 1, strings.Count(p.stderr, "\n"), p.stderr)
			}
			for _, secret := range []string{body[:16], strings.Split(key, "\n")[2][:16], strings.Split(cert, "\n")[1][:16], "for tests only", "canary"} {
				assert.NotContains(t, p.stdout+p.stderr, secret)
			}
		})
	}
}
