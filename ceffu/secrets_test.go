package ceffu_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

func canaryClient(tb testing.TB, opts ...ceffu.Option) *ceffu.Client {
	tb.Helper()
	c, err := ceffu.New(ceffu.Credentials{APIKey: canaryKey, APISecret: testSecret()}, opts...)
	require.NoError(tb, err)
	return c
}

func TestPrintedCredentialsAndClientsShowNothing(t *testing.T) {
	t.Parallel()
	c := plantAll("/CANARY-path-of-the-base-url")
	for _, creds := range []ceffu.Credentials{
		{APIKey: canaryKey, APISecret: testSecret()},
		{APIKey: canaryKey, Signer: testKey()},
	} {
		c.assertSilent(t, creds)
		c.assertSilent(t, &creds)
		text, err := creds.MarshalText()
		require.NoError(t, err)
		c.assertAbsent(t, string(text)+creds.GoString()+creds.LogValue().String(), "methods")
	}
	assert.Equal(t, "ceffu.Credentials{APIKey:[redacted] APISecret:[unset] Signer:[redacted]}",
		fmt.Sprintf("%+v", ceffu.Credentials{APIKey: canaryKey, Signer: testKey()}))

	client := canaryClient(t, ceffu.WithBaseURL("https://proxy.example/CANARY-path-of-the-base-url"),
		ceffu.WithLogger(slog.New(slog.DiscardHandler)))
	c.assertSilent(t, client)
	c.assertSilent(t, *client)
	assert.Equal(t, "ceffu.Client{proxy.example}", fmt.Sprintf("%#v", client))
}

func TestErrorsOfNewShowNothing(t *testing.T) {
	t.Parallel()
	const password = "hunter2-CANARY-password"
	secrets, good := plantAll(password), testSecret()
	for _, secret := range []string{
		good[:len(good)/2], good[len(good)/2:], "!" + good, good[:200] + "AAAA" + good[204:], testPEM()[:300],
		"-----BEGIN " + canaryKey + " KEY-----\n" + good + "\n-----END " + canaryKey + " KEY-----",
	} {
		_, err := ceffu.New(ceffu.Credentials{APIKey: canaryKey, APISecret: secret})
		require.Error(t, err)
		secrets.assertSilent(t, err)
		_, err = ceffu.New(ceffu.Credentials{APIKey: secret + "\n", APISecret: canaryKey})
		require.Error(t, err)
		secrets.assertSilent(t, err)
	}
	for _, base := range []string{
		"https://user:" + password + "@proxy.example", "https://user:" + password + "@pro xy:port", "https://proxy.example/?p=" + password,
	} {
		_, err := ceffu.New(testCredentials(), ceffu.WithBaseURL(base))
		require.Error(t, err)
		secrets.assertSilent(t, err)
	}
}

// talkative fails with all that it knows of the request.
type talkative struct{ secrets *canaries }

func (tr talkative) RoundTrip(r *http.Request) (*http.Response, error) {
	in := received(r)
	tr.secrets.add(in.Header.Get("signature"))
	return nil, &url.Error{Op: "Post", URL: r.URL.String() + "?CANARY-of-a-query", Err: fmt.Errorf("cannot send %v to %s with %s: %w", in.Header, r.Host, in.Body, errReset)}
}

func TestATransportAndASignerThatSayTooMuchAreCleaned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secrets := plantAll("?CANARY-of-a-query", "/CANARY-path-of-the-base-url")
		logger, logged := canaryLog()
		c := canaryClient(t, through(talkative{secrets}), ceffu.WithLogger(logger),
			ceffu.WithBaseURL("https://proxy.example/CANARY-path-of-the-base-url"))
		_, err := c.ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, errReset)
		assert.Contains(t, err.Error(), "Open-Apikey:[[redacted]]")
		secrets.assertSilent(t, err)
		secrets.assertSilent(t, fmt.Errorf("recover: %w", errors.Join(err)))

		signer := &held{err: fmt.Errorf("no key for %s at the KMS", canaryKey)}
		c, err = ceffu.New(ceffu.Credentials{APIKey: canaryKey, Signer: signer}, ceffu.WithLogger(logger))
		require.NoError(t, err)
		_, err = c.ResendWebhooks(t.Context(), testRequest())
		require.ErrorContains(t, err, "no key for [redacted] at the KMS")
		secrets.assertSilent(t, err)
		secrets.assertAbsent(t, logged(), "log")
	})
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return ""
	}
	return string(b)
}

