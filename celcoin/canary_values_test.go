package celcoin_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestNoValueShowsASecretHoweverItIsPrinted(t *testing.T) {
	t.Parallel()
	webhook := celcoin.Webhook{
		ID: "w", Status: celcoin.StatusPending, URL: "https://receiver.example/?key=" + plantedPayload,
		Request: plantedPayload, Response: plantedPayload, Filter: plantedFilter, Created: celcoin.ParseTimestamp("2023-11-08T17:47:49Z"),
	}
	f := &fake{token: []reply{says(200, `{"access_token":"`+plantedToken+`"}`)}}
	c := clientOf(t, planted, f)
	require.NoError(t, operations[0].do(t, c), "so that it holds a token")
	elsewhere, err := celcoin.New(planted, celcoin.WithBaseURL("https://proxy.example/"+plantedPayload))
	require.NoError(t, err)
	source := celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: plantedToken})}
	for name, v := range map[string]any{
		"the client":                c,
		"a copy of the client":      *c,
		"a client behind a path":    elsewhere,
		"a copy of that":            *elsewhere,
		"credentials":               planted,
		"credentials by pointer":    &planted,
		"credentials with a source": source,
		"a query":                   plantedQuery,
		"a query by pointer":        &plantedQuery,
		"a replay":                  plantedReplay,
		"a replay by pointer":       &plantedReplay,
		"a filter":                  plantedFilter,
		"a webhook":                 webhook,
		"a webhook by pointer":      &webhook,
		"a page":                    celcoin.WebhookPage{Webhooks: []celcoin.Webhook{webhook}},
		"a page by pointer":         &celcoin.WebhookPage{Webhooks: []celcoin.Webhook{webhook}},
		"a response":                celcoin.Response{Body: []byte(plantedPayload), Header: http.Header{"X": {plantedToken}}},
		"an error":                  &celcoin.Error{Op: "token", StatusCode: 400, Body: []byte(plantedPayload)},
		"an error by value":         celcoin.Error{Op: "token", StatusCode: 400, Body: []byte(plantedPayload)},
		"a call option":             celcoin.WithResponse(&celcoin.Response{Body: []byte(plantedPayload)}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, text := range renderings(v) {
				assertHidden(t, text)
			}
		})
	}
	t.Run("a slice of webhooks", func(t *testing.T) {
		t.Parallel()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			assertHidden(t, fmt.Sprintf(verb, []celcoin.Webhook{webhook}))
		}
	})
	for _, v := range []any{planted, &planted, map[string]any{"c": planted}, source} {
		assertHidden(t, jsonOf(t, v))
	}
	text, err := planted.MarshalText()
	require.NoError(t, err)
	assertHidden(t, string(text))
}

func TestWhatIsShownInsteadSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "celcoin.Credentials{ClientID:[redacted] ClientSecret:[redacted] TokenSource:[unset]}", fmt.Sprint(planted))
	assert.Equal(t, planted.String(), fmt.Sprintf("%#v", planted))
	assert.Equal(t, "{DocumentNumber:[redacted] Account:[unset] ID:[unset] ClientRequestID:[unset]}",
		celcoin.Filter{DocumentNumber: "04072747580"}.String())
	assert.Equal(t, `{Product:"" Entity:"pix-payment-in" From:2023-11-03T06:30:00-03:00 To:2023-11-28T06:30:00-03:00 OnlyPending:unset WebhookID:"" Filter:{DocumentNumber:[redacted] Account:[redacted] ID:[redacted] ClientRequestID:[redacted]}}`,
		plantedQuery.String())
	assert.Equal(t, `{Product:"" Entity:"pix-payment-in" WebhookID:"w" From:2023-11-03T06:30:00-03:00 To:2023-11-28T06:30:00-03:00 OnlyPending:true Filter:{DocumentNumber:[unset] Account:[unset] ID:[unset] ClientRequestID:[unset]} Bulk:false}`,
		celcoin.ReplayRequest{Entity: "pix-payment-in", WebhookID: "w", From: from, To: to, OnlyPending: new(true)}.String())
	assert.Equal(t, `status 200, request "r", 2 attempts, body of 7 bytes`,
		celcoin.Response{StatusCode: 200, RequestID: "r", Attempts: 2, Body: []byte("payload")}.String())
	assert.Equal(t, `{ID:"w" Status:"PENDENTE" HTTPStatusCode:404 Created:"2023" LastUpdated:"" Request:[7 bytes] Response:[0 bytes]}`,
		celcoin.Webhook{ID: "w", Status: "PENDENTE", HTTPStatusCode: 404, Created: celcoin.Timestamp{Raw: "2023"}, Request: "payload"}.String())
}

