package signer_test

import (
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
	pem8, pem1 := armour("PRIVATE KEY", eight), armour("RSA PRIVATE KEY", one)
	certificate := armour("CERTIFICATE", []byte("not looked at"))
	for _, tt := range []struct{ name, secret string }{
		{"base64 of PKCS#8", b64(eight)},
		{"base64 of PKCS#1", b64(one)},
		{"with line breaks", broken(b64(eight), "\n", 64)},
		{"with line breaks of Windows", broken(b64(eight), "\r\n", 76)},
		{"with white space all over", "\t " + broken(b64(eight), " \t\n\v\f\u00a0\u2003", 5) + " \n"},
		{"with invisible characters of a web page", broken(b64(eight), "\u200b\ufeff", 50)},
		{"with line breaks written out", broken(b64(eight), `\n`, 64)},
		{"with line breaks of Windows written out", broken(b64(eight), `\r\n`, 64)},
		{"without padding", base64.RawStdEncoding.EncodeToString(eight)},
		{"with too much padding", b64(eight) + "==="},
		{"URL-safe", base64.URLEncoding.EncodeToString(eight)},
		{"URL-safe without padding", base64.RawURLEncoding.EncodeToString(eight)},
		{"in double quotes", `"` + b64(eight) + `"`},
		{"in single quotes", `'` + b64(eight) + `'`},
		{"behind a byte order mark", "\ufeff" + b64(eight)},

		{"PEM of PKCS#8", pem8},
		{"PEM of PKCS#1", pem1},
		{"PEM of PKCS#1 under the name of PKCS#8", armour("PRIVATE KEY", one)},
		{"PEM of PKCS#8 under the name of PKCS#1", armour("RSA PRIVATE KEY", eight)},
		{"PEM with line breaks of Windows", strings.ReplaceAll(pem8, "\n", "\r\n")},
		{"PEM with line breaks of an old Mac", strings.ReplaceAll(pem8, "\n", "\r")},
		{"PEM with line breaks written out", strings.ReplaceAll(pem8, "\n", `\n`)},
		{"PEM with line breaks written out, in quotes", `"` + strings.ReplaceAll(pem1, "\n", `\n`) + `"`},
		{"PEM on one line", strings.ReplaceAll(pem8, "\n", " ")},
		{"PEM on one line without spaces", strings.ReplaceAll(pem8, "\n", "")},
		{"PEM of PKCS#1 on one line", strings.ReplaceAll(pem1, "\n", " ")},
		{"PEM, indented", "  " + strings.ReplaceAll(pem8, "\n", "\n  ")},
		{"PEM with spaces at the ends of lines", strings.ReplaceAll(pem8, "\n", " \t\n")},
		{"PEM with empty lines", strings.ReplaceAll(pem8, "\n", "\n\n")},
		{"PEM without a last line break", strings.TrimSpace(pem8)},
		{"PEM behind a byte order mark", "\ufeff" + pem8},
		{"PEM behind the words of openssl", "Bag Attributes\n    friendlyName: api\nKey Attributes: <No Attributes>\n" + pem8},
		{"PEM behind a certificate", certificate + pem8},
		{"PEM before a certificate", pem8 + certificate},
		{"PEM behind its own public key", armour("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&rsaKey().PublicKey))) + pem8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			key, err := signer.Parse(tt.secret)
			require.NoError(t, err)
			assert.True(t, key.Equal(rsaKey()))
		})
	}
}

func TestKeysOfEverySizeThatGoSignsWith(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{1024, 1025, 1536} {
		want := shortKey(t, bits)
		key, err := signer.Parse(b64(pkcs1(want)))
		require.NoError(t, err, "%d bits", bits)
		assert.True(t, key.Equal(want))
		_, err = signer.FromKey(key).Sign([]byte("body"))
		assert.NoError(t, err)
	}
}

