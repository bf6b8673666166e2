package ceffutest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	now := newClock().millis()
	tests := []struct {
		name    string
		opts    []ceffutest.Option
		body    string // signed as it is
		header  []string
		status  int
		code    string
		message string
		verdict string
	}{
		{"no API key", nil, "{}", []string{"open-apikey", ""}, 401, "G20008", "Missing API Key or Signature", "missing API key"},
		{"no signature", nil, "{}", []string{"signature", ""}, 401, "G20008", "Missing API Key or Signature", "missing signature"},
		{"another API key", nil, "{}", []string{"open-apikey", "x"}, 401, "G20010", "Invalid API Key", "unknown API key"},
		{"a signature that is not base64", nil, "{}", []string{"signature", "~"}, 401, "G20009", "Invalid Sign", "bad signature"},
		{"a signature of something else", nil, "{}", []string{"signature", "AAAA"}, 401, "G20009", "Invalid Sign", "bad signature"},
		{"an address that is not on the list", []ceffutest.Option{ceffutest.WithAllowedIPs(netip.MustParsePrefix("192.0.2.0/24"))}, "{}", nil, 403, "G20011", "Invalid IP address", "address not allowed"},
		{"any address, if the list is empty", []ceffutest.Option{ceffutest.WithAllowedIPs()}, "{}", nil, 403, "G20011", "Invalid IP address", "address not allowed"},
		{"a body that is not JSON", nil, "{", nil, 400, "G20002", "Bad request", "body is not a JSON object"},
		{"a body that is not an object", nil, "[1]", nil, 400, "G20002", "Bad request", "body is not a JSON object"},
		{"no timestamp", nil, "{}", nil, 400, "G20006", "Timestamp is empty", "missing timestamp"},
		{"a timestamp that is null", nil, `{"timestamp": null}`, nil, 400, "G20006", "Timestamp is empty", "missing timestamp"},
		{"a timestamp of another case", nil, `{"Timestamp":` + now + `}`, nil, 400, "G20006", "Timestamp is empty", "missing timestamp"},
		{"a timestamp that is a string", nil, `{"timestamp":"` + now + `"}`, nil, 400, "G20005", "Invalid parameter value", "bad timestamp"},
		{"an old timestamp", nil, resend("1", 1, noon.Add(-61*time.Second).UnixMilli()), nil, 400, "G20007", "Request timestamp expired", "timestamp expired"},
		{"a timestamp ahead of time", nil, resend("1", 1, noon.Add(61*time.Second).UnixMilli()), nil, 400, "G20007", "Request timestamp expired", "timestamp expired"},
		{"a key without permission", []ceffutest.Option{ceffutest.WithoutPermission()}, resend("1", 1, noon.UnixMilli()), nil, 403, "G20016", "No permission access this endpoint", "no permission"},
		{"no webhookId", nil, `{"eventType":"1","resendFromDateTime":1,"timestamp":` + now + `}`, nil, 400, "G20005", "Invalid parameter value", "bad webhookId"},
		{"a webhookId that is a number", nil, `{"webhookId":1721442311151521794,"eventType":"1","resendFromDateTime":1,"timestamp":` + now + `}`, nil, 400, "G20005", "Invalid parameter value", "bad webhookId"},
		{"a webhookId that is not a number", nil, `{"webhookId":"a1","eventType":"1","resendFromDateTime":1,"timestamp":` + now + `}`, nil, 400, "G20005", "Invalid parameter value", "bad webhookId"},
		{"no eventType", nil, `{"webhookId":"` + hookID + `","resendFromDateTime":1,"timestamp":` + now + `}`, nil, 400, "G20005", "Invalid parameter value", "bad eventType"},
		{"an eventType in words", nil, resend("deposit", 1, noon.UnixMilli()), nil, 400, "G20005", "Invalid parameter value", "bad eventType"},
		{"no resendFromDateTime", nil, `{"webhookId":"` + hookID + `","eventType":"1","timestamp":` + now + `}`, nil, 400, "G20005", "Invalid parameter value", "bad resendFromDateTime"},
		{"a resendFromDateTime that is a date", nil, `{"webhookId":"` + hookID + `","eventType":"1","resendFromDateTime":"2026-01-01","timestamp":` + now + `}`, nil, 400, "G20005", "Invalid parameter value", "bad resendFromDateTime"},
		{"an unknown webhook", nil, strings.Replace(resend("1", 1, noon.UnixMilli()), hookID, "7", 1), nil, 400, "G20005", "Invalid parameter value", "unknown webhook"},
		{"an unknown webhook, by another code", []ceffutest.Option{ceffutest.WithUnknownWebhook("G20099")}, strings.Replace(resend("1", 1, noon.UnixMilli()), hookID, "7", 1), nil, 200, "G20099", "Business error", "unknown webhook"},
		{"a range that is too long", []ceffutest.Option{ceffutest.WithResendRange(time.Hour)}, resend("1", noon.Add(-2*time.Hour).UnixMilli(), noon.UnixMilli()), nil, 400, "G20026", "Time range too large", "range too large"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, _ := open(t, up, test.opts...)
			got := post(t, server, test.body, test.header...)
			assert.Equal(t, test.status, got.status)
			assert.Equal(t, refused(test.code, test.message), got.body)
			assert.NotEmpty(t, got.header.Get("x-request-id"))

			record := server.Requests()[0]
			assert.Equal(t, test.verdict, record.Verdict)
			assert.False(t, record.Processed)

			opts := slices.Concat(test.opts, []ceffutest.Option{ceffutest.WithBusinessErrorsIn200(true)})
			server, _ = open(t, up, opts...)
			got = post(t, server, test.body, test.header...)
			assert.Equal(t, http.StatusOK, got.status, "under the other reading")
			assert.Equal(t, refused(test.code, test.message), got.body)
		})
	}
}

