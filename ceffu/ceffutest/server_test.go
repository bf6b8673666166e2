package ceffutest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

func TestTheDocumentedRequestGetsTheDocumentedAnswer(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up)
	body := resend("1", 1699256508000, clock.now.UnixMilli())
	got := post(t, server, body)
	assert.Equal(t, http.StatusOK, got.status)
	assert.Equal(t, success, got.body)
	assert.Equal(t, "application/json", got.header.Get("Content-Type"))
	assert.Equal(t, "Sun, 01 Mar 2026 12:00:00 GMT", got.header.Get("Date"))
	assert.NotEmpty(t, got.header.Get("x-request-id"))

	records := server.Requests()
	require.Len(t, records, 1)
	assert.Equal(t, ceffutest.OpResend, records[0].Operation)
	assert.Equal(t, path, records[0].URL)
	assert.Equal(t, body, string(records[0].Body))
	assert.Equal(t, "ok", records[0].Verdict)
	assert.True(t, records[0].Processed)
	assert.Equal(t, got.header.Get("x-request-id"), records[0].RequestID)
}

func TestOtherPathsAndMethodsAreNoCalls(t *testing.T) {
	t.Parallel()
	server, _ := open(t, up)
	client := &http.Client{Transport: server.Transport()}

	got := send(t, client, http.MethodPost, server.URL+"/open-api/v1/entity/webhook/resend", "{}", http.Header{})
	assert.Equal(t, http.StatusNotFound, got.status)
	assert.Empty(t, got.body, "what Ceffu says is not known")
	assert.NotEmpty(t, got.header.Get("x-request-id"))

	got = send(t, client, http.MethodGet, server.URL+path, "", http.Header{})
	assert.Equal(t, http.StatusMethodNotAllowed, got.status)
	assert.Equal(t, "POST", got.header.Get("Allow"))
	for _, r := range server.Requests() {
		assert.Empty(t, r.Operation)
		assert.False(t, r.Processed)
	}
}

func TestCredentialsAreAsCeffuHandsThemOut(t *testing.T) {
	t.Parallel()
	server := ceffutest.NewServer(t)
	creds := server.Credentials()
	assert.NotEmpty(t, creds.APIKey)
	assert.NotContains(t, creds.APISecret, "-----")
	assert.False(t, strings.ContainsAny(creds.APISecret, " \n"))
	assert.Nil(t, creds.Signer)
}

func TestAnotherKeyCanBeExpected(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	server, clock := open(t, up, ceffutest.WithKey(key))
	assert.Empty(t, server.Credentials().APISecret)
	assert.Equal(t, key, server.Credentials().Signer)

	body := resend("1", 1, clock.now.UnixMilli())
	header := http.Header{
		"Open-Apikey": {server.Credentials().APIKey},
		"Signature":   {sign(t, ceffutest.NewServer(t), body)}, // by the test key
	}
	got := send(t, &http.Client{Transport: server.Transport()}, http.MethodPost, server.URL+path, body, header)
	assert.Equal(t, refused("G20009", "Invalid Sign"), got.body, "the test key is no longer the right one")

	client, err := server.Client()
	require.NoError(t, err)
	_, err = client.ResendWebhooks(t.Context(), ceffu.ResendRequest{WebhookID: hookID, EventType: "1", From: clock.now})
	require.NoError(t, err)
}

