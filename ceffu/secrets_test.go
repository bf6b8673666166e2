package ceffu_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// plantAll plants the API key, the private key in all forms, and its numbers
// as they would be printed.
func plantAll(tb testing.TB) *canaries {
	tb.Helper()
	c := plant(canaryKey, testSecret())
	for _, form := range keyForms(tb) {
		for line := range strings.Lines(form) {
			if !strings.Contains(line, "-----") && !strings.Contains(line, ":") {
				c.add(strings.TrimSpace(line))
			}
		}
	}
	key := testKey()
	c.add(key.D.String())
	c.add(fmt.Sprintf("%x", key.D))
	for _, prime := range key.Primes {
		c.add(prime.String())
		c.add(fmt.Sprintf("%x", prime))
	}
	return c
}

func canaryClient(tb testing.TB, opts ...ceffu.Option) *ceffu.Client {
	tb.Helper()
	c, err := ceffu.New(ceffu.Credentials{APIKey: canaryKey, APISecret: testSecret()}, opts...)
	require.NoError(tb, err)
	return c
}

func TestPrintedCredentialsShowNothing(t *testing.T) {
	t.Parallel()
	c := plantAll(t)
	for _, creds := range []ceffu.Credentials{
		{APIKey: canaryKey, APISecret: testSecret()},
		{APIKey: canaryKey, Signer: testKey()},
	} {
		c.assertSilent(t, creds)
		c.assertSilent(t, &creds)
		text, err := creds.MarshalText()
		require.NoError(t, err)
		c.assertAbsent(t, string(text), "MarshalText")
		c.assertAbsent(t, creds.GoString(), "GoString")
		c.assertAbsent(t, creds.LogValue().String(), "LogValue")
	}
	assert.Equal(t, "ceffu.Credentials{APIKey:[redacted] APISecret:[unset] Signer:[redacted]}",
		fmt.Sprintf("%+v", ceffu.Credentials{APIKey: canaryKey, Signer: testKey()}))
}

func TestAPrintedClientShowsNothing(t *testing.T) {
	t.Parallel()
	secrets := plantAll(t)
	secrets.add("/CANARY-path-of-the-base-url")
	c := canaryClient(t, ceffu.WithBaseURL("https://proxy.example/CANARY-path-of-the-base-url"),
		ceffu.WithLogger(slog.New(slog.DiscardHandler)))
	secrets.assertSilent(t, c)
	secrets.assertSilent(t, *c)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.Equal(t, "ceffu.Client{proxy.example}", fmt.Sprintf(verb, c))
	}
}

func TestErrorsOfNewShowNothing(t *testing.T) {
	t.Parallel()
	secrets := plantAll(t)
	secrets.add("hunter2-CANARY-password")
	good := testSecret()
	pkcs1 := base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(testKey()))
	for name, build := range map[string]func() (*ceffu.Client, error){
		"half of a secret":        func() (*ceffu.Client, error) { return withSecret(good[:len(good)/2]) },
		"the other half":          func() (*ceffu.Client, error) { return withSecret(good[len(good)/2:]) },
		"a secret with a typo":    func() (*ceffu.Client, error) { return withSecret("!" + good) },
		"a changed secret":        func() (*ceffu.Client, error) { return withSecret(good[:200] + "AAAA" + good[204:]) },
		"half of a PKCS#1 secret": func() (*ceffu.Client, error) { return withSecret(pkcs1[:len(pkcs1)/2]) },
		"a wrong armour": func() (*ceffu.Client, error) {
			return withSecret(string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte(good)})))
		},
		"an unknown armour": func() (*ceffu.Client, error) {
			return withSecret("-----BEGIN " + canaryKey + " KEY-----\n" + good + "\n-----END " + canaryKey + " KEY-----")
		},
		"the secret for the key": func() (*ceffu.Client, error) {
			return ceffu.New(ceffu.Credentials{APIKey: good + "\n", APISecret: canaryKey})
		},
		"a password in the URL": func() (*ceffu.Client, error) {
			return ceffu.New(testCredentials(), ceffu.WithBaseURL("https://user:hunter2-CANARY-password@proxy.example"))
		},
		"a password in a garbled URL": func() (*ceffu.Client, error) {
			return ceffu.New(testCredentials(), ceffu.WithBaseURL("https://user:hunter2-CANARY-password@pro xy:port"))
		},
		"a password in a query": func() (*ceffu.Client, error) {
			return ceffu.New(testCredentials(), ceffu.WithBaseURL("https://proxy.example/?p=hunter2-CANARY-password"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := build()
			require.Error(t, err)
			secrets.assertSilent(t, err)
		})
	}
}

func withSecret(secret string) (*ceffu.Client, error) {
	return ceffu.New(ceffu.Credentials{APIKey: canaryKey, APISecret: secret})
}

// talkative fails with all that it knows of the request.
type talkative struct{ secrets *canaries }

func (tr talkative) RoundTrip(r *http.Request) (*http.Response, error) {
	in := received(r)
	tr.secrets.add(in.Header.Get("signature"))
	return nil, &url.Error{Op: "Post", URL: r.URL.String() + "?CANARY-of-a-query", Err: fmt.Errorf("cannot send %v to %s with %s: %w", in.Header, r.Host, in.Body, errReset)}
}

func TestATransportThatSaysTooMuchIsCleaned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secrets := plantAll(t)
		secrets.add("?CANARY-of-a-query")
		secrets.add("/CANARY-path-of-the-base-url")
		logger, logged := canaryLog()
		c := canaryClient(t, through(talkative{secrets}), ceffu.WithLogger(logger),
			ceffu.WithBaseURL("https://proxy.example/CANARY-path-of-the-base-url"))
		_, err := c.ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, errReset)
		secrets.assertSilent(t, err)
		secrets.assertSilent(t, fmt.Errorf("recover: %w", errors.Join(err)))
		secrets.assertAbsent(t, logged(), "log")
		assert.Contains(t, err.Error(), "Open-Apikey:[[redacted]]")
	})
}

func TestASignerThatSaysTooMuchIsCleaned(t *testing.T) {
	t.Parallel()
	secrets := plantAll(t)
	logger, logged := canaryLog()
	signer := &held{err: fmt.Errorf("no key for %s at the KMS", canaryKey)}
	c, err := ceffu.New(ceffu.Credentials{APIKey: canaryKey, Signer: signer}, ceffu.WithLogger(logger))
	require.NoError(t, err)
	_, err = c.ResendWebhooks(t.Context(), testRequest())
	require.ErrorContains(t, err, "no key for [redacted] at the KMS")
	secrets.assertSilent(t, err)
	secrets.assertAbsent(t, logged(), "log")
}