// echoes are the ways in which a server may say what it has received: as a
// body, or as the bytes of a whole response.
var echoes = map[string]func(said string, h http.Header) (body, raw string){
	"in the message": func(said string, _ http.Header) (string, string) {
		return `{"code":"G20009","message":` + quoted(said) + `}`, ""
	},
	"in the message, escaped for a URL": func(said string, _ http.Header) (string, string) {
		return `{"code":"G20009","message":` + quoted(url.QueryEscape(said)) + `}`, ""
	},
	"in a message that is an object of PHP's": func(_ string, h http.Header) (string, string) {
		return `{"code":"G29999","message":{"key":` + strings.ReplaceAll(quoted(h.Get("Open-Apikey")+h.Get("Signature")), "/", `\/`) + `}}`, ""
	},
	"in the code": func(_ string, h http.Header) (string, string) {
		return `{"code":` + quoted(h.Get("Signature")) + `,"message":` + quoted(h.Get("Open-Apikey")) + `}`, ""
	},
	"as plain text": func(said string, _ http.Header) (string, string) { return said, "" },
	"in every header": func(_ string, h http.Header) (string, string) {
		raw := "HTTP/1.1 200 OK\r\nConnection: close\r\n"
		for _, name := range []string{"Retry-After", "Date", "Set-Cookie", "Location", "Content-Type", "X-Request-Id", "Server"} {
			raw += name + ": " + h.Get("Signature") + "\r\n"
		}
		return "", raw + "\r\n" + success
	},
	"in a redirect": func(_ string, h http.Header) (string, string) {
		return "", "HTTP/1.1 307 X\r\nContent-Length: 0\r\nLocation: https://elsewhere.example/%zz?" + h.Get("Signature") + "\r\n\r\n"
	},
	"instead of HTTP": func(_ string, h http.Header) (string, string) { return "", h.Get("Signature") + "\r\n\r\n" },
	"in the status line": func(_ string, h http.Header) (string, string) {
		return "", "HTTP/1.1 " + h.Get("Signature") + "\r\n\r\n"
	},
	"in a header without a colon": func(said string, _ http.Header) (string, string) {
		return "", "HTTP/1.1 200 OK\r\nX-Echo " + said + "\r\n\r\n"
	},
}

func TestAServerThatEchoesTheRequestBringsNoSecretOut(t *testing.T) {
	t.Parallel()
	for name, echo := range echoes {
		for _, status := range []int{200, 401, 500} {
			t.Run(fmt.Sprintf("%s with %d", name, status), func(t *testing.T) {
				t.Parallel()
				secrets := plantAll()
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					in := received(r)
					secrets.add(in.Header.Get("Signature"))
					body, raw := echo(fmt.Sprintf("%s %v %s", in.Path, in.Header, in.Body), in.Header)
					if raw == "" {
						raw = fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
					}
					conn, _, err := http.NewResponseController(w).Hijack()
					if assert.NoError(t, err) {
						fmt.Fprint(conn, raw) //nolint:errcheck // the client sees what came
						conn.Close()          //nolint:errcheck // see above
					}
				}))
				defer server.Close()
				logger, logged := canaryLog()
				c := canaryClient(t, ceffu.WithBaseURL(server.URL+"/base"), ceffu.WithLogger(logger), soon())
				var response ceffu.Response
				result, err := c.ResendWebhooks(t.Context(), testRequest(), ceffu.WithResponse(&response))
				assert.Equal(t, result == nil, err != nil)
				if e, ok := errors.AsType[*ceffu.Error](err); ok {
					secrets.assertSilent(t, err)
					secrets.assertSilent(t, *e)
					secrets.assertAbsent(t, e.Code+" "+e.Message+" "+e.RequestID+" "+e.Op, "fields")
				}
				secrets.assertSilent(t, response)
				secrets.assertAbsent(t, response.RequestID+logged(), "request id and log")
				assert.NotEmpty(t, logged())
			})
		}
	}
}