func TestWhatIsAccepted(t *testing.T) {
	t.Parallel()
	now := newClock().millis()
	tests := []struct {
		name string
		opts []ceffutest.Option
		body string
	}{
		{"the event type as a string", nil, resend("4", 1, noon.UnixMilli())},
		{"the event type as a number", nil, `{"webhookId":"` + hookID + `","eventType":4,"resendFromDateTime":1,"timestamp":` + now + `}`},
		{"an event type of the future", nil, resend("12", 1, noon.UnixMilli())},
		{"members in any order, with white space and others among them", nil, ` { "timestamp" : ` + now + ` , "more":[{}],"resendFromDateTime": 1 ,"eventType" : "1", "webhookId":"` + hookID + "\"}\n"},
		{"a timestamp at the edge of the window", nil, resend("1", 1, noon.Add(-time.Minute).UnixMilli())},
		{"any timestamp, without a window", []ceffutest.Option{ceffutest.WithTimestampWindow(0)}, resend("1", 1, 1)},
		{"an address on the list", []ceffutest.Option{ceffutest.WithAllowedIPs(netip.MustParsePrefix("127.0.0.0/8"))}, resend("1", 1, noon.UnixMilli())},
		{"an unknown webhook, if asked for", []ceffutest.Option{ceffutest.WithUnknownWebhook("000000")}, strings.Replace(resend("1", 1, noon.UnixMilli()), hookID, "7", 1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, _ := open(t, up, test.opts...)
			got := post(t, server, test.body)
			assert.Equal(t, http.StatusOK, got.status)
			assert.Equal(t, success, got.body)
		})
	}
}

func TestTheSignatureIsOverTheBytesThatWereSent(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up)
	body := resend("1", 1, clock.now.UnixMilli())
	signature := sign(t, server, body)
	for name, sent := range map[string]string{
		"a blank more":  body + " ",
		"another order": `{"eventType":"1",` + strings.Replace(body[1:], `"eventType":"1",`, "", 1),
		"another value": strings.Replace(body, `"1"`, `"2"`, 1),
	} {
		got := post(t, server, sent, "signature", signature)
		assert.Equal(t, refused("G20009", "Invalid Sign"), got.body, name)
	}
	assert.Equal(t, success, post(t, server, body, "signature", signature).body)
}