func TestOptionsThatMakeNoSenseAreErrors(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	tests := []struct {
		opt  ceffutest.Option
		want string
	}{
		{ceffutest.WithClock(nil), "ceffutest: WithClock: "},
		{ceffutest.WithReceiver(nil), "ceffutest: WithReceiver: "},
		{ceffutest.WithKey(nil), "ceffutest: WithKey: "},
		{ceffutest.WithKey(curve), "ceffutest: WithKey: not an RSA key"},
		{ceffutest.WithAddr("0.0.0.0:0"), `ceffutest: listen: "0.0.0.0:0" is not a loopback address`},
		{ceffutest.WithRecordLimit(0), "ceffutest: WithRecordLimit: "},
		{ceffutest.WithTimestampWindow(-1), "ceffutest: WithTimestampWindow: "},
		{ceffutest.WithDuplicateWindow(-1), "ceffutest: WithDuplicateWindow: "},
		{ceffutest.WithRateLimit(0, time.Second), "ceffutest: WithRateLimit: "},
		{ceffutest.WithStatus("G20001", 100), `ceffutest: WithStatus: "G20001" with 100`},
		{ceffutest.WithResendDelay(-1), "ceffutest: WithResendDelay: "},
		{ceffutest.WithSuspensionAfter(-1), "ceffutest: WithSuspensionAfter: "},
		{ceffutest.WithSuspendedResend(7), "ceffutest: WithSuspendedResend: "},
		{ceffutest.WithResendRange(0), "ceffutest: WithResendRange: "},
		{ceffutest.WithUnknownWebhook(""), "ceffutest: WithUnknownWebhook: "},
	}
	for _, test := range tests {
		_, err := ceffutest.Start(test.opt)
		require.ErrorContains(t, err, test.want)
	}
	server, err := ceffutest.Start(nil)
	require.NoError(t, err, "a nil option is none")
	server.Close()
	server.Close()
}

func TestTheClientWorksInAndOutOfABubble(t *testing.T) {
	t.Parallel()
	call := func(t *testing.T) {
		t.Helper()
		server := ceffutest.NewServer(t, ceffutest.WithReceiver(http.HandlerFunc(up)))
		hook, err := server.AddWebhook(ceffutest.Webhook{})
		require.NoError(t, err)
		assert.Len(t, hook.ID, 19)
		require.NoError(t, server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, Count: 3}))
		client, err := server.Client()
		require.NoError(t, err)
		result, err := client.ResendWebhooks(t.Context(), ceffu.ResendRequest{
			WebhookID: hook.ID, EventType: ceffu.DepositSuccess, From: server.Now().Add(-2 * time.Hour),
		})
		require.NoError(t, err)
		assert.True(t, result.Accepted)
		server.Settle()
		assert.Len(t, server.Deliveries(), 3)
		assert.Equal(t, map[ceffutest.Status]int{ceffutest.StatusDelivered: 3}, tally(server))
	}
	t.Run("out", func(t *testing.T) {
		t.Parallel()
		call(t)
	})
	t.Run("in", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, call)
	})
}

func TestAClientWithAWrongClockIsToldTheTime(t *testing.T) {
	t.Parallel()
	server, _ := open(t, up) // its clock stands at noon of a day that is not today
	client, err := server.Client()
	require.NoError(t, err)
	_, err = client.ResendWebhooks(t.Context(), ceffu.ResendRequest{WebhookID: hookID, EventType: "1", From: noon})
	require.NoError(t, err)
	records := server.Requests()
	require.Len(t, records, 2)
	assert.Equal(t, "timestamp expired", records[0].Verdict)
	assert.Equal(t, "ok", records[1].Verdict)
	assert.Equal(t, 2, records[1].Attempt)
}

func TestAnAddressIsComparedWithoutItsPort(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up, ceffutest.WithTLS(), ceffutest.WithRecordLimit(2),
		ceffutest.WithAllowedIPs(netip.MustParsePrefix("127.0.0.1/32")))
	for range 3 {
		clock.advance(time.Millisecond)
		body := resend("1", 1, clock.now.UnixMilli())
		header := http.Header{"Open-Apikey": {server.Credentials().APIKey}, "Signature": {sign(t, server, body)}}
		got := send(t, server.HTTPClient(), http.MethodPost, server.URL+path, body, header)
		assert.Equal(t, success, got.body)
	}
	assert.Len(t, server.Requests(), 2)
	assert.NotEmpty(t, server.Requests()[0].RemoteAddr)
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		server, err := ceffutest.Start()
		require.NoError(b, err)
		server.Close()
	}
}
