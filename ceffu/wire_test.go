package ceffu_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/ceffu"
)

// Every bubble of package synctest begins at midnight UTC 2000-01-01.
const bubbleBegin = "946684800000"

func TestEveryByteOfTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		raw := make(chan []byte)
		go func() { raw <- serveOnce(server) }()
		transport := &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return client, nil },
		}
		defer transport.CloseIdleConnections()

		c := over(t, transport, ceffu.WithBaseURL("http://localhost:8081/base"), ceffu.WithUserAgent("payments/2.1"))
		_, err := c.ResendWebhooks(t.Context(), testRequest())
		require.NoError(t, err)

		const body = `{"webhookId":"1721442311151521794","eventType":"1","resendFromDateTime":1699256508000,"timestamp":` + bubbleBegin + `}`
		head, got, _ := strings.Cut(string(<-raw), "\r\n\r\n")
		assert.Equal(t, body, got)
		line, headers, _ := strings.Cut(head, "\r\n")
		assert.Equal(t, "POST /base/open-api/entity/webhook/resend HTTP/1.1", line)
		lines := strings.Split(headers, "\r\n")
		slices.Sort(lines)
		assert.Equal(t, []string{
			"Accept-Encoding: gzip",
			"Accept: application/json",
			"Content-Length: 111",
			"Content-Type: application/json",
			"Host: localhost:8081",
			"Open-Apikey: " + testAPIKey,
			"Signature: " + signatureOf(t, body),
			"User-Agent: payments/2.1 reenvio-go/0.1.0 " + runtime.Version(),
		}, lines)
	})
}

// serveOnce answers one request with success, and returns all of its bytes.
func serveOnce(conn net.Conn) []byte {
	var raw bytes.Buffer
	r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &raw)))
	if err != nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil
	}
	resp := http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(success)),
		Body: io.NopCloser(strings.NewReader(success))}
	if resp.Write(conn) != nil {
		return nil
	}
	return raw.Bytes()
}

func TestTheBodyHasTheDocumentedMembersInTheirOrder(t *testing.T) {
	t.Parallel()
	from := time.UnixMilli(1699256508000)
	tests := map[string]struct {
		request ceffu.ResendRequest
		want    string
	}{
		"a deposit that succeeded": {
			ceffu.ResendRequest{WebhookID: testWebhookID, EventType: ceffu.DepositSuccess, From: from},
			`{"webhookId":"1721442311151521794","eventType":"1","resendFromDateTime":1699256508000,"timestamp":` + bubbleBegin + `}`,
		},
		"a withdrawal that failed": {
			ceffu.ResendRequest{WebhookID: testWebhookID, EventType: ceffu.WithdrawalFailed, From: from},
			`{"webhookId":"1721442311151521794","eventType":"4","resendFromDateTime":1699256508000,"timestamp":` + bubbleBegin + `}`,
		},
		"an event type of tomorrow is sent as it is": {
			ceffu.ResendRequest{WebhookID: testWebhookID, EventType: "NEW_KIND", From: from},
			`{"webhookId":"1721442311151521794","eventType":"NEW_KIND","resendFromDateTime":1699256508000,"timestamp":` + bubbleBegin + `}`,
		},
		"an id that a float64 would round stays whole": {
			ceffu.ResendRequest{WebhookID: "9007199254740993", EventType: "1", From: from},
			`{"webhookId":"9007199254740993","eventType":"1","resendFromDateTime":1699256508000,"timestamp":` + bubbleBegin + `}`,
		},
		"what is finer than a millisecond is cut off, not rounded up": {
			ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: from.Add(time.Millisecond - 1)},
			`{"webhookId":"1","eventType":"1","resendFromDateTime":1699256508000,"timestamp":` + bubbleBegin + `}`,
		},
		"the zone of a time does not matter": {
			ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: from.In(time.FixedZone("", -3*60*60))},
			`{"webhookId":"1","eventType":"1","resendFromDateTime":1699256508000,"timestamp":` + bubbleBegin + `}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor := answering(accepted)
				_, err := over(t, vendor).ResendWebhooks(t.Context(), tt.request)
				require.NoError(t, err)
				require.Len(t, vendor.requests(), 1)
				assert.Equal(t, tt.want, string(vendor.requests()[0].Body))
				assertSigned(t, vendor.requests()[0])
			})
		})
	}
}

func TestAnyLegalArgumentArrivesAsGivenAndIsSignedAsSent(t *testing.T) {
	t.Parallel()
	vendor := answering(accepted)
	c := over(t, vendor)
	legal := rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r > 0x9f || r >= ' ' && r < 0x7f }))
	rapid.Check(t, func(rt *rapid.T) {
		id := legal.Filter(func(s string) bool { return s != "" }).Draw(rt, "id")
		event := legal.Filter(func(s string) bool { return s != "" }).Draw(rt, "event")
		ms := rapid.Int64Range(0, time.Date(9998, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()).Draw(rt, "from")
		_, err := c.ResendWebhooks(t.Context(), ceffu.ResendRequest{
			WebhookID: id, EventType: ceffu.EventType(event), From: time.UnixMilli(ms).UTC(),
		})
		require.NoError(rt, err)
		var body struct {
			WebhookID, EventType string
			ResendFromDateTime   int64
			Timestamp            int64
		}
		got := vendor.requests()[len(vendor.requests())-1]
		decodeStrictly(rt, got.Body, &body)
		assert.Equal(rt, id, body.WebhookID)
		assert.Equal(rt, event, body.EventType)
		assert.Equal(rt, ms, body.ResendFromDateTime)
		assertSigned(rt, got)
	})
}

func TestThePathIsJoinedToTheBaseURL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":              resendPath,
		"/":             resendPath,
		"/proxy":        "/proxy" + resendPath,
		"/proxy/":       "/proxy" + resendPath,
		"/a%2Fb/ceffu":  "/a%2Fb/ceffu" + resendPath,
		"/with%20space": "/with%20space" + resendPath,
	} {
		t.Run("base path "+base, func(t *testing.T) {
			t.Parallel()
			server := serving(t, accepted)
			_, err := newClient(t, ceffu.WithBaseURL(server.URL+base)).ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			assert.Equal(t, want, server.requests()[0].Path)
		})
	}
}

func TestTheDefaultBaseURLIsProduction(t *testing.T) {
	t.Parallel()
	vendor := answering(accepted)
	_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest())
	require.NoError(t, err)
	assert.Equal(t, "open-api.ceffu.com", vendor.requests()[0].Host)
	assert.Equal(t, resendPath, vendor.requests()[0].Path)
	assert.Equal(t, "https", vendor.requests()[0].Scheme)
}
