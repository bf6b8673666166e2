package ceffu_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// keyForms are the forms in which the same private key may be given.
func keyForms(tb testing.TB) map[string]string {
	tb.Helper()
	pkcs8, err := x509.MarshalPKCS8PrivateKey(testKey())
	require.NoError(tb, err)
	pkcs1 := x509.MarshalPKCS1PrivateKey(testKey())
	armour := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	base := base64.StdEncoding.EncodeToString(pkcs8)
	var wrapped strings.Builder
	for i := 0; i < len(base); i += 64 {
		wrapped.WriteString(base[i:min(i+64, len(base))] + "\r\n")
	}
	pem8 := armour("PRIVATE KEY", pkcs8)
	return map[string]string{
		"base64 of PKCS#8":                     base,
		"base64 of PKCS#8 without padding":     strings.TrimRight(base, "="),
		"base64 of PKCS#8 in lines":            wrapped.String(),
		"base64 of PKCS#8 with blanks around":  " \t" + base + "\n\n",
		"base64 of PKCS#8 with a NBSP in it":   base[:100] + "\u00a0" + base[100:],
		"base64 of PKCS#8 in quotes":           `"` + base + `"`,
		"base64 of PKCS#1":                     base64.StdEncoding.EncodeToString(pkcs1),
		"PEM of PKCS#8":                        pem8,
		"PEM of PKCS#8 on one line":            strings.ReplaceAll(pem8, "\n", ""),
		"PEM of PKCS#8 with blanks for breaks": strings.ReplaceAll(pem8, "\n", " "),
		"PEM of PKCS#8 with literal breaks":    strings.ReplaceAll(pem8, "\n", `\n`),
		"PEM of PKCS#8 from Windows":           strings.ReplaceAll(pem8, "\n", "\r\n"),
		"PEM of PKCS#8 indented":               strings.ReplaceAll(pem8, "\n", "\n    "),
		"PEM of PKCS#1":                        armour("RSA PRIVATE KEY", pkcs1),
		"PEM with a text before it":            "Bag Attributes\n    friendlyName: ceffu\n" + pem8,
	}
}

func TestEveryFormOfTheKeySignsTheSame(t *testing.T) {
	t.Parallel()
	for name, secret := range keyForms(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendor := answering(accepted)
			c, err := ceffu.New(ceffu.Credentials{APIKey: testAPIKey, APISecret: secret}, through(vendor))
			require.NoError(t, err)
			_, err = c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			assertSigned(t, vendor.requests()[0])
		})
	}
}

func TestAKeyThatCannotBeUsedIsAnErrorThatSaysWhatIsExpectedAndShowsNothing(t *testing.T) {
	t.Parallel()
	const want = "want an RSA private key: base64 of PKCS#8 or PKCS#1 DER, or PEM of either"
	pkcs8 := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		return base64.StdEncoding.EncodeToString(der)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(&testKey().PublicKey)
	require.NoError(t, err)
	ecDER, err := x509.MarshalECPrivateKey(ec)
	require.NoError(t, err)
	block := func(kind string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("canary-canary-canary")}))
	}
	good := testSecret()

	for name, tt := range map[string]struct{ secret, want string }{
		"blanks":           {" \n\t ", "the key is empty: " + want},
		"a password":       {"canary-Pa$$word!", "the key is not base64: " + want},
		"base64 of prose":  {base64.StdEncoding.EncodeToString([]byte("canary in prose")), "the key is garbled or cut off: " + want},
		"a key cut off":    {good[:len(good)/2], "the key is garbled or cut off: " + want},
		"a short key":      {shortKey, "the key has 512 bits, at least 1024 are needed: " + want},
		"an EC key":        {pkcs8(ec), "the key is an EC key: " + want},
		"an EC key in DER": {base64.StdEncoding.EncodeToString(ecDER), "the key is an EC key: " + want},
		"an Ed25519 key":   {pkcs8(ed), "the key is an Ed25519 key: " + want},
		"the public key":   {base64.StdEncoding.EncodeToString(public), "the key is a public key: " + want},
		"a certificate":    {block("CERTIFICATE"), "the key is a certificate: " + want},
		"a PEM of another": {block("DH PARAMETERS"), "the PEM has no block that can be read as a private key: " + want},
		"a PEM cut off":    {"-----BEGIN PRIVATE KEY-----\n" + good[:100], "the PEM has no block that can be read as a private key: " + want},
		"an encrypted PEM": {block("ENCRYPTED PRIVATE KEY"), "the key is encrypted: decrypt it first, for example with openssl pkcs8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := ceffu.New(ceffu.Credentials{APIKey: testAPIKey, APISecret: tt.secret})
			require.EqualError(t, err, "ceffu: credentials: APISecret: "+tt.want)
			assert.Nil(t, c)
		})
	}
}

// shortKey is a TEST KEY that protects nothing: RSA of 512 bits, which Go itself
// does not make any more.
const shortKey = `MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEA30vo6oIakJ9Ds0QQ/sfSv4hTTpsbn4qHH3sgVG4otbQWp58fadAr//0FAWxMmFKC+Pm17TrR86nLnA1APzAXJwIDAQABAkEApw+cCxeb2GfPtudN79CAlFviOAVD/XEe9yafYYupWYclN9R4cYTGPDFSlR6b6jPOuatSx9a6fzUbOiYhX/0TQQIhAPPZxGfCvYWlzElrg8E4UNsNgAFtdbxrG1Mzutc44tI7AiEA6mv7S6ZAg1ha14l0gXi8Jeg/n5koRb7GOAEQEDFKNAUCICpjMEDZGRiiOWCJz91GbMenERkubcjS1W0hENlYihUBAiEAiR1h3iy/HVRHxjxbDgPNoSqIVFSkLq9Yh5dvitkZuvUCIQDOB9SXfV03pcG0w492xWN7RYdKttsIKQlvd5RB3g1zsQ==`

func TestTheAPIKeyMustFitAHeader(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ key, want string }{
		"none":               {"", "ceffu: credentials: APIKey is empty"},
		"a blank in it":      {"canary key", "ceffu: credentials: APIKey holds white space or characters that no header can carry"},
		"a line break":       {"canary\r\nX-Evil: 1", "ceffu: credentials: APIKey holds white space or characters that no header can carry"},
		"a break at its end": {"canary\n", "ceffu: credentials: APIKey holds white space or characters that no header can carry"},
		"beyond ASCII":       {"canary-ação", "ceffu: credentials: APIKey holds white space or characters that no header can carry"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ceffu.New(ceffu.Credentials{APIKey: tt.key, APISecret: testSecret()})
			require.EqualError(t, err, tt.want)
		})
	}
}
