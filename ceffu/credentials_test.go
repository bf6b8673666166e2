package ceffu_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

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
