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

func TestEveryByteOfTheDocumentedRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(time.UnixMilli(1699256508000))) // when Ceffu's page was written
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

		head, got, _ := strings.Cut(string(<-raw), "\r\n\r\n")
		assert.Equal(t, `{"webhookId":"1721442311151521794","eventType":"1","resendFromDateTime":1699256508000,"timestamp":1699256508000}`, got)
		assert.JSONEq(t, fixture(t, "resend-request.json"), got)
		line, headers, _ := strings.Cut(head, "\r\n")
		assert.Equal(t, "POST /base/open-api/entity/webhook/resend HTTP/1.1", line)
		lines := strings.Split(headers, "\r\n")
		slices.Sort(lines)
		require.Len(t, lines, 8)
		_, signature, _ := strings.Cut(lines[6], "Signature: ")
		assertSigned(t, sent{Header: http.Header{"Signature": {signature}}, Body: []byte(got)})
		assert.Equal(t, []string{
			"Accept-Encoding: gzip",
			"Accept: application/json",
			"Content-Length: 112",
			"Content-Type: application/json",
			"Host: localhost:8081",
			"Open-Apikey: " + testAPIKey,
			"Signature: " + signature,
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

func TestAnyLegalArgumentArrivesAsGivenAndIsSignedAsSent(t *testing.T) {
	t.Parallel()
	vendor := answering(accepted)
	c := over(t, vendor)
	legal := rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r > 0x9f || r >= ' ' && r < 0x7f })).
		Filter(func(s string) bool { return s != "" })
	rapid.Check(t, func(rt *rapid.T) {
		id, event := legal.Draw(rt, "id"), legal.Draw(rt, "event")
		ms := rapid.Int64Range(0, time.Date(9998, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()).Draw(rt, "from")
		finer := time.Duration(rapid.Int64Range(0, int64(time.Millisecond)-1).Draw(rt, "finer")) // is cut off
		zone := time.FixedZone("", rapid.IntRange(-12, 14).Draw(rt, "zone")*3600)                // does not matter
		_, err := c.ResendWebhooks(t.Context(), ceffu.ResendRequest{
			WebhookID: id, EventType: ceffu.EventType(event), From: time.UnixMilli(ms).Add(finer).In(zone),
		})
		require.NoError(rt, err)
		got := vendor.requests()[len(vendor.requests())-1]
		b := got.body(rt)
		assert.Equal(rt, body{id, event, ms, b.Timestamp}, b)
		assertSigned(rt, got)
	})
}

func TestThePathIsJoinedToTheBaseURL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		ceffu.DefaultBaseURL:          resendPath,
		"https://proxy.example/":      resendPath,
		"https://proxy.example/p/":    "/p" + resendPath,
		"https://proxy.example/a%2Fb": "/a%2Fb" + resendPath,
	} {
		option := ceffu.WithBaseURL(base)
		if base == ceffu.DefaultBaseURL {
			option = nil // production is the default
		}
		vendor := answering(accepted)
		_, err := over(t, vendor, option).ResendWebhooks(t.Context(), testRequest())
		require.NoError(t, err)
		got := vendor.requests()[0]
		assert.Equal(t, want, got.Path)
		assert.True(t, strings.HasPrefix(base, got.Scheme+"://"+got.Host), base)
	}
}

func TestAnInvalidArgumentNamesItsFieldAndSendsNothing(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*ceffu.ResendRequest){
		"WebhookID is missing":                   func(r *ceffu.ResendRequest) { r.WebhookID = "" },
		"WebhookID holds a control character":    func(r *ceffu.ResendRequest) { r.WebhookID = "17\n" },
		"EventType is missing":                   func(r *ceffu.ResendRequest) { r.EventType = "" },
		"EventType is not valid UTF-8":           func(r *ceffu.ResendRequest) { r.EventType = "\xc3\x28" },
		"From is not set":                        func(r *ceffu.ResendRequest) { r.From = time.Time{} },
		"From is not in the years 1970 to 9998":  func(r *ceffu.ResendRequest) { r.From = time.Unix(-1, 0) },
		"From is not in the years 1970 to 9998:": func(r *ceffu.ResendRequest) { r.From = time.Unix(1699256508000, 0) }, // milliseconds
	} {
		vendor := answering(accepted)
		req := testRequest()
		change(&req)
		var response ceffu.Response
		result, err := over(t, vendor).ResendWebhooks(t.Context(), req, ceffu.WithResponse(&response))
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, ceffu.ErrInvalidRequest)
		var e *ceffu.Error
		require.ErrorAs(t, err, &e)
		assert.Nil(t, result)
		assert.Empty(t, vendor.requests())
		assert.Equal(t, ceffu.Response{}, response)
	}
}

func TestEventTypesReadWell(t *testing.T) {
	t.Parallel()
	for event, text := range map[ceffu.EventType]string{
		"1": "deposit success", "2": "deposit failed", "3": "withdrawal success", "4": "withdrawal failed", "9": "event type 9",
	} {
		assert.Equal(t, text, event.String())
	}
	assert.Equal(t, []ceffu.EventType{"1", "2", "3", "4"}, ceffu.EventTypes())
}