func TestAnErrorIsOneLineWithAllThatHelps(t *testing.T) {
	t.Parallel()
	f := &fake{call: []reply{says(403, `{"status":"ERROR","error":{"errorCode":"CBE468","message":"Não\npermitido.\u001b[31m"}}`, "X-Request-Id", "r-1")}}
	err := operations[2].do(t, f.client(t))
	require.EqualError(t, err,
		"celcoin: replay webhooks: 403 Forbidden, code CBE468: Não permitido. [31m, request r-1, 1 attempt; ask Celcoin to enable this API for the client")
	assert.JSONEq(t, `{"operation":"replay webhooks","status":403,"code":"CBE468","message":"Não permitido. [31m","request_id":"r-1","attempts":1}`, jsonOf(t, err))
}

// The answers that net/http itself cannot read, over a real socket.
func TestNoSecretComesBackFromABrokenServer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(request string) string{
		"in a header line that is none": func(s string) string { return "HTTP/1.1 200 OK\r\n" + s + "\r\n\r\n" },
		"instead of a status line":      func(s string) string { return s + "\r\n\r\n" },
		"in the status":                 func(s string) string { return "HTTP/1.1 " + s + "\r\n\r\n" },
		"in the protocol":               func(s string) string { return s + " 200 OK\r\n\r\n" },
		"in the length":                 func(s string) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + s + "\r\n\r\n" },
		"in the encoding":               func(s string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + s + "\r\n\r\n" },
		"in a chunk":                    func(s string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + s + "\r\n\r\n" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var l net.ListenConfig
			listener, err := l.Listen(t.Context(), "tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { listener.Close() }) //nolint:errcheck,gosec // it may be closed
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					buf := make([]byte, 4096)
					n, _ := conn.Read(buf)
					for line := range strings.SplitSeq(string(buf[:n]), "\r\n") {
						if secret, ok := strings.CutPrefix(line, "Authorization: "); ok {
							conn.Write([]byte(answer(secret))) //nolint:errcheck,gosec // the client notices
						}
					}
					conn.Close() //nolint:errcheck,gosec // the client notices
				}
			}()
			var log sharedLog
			c, err := celcoin.New(celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: plantedToken})},
				celcoin.WithBaseURL("http://"+listener.Addr().String()), hasty, celcoin.WithLogger(log.loggers()))
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			errs := plantedCalls(ctx, c)
			assert.NotEmpty(t, errs)
			for _, err := range errs {
				assertHides(t, err)
			}
			assertHidden(t, log.buf.String())
		})
	}
}

func TestNoSecretIsInAnErrorOfNewOrOfATokenSource(t *testing.T) {
	t.Parallel()
	for _, bad := range []celcoin.Credentials{
		{ClientID: planted.ClientID}, {ClientSecret: planted.ClientSecret},
		{ClientID: planted.ClientID, ClientSecret: planted.ClientSecret + "\n"},
		{ClientID: planted.ClientID, TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: plantedToken})},
	} {
		_, err := celcoin.New(bad, celcoin.WithBaseURL(celcoin.SandboxURL))
		require.Error(t, err)
		assertHides(t, err)
	}
	_, err := celcoin.New(planted, celcoin.WithBaseURL("https://user:"+url.QueryEscape(planted.ClientSecret)+"@host"))
	require.Error(t, err)
	assertHides(t, err)
	for _, bad := range []source{
		retrieve(&http.Response{StatusCode: 401, Status: plantedToken}),
		func() (*oauth2.Token, error) { return &oauth2.Token{AccessToken: plantedToken + "\n"}, nil },
		func() (*oauth2.Token, error) {
			return nil, &oauth2.RetrieveError{Response: &http.Response{StatusCode: 401}, Body: []byte(plantedPayload), ErrorDescription: plantedPayload}
		},
	} {
		err := operations[0].do(t, clientOf(t, celcoin.Credentials{TokenSource: bad}, &fake{}))
		require.Error(t, err)
		assertHides(t, err)
	}
}