const expected = "want an RSA private key: base64 of PKCS#8 or PKCS#1 DER, or PEM of either"

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	const (
		empty     = "the key is empty: " + expected
		notBase64 = "the key is not base64: " + expected
		garbled   = "the key is garbled or cut off: " + expected
		noBlock   = "the PEM has no block that can be read as a private key: " + expected
		ec        = "the key is an EC key: " + expected
		ed        = "the key is an Ed25519 key: " + expected
		public    = "the key is a public key: " + expected
		encrypted = "the key is encrypted: decrypt it first, for example with openssl pkcs8"
		cert      = "the key is a certificate: " + expected
	)
	eight, one := pkcs8(rsaKey()), pkcs1(rsaKey())
	sec1 := must(x509.MarshalECPrivateKey(ecKey()))
	pkix := must(x509.MarshalPKIXPublicKey(&rsaKey().PublicKey))
	bits := func(n int) string { return b64(pkcs1(shortKey(t, n))) }
	tampered := assembled(rsaKey())
	tampered.D.Add(tampered.D, big.NewInt(2))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<31, 0)}
	certificate := must(x509.CreateCertificate(nil, template, template, &rsaKey().PublicKey, rsaKey()))
	//nolint:staticcheck // that it is weak is no reason not to know it
	legacy := pem.EncodeToMemory(must(x509.EncryptPEMBlock(deterministic{}, "RSA PRIVATE KEY", one, []byte("pass"), x509.PEMCipherAES128)))

	for _, tt := range []struct{ name, secret, err string }{
		{"nothing", "", empty},
		{"white space", " \r\n\t", empty},
		{"quotes", `""`, empty},
		{"padding", "====", empty},
		{"what is no base64", "pass word! canary", notBase64},
		{"padding in the middle", b64(eight[:100]) + "==" + b64(eight[100:]), notBase64},
		{"a hexadecimal byte too many", b64(eight) + "%", notBase64},
		{"base64 of nothing known", b64([]byte("this is a canary of a secret, not a key")), garbled},
		{"a password that looks like base64", "correcthorsebatterystapleabc", garbled},
		{"a key that is cut off", b64(eight[:len(eight)-30]), garbled},
		{"a key whose numbers do not fit", b64(pkcs1(tampered)), garbled},
		{"the second half of a key", b64(eight[len(eight)/2:]), garbled},

		{"PEM without an end", strings.Split(armour("PRIVATE KEY", eight), "-----END")[0], noBlock},
		{"PEM of which only the first line is left", "-----BEGIN PRIVATE KEY-----", noBlock},
		{"PEM with a broken body", "-----BEGIN PRIVATE KEY-----\n!canary!\n-----END PRIVATE KEY-----\n", noBlock},
		{"PEM of nothing", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", garbled},
		{"PEM of garbage", armour("PRIVATE KEY", []byte("a canary of a secret")), garbled},
		{"a certificate in PEM", armour("CERTIFICATE", certificate), cert},
		{"a certificate in base64", b64(certificate), cert},
		{"another kind of PEM", armour("OPENSSH PRIVATE KEY", []byte("a canary of a secret")), noBlock},

		{"an EC key, PKCS#8", b64(pkcs8(ecKey())), ec},
		{"an EC key, PKCS#8 in PEM", armour("PRIVATE KEY", pkcs8(ecKey())), ec},
		{"an EC key, SEC 1", b64(sec1), ec},
		{"an EC key, SEC 1 in PEM", armour("EC PRIVATE KEY", sec1), ec},
		{"an Ed25519 key", b64(pkcs8(edKey())), ed},
		{"a public key", b64(pkix), public},
		{"a public key in PEM", armour("PUBLIC KEY", pkix), public},
		{"a public key, PKCS#1", b64(x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)), public},
		{"a public key, PKCS#1 in PEM", armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)), public},
		{"an encrypted key", armour("ENCRYPTED PRIVATE KEY", eight), encrypted},
		{"an encrypted key of the old kind", string(legacy), encrypted},
		{"an encrypted key of the old kind on one line", strings.ReplaceAll(string(legacy), "\n", " "), encrypted},

		{"512 bits", bits(512), "the key has 512 bits, at least 1024 are needed: " + expected},
		{"1023 bits", bits(1023), "the key has 1023 bits, at least 1024 are needed: " + expected},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			key, err := signer.Parse(tt.secret)
			require.EqualError(t, err, tt.err)
			assert.Nil(t, key)
			assertShowsNothing(t, tt.secret, err)
		})
	}
}

// assertShowsNothing: no eight bytes of a secret may stand in an error. What
// every PEM has in its armour is not part of it.
func assertShowsNothing(t *testing.T, secret string, err error) {
	t.Helper()
	text := err.Error()
	for line := range strings.Lines(strings.ReplaceAll(secret, "-----", "\n")) {
		for i := 0; i+8 <= len(line); i++ {
			if part := line[i : i+8]; strings.Contains(text, part) && !strings.Contains(armourWords, part) {
				assert.Failf(t, "the error shows a part of the secret", "%q in %q", part, text)
				return
			}
		}
	}
}

const armourWords = "BEGIN RSA PRIVATE KEY\nEND RSA PRIVATE KEY\nBEGIN ENCRYPTED PRIVATE KEY\nBEGIN RSA PUBLIC KEY\nProc-Type: 4,ENCRYPTED\n"

// deterministic is a source of what need not be random.
type deterministic struct{}

func (deterministic) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 7
	}
	return len(b), nil
}

// FuzzParse: whatever is pasted into a variable, there is no panic, and the
// error is one of a few fixed texts.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "canary", `\n`, "====", "-----BEGIN", "-----BEGIN PRIVATE KEY-----", "\ufeff\"'",
		b64(pkcs8(rsaKey())), b64(pkcs1(rsaKey())), b64(pkcs8(ecKey())), b64(pkcs8(edKey())),
		armour("PRIVATE KEY", pkcs8(rsaKey())), armour("RSA PRIVATE KEY", pkcs1(rsaKey())),
		strings.ReplaceAll(armour("PRIVATE KEY", pkcs8(rsaKey())), "\n", `\n`),
		armour("ENCRYPTED PRIVATE KEY", []byte("canary")), armour("CERTIFICATE", []byte("canary")),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, secret string) {
		key, err := signer.Parse(secret)
		if err != nil {
			assert.Nil(t, key)
			assert.Regexp(t, `^(the key is (empty|not base64|garbled or cut off|an EC key|an Ed25519 key|a public key|a certificate|incomplete|not consistent)|the key has \d+ bits, at least 1024 are needed|the PEM has no block that can be read as a private key): want an RSA private key: base64 of PKCS#8 or PKCS#1 DER, or PEM of either$|^the key is encrypted: decrypt it first, for example with openssl pkcs8$|^want an RSA private key: `, err.Error())
			return
		}
		_, err = signer.FromKey(key).Sign([]byte("body"))
		assert.NoError(t, err, "a key that is taken also signs")
	})
}
