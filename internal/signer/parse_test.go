package signer_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/signer"
)

func TestFormsInWhichAKeyIsTaken(t *testing.T) {
	t.Parallel()
	eight, one := pkcs8(rsaKey()), pkcs1(rsaKey())
	base, pem8 := b64(eight), armour("PRIVATE KEY", eight)
	certificate := armour("CERTIFICATE", []byte("not looked at"))
	for _, tt := range []struct{ name, secret string }{
		{"base64 of PKCS#8", base},
		{"with white space", "\t " + base[:100] + " \t\r\n\v\f\u00a0\u2003" + base[100:] + " \n"},
		{"with line breaks written out", base[:64] + `\r\n` + base[64:128] + `\n` + base[128:]},
		{"without padding", strings.TrimRight(base, "=")},
		{"URL-safe", base64.URLEncoding.EncodeToString(eight)},
		{"in quotes", `"` + base + `"`},
		{"PEM of PKCS#8", pem8},
		{"PEM of PKCS#1", armour("RSA PRIVATE KEY", one)},
		{"PEM with line breaks written out, in quotes", `"` + strings.ReplaceAll(pem8, "\n", `\n`) + `"`},
		{"PEM on one line", strings.ReplaceAll(pem8, "\n", " ")},
		{"PEM on one line without spaces", strings.ReplaceAll(pem8, "\n", "")},
		{"PEM, indented", "  " + strings.ReplaceAll(pem8, "\n", " \n  ")},
		{"PEM behind the words of openssl", "Bag Attributes\n    friendlyName: api\nKey Attributes: <No Attributes>\n" + pem8},
		{"PEM with a header", strings.Replace(pem8, "KEY-----\n", "KEY-----\nComment: of a test\n\n", 1)},
		{"PEM behind a certificate", certificate + pem8},
		{"PEM before an encrypted copy", pem8 + armour("ENCRYPTED PRIVATE KEY", eight)},
		{"PEM behind its own public key", armour("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&rsaKey().PublicKey))) + pem8},
	} {
		key, err := signer.Parse(tt.secret)
		require.NoError(t, err, tt.name)
		assert.True(t, key.Equal(rsaKey()), tt.name)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	eight, one := pkcs8(rsaKey()), pkcs1(rsaKey())
	sec1 := must(x509.MarshalECPrivateKey(ecKey()))
	public := must(x509.MarshalPKIXPublicKey(&rsaKey().PublicKey))
	tampered := assembled(rsaKey())
	tampered.D.Add(tampered.D, big.NewInt(2))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<31, 0)}
	certificate := must(x509.CreateCertificate(nil, template, template, &rsaKey().PublicKey, rsaKey()))
	//nolint:staticcheck // a weak encryption has to be recognised too
	legacy := pem.EncodeToMemory(must(x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY", one, []byte("pass"), x509.PEMCipherAES128)))

	for _, tt := range []struct{ name, secret, says string }{
		{"nothing", "", "is empty"},
		{"text", "pass word! canary", "is not base64"},
		{"a key whose numbers do not fit", b64(pkcs1(tampered)), "is garbled or cut off"},
		{"PEM without an end", strings.Split(armour("PRIVATE KEY", eight), "-----END")[0], "no block that can be read"},
		{"PEM with a broken body", "-----BEGIN PRIVATE KEY-----\n!canary!\n-----END PRIVATE KEY-----\n", "is not base64"},
		{"another kind of PEM", armour("OPENSSH PRIVATE KEY", []byte("a canary of a secret")), "no block that can be read"},
		{"a certificate in base64", b64(certificate), "is a certificate"},
		{"an EC key", b64(pkcs8(ecKey())), "is an EC key"},
		{"an EC key, SEC 1", b64(sec1), "is an EC key"},
		{"an Ed25519 key", b64(pkcs8(edKey())), "is not an RSA key"},
		{"a public key", b64(public), "is a public key"},
		{"a public key, PKCS#1", b64(x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)), "is a public key"},
		{"a public key in PEM", armour("PUBLIC KEY", public), "is a public key"},
		{"an encrypted key", armour("ENCRYPTED PRIVATE KEY", eight), "is encrypted: decrypt it first"},
		{"an encrypted key of the old kind on one line", strings.ReplaceAll(string(legacy), "\n", " "), "is encrypted: decrypt it first"},
	} {
		key, err := signer.Parse(tt.secret)
		require.ErrorContains(t, err, tt.says, tt.name)
		assert.Nil(t, key)
		assert.NotContains(t, err.Error(), "canary")
	}
}

// FuzzParse: whatever is pasted into a variable, there is no panic, and a key
// that is taken also signs.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", `\n`, "====", "-----BEGIN", "-----BEGIN PRIVATE KEY-----", b64(pkcs8(rsaKey())), b64(pkcs8(ecKey())),
		strings.ReplaceAll(armour("PRIVATE KEY", pkcs8(rsaKey())), "\n", `\n`), armour("CERTIFICATE", []byte("canary")),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, secret string) {
		key, err := signer.Parse(secret)
		if err != nil {
			return
		}
		_, err = signer.FromKey(key).Sign([]byte("body"))
		assert.NoError(t, err)
	})
}