func TestAnotherSchemeIsABadSignature(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up)
	der, err := base64.StdEncoding.DecodeString(server.Credentials().APISecret)
	require.NoError(t, err)
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	require.NoError(t, err)
	key, ok := parsed.(*rsa.PrivateKey)
	require.True(t, ok)

	body := resend("1", 1, clock.now.UnixMilli())
	digest := sha256.Sum256([]byte(body))
	weak, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	right, err := base64.StdEncoding.DecodeString(sign(t, server, body))
	require.NoError(t, err)
	for name, signature := range map[string]string{
		"SHA-256":      base64.StdEncoding.EncodeToString(weak),
		"base64url":    base64.URLEncoding.EncodeToString(right),
		"no padding":   base64.RawStdEncoding.EncodeToString(right),
		"in two lines": base64.StdEncoding.EncodeToString(right)[:64] + " " + base64.StdEncoding.EncodeToString(right)[64:],
	} {
		got := post(t, server, body, "signature", signature)
		assert.Equal(t, refused("G20009", "Invalid Sign"), got.body, name)
	}
}

func TestTheSameSignatureIsADuplicateForAWhile(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up, ceffutest.WithTimestampWindow(0), ceffutest.WithDuplicateWindow(time.Minute))
	body := resend("1", 1, clock.now.UnixMilli())
	assert.Equal(t, success, post(t, server, body).body)
	clock.advance(59 * time.Second)
	got := post(t, server, body)
	assert.Equal(t, http.StatusBadRequest, got.status)
	assert.Equal(t, refused("G20015", "Duplicated request"), got.body)
	assert.Equal(t, "duplicate signature", server.Requests()[1].Verdict)
	clock.advance(time.Second)
	assert.Equal(t, success, post(t, server, body).body, "the refusal did not prolong the window")

	server, clock = open(t, up, ceffutest.WithDuplicateWindow(0))
	body = resend("1", 1, clock.now.UnixMilli())
	assert.Equal(t, success, post(t, server, body).body)
	assert.Equal(t, success, post(t, server, body).body, "without a window nothing is a duplicate")
}

// A clock that goes back days must not leave a period open until it has caught
// up. One that goes back a little, as clocks of requests that race do, ends none.
func TestAClockThatGoesBackEndsPeriodsAndWindows(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up, ceffutest.WithRateLimit(1, time.Minute), ceffutest.WithTimestampWindow(0))
	body := resend("1", 1, clock.now.UnixMilli())
	assert.Equal(t, success, post(t, server, body).body)
	clock.advance(-time.Second)
	assert.Equal(t, 429, post(t, server, body).status)
	clock.advance(-72 * time.Hour)
	assert.Equal(t, success, post(t, server, body).body, "neither the rate limit nor the duplicate is of this day")
	assert.Equal(t, 429, post(t, server, body).status)
}

func TestARequestThatNeverArrivedIsNoDuplicate(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up)
	require.NoError(t, server.Inject(ceffutest.Fault{Status: 503}))
	require.NoError(t, server.Inject(ceffutest.Fault{Skip: 1, Status: 503, Processed: true}))
	body := resend("1", 1, clock.now.UnixMilli())
	assert.Equal(t, 503, post(t, server, body).status)
	assert.Equal(t, 503, post(t, server, body).status)
	assert.Equal(t, refused("G20015", "Duplicated request"), post(t, server, body).body)
}

func TestTheRateLimitStartsAnewWithEachPeriod(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up, ceffutest.WithRateLimit(2, time.Second))
	call := func() answer {
		clock.advance(time.Millisecond)
		return post(t, server, resend("1", 1, clock.now.UnixMilli()))
	}
	assert.Equal(t, success, call().body)
	assert.Equal(t, success, call().body)
	got := call()
	assert.Equal(t, http.StatusTooManyRequests, got.status)
	assert.Equal(t, refused("G20012", "Rate limit exceeded"), got.body)
	assert.Empty(t, got.header.Get("Retry-After"))
	clock.advance(time.Second)
	assert.Equal(t, success, call().body)
	assert.Equal(t, "rate limited", server.Requests()[2].Verdict)
}
