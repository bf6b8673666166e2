package celcoin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

// What must never be shown. All have characters that are escaped in one place
// or another.
var (
	planted = celcoin.Credentials{ClientID: "canary-client/id+1=", ClientSecret: "canary-client/id+1=&secret/two"}

	plantedToken  = "canary-token/abc+def=="
	plantedFilter = celcoin.Filter{
		DocumentNumber: "04072747580", Account: "canary account/300540655630", ID: "canary-filter&id", ClientRequestID: "canary-réquest",
	}
	plantedPayload = "canary-payload"

	canaries = []string{
		planted.ClientID, planted.ClientSecret, plantedToken, plantedFilter.DocumentNumber, plantedFilter.Account,
		plantedFilter.ID, plantedFilter.ClientRequestID, plantedPayload, "secret/two", "canary",
	}
	plantedQuery = celcoin.Query{
		Entity: celcoin.EntityPixPaymentIn, From: from, To: to, DocumentNumber: plantedFilter.DocumentNumber,
		Account: plantedFilter.Account, ID: plantedFilter.ID, ClientRequestID: plantedFilter.ClientRequestID,
	}
	plantedReplay = celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: "w", From: from, To: to, Filter: plantedFilter}
)

// renderings are all the ways in which somebody may come to print a value.
func renderings(v any) []string {
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		out = append(out, fmt.Sprintf(verb, v), fmt.Sprintf(verb, []any{v}), fmt.Sprintf(verb, struct{ Field any }{v}))
	}
	var buf bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&buf, nil), slog.NewJSONHandler(&buf, nil)} {
		slog.New(h).With(slog.Any("with", v)).WithGroup("group").Info("message", slog.Any("value", v), slog.Group("inner", slog.Any("value", v)))
	}
	return append(out, buf.String())
}

// assertHides looks for the canaries in every rendering of a value.
func assertHides(t *testing.T, v any) {
	t.Helper()
	texts := renderings(v)
	if err, ok := v.(error); ok {
		for e := err; e != nil; e = errors.Unwrap(e) {
			texts = append(texts, e.Error())
		}
		data, jsonErr := json.Marshal(v)
		require.NoError(t, jsonErr)
		texts = append(texts, err.Error(), string(data))
		if e, ok := errors.AsType[*celcoin.Error](err); ok {
			data, jsonErr := json.Marshal(e)
			require.NoError(t, jsonErr)
			texts = append(append(texts, string(data), e.Message, e.Code, e.RequestID), renderings(*e)...)
		}
	}
	slices.Sort(texts)
	for _, text := range slices.Compact(texts) {
		assertHidden(t, text)
	}
}

// needles are the canaries as they are, and escaped.
var needles = func() []string {
	var out []string
	for _, canary := range canaries {
		out = append(out, canary, url.QueryEscape(canary), url.PathEscape(canary))
	}
	slices.Sort(out)
	return slices.Compact(out)
}()

func assertHidden(t *testing.T, text string) {
	t.Helper()
	for _, needle := range needles {
		if strings.Contains(text, needle) {
			require.Fail(t, "a canary was seen", "%q in %q", needle, text)
		}
	}
}

// sharedLog is a log of the text and the JSON handler.
type sharedLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *sharedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *sharedLog) loggers() *slog.Logger {
	opts := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	return slog.New(slog.NewMultiHandler(slog.NewTextHandler(l, opts), slog.NewJSONHandler(l, opts)))
}

// plantedCalls are all calls, with the canaries among their arguments.
func plantedCalls(ctx context.Context, c *celcoin.Client, opts ...celcoin.CallOption) []error {
	_, counting := c.CountWebhooks(ctx, plantedQuery, opts...)
	page, listing := c.ListWebhooks(ctx, plantedQuery, celcoin.PageOptions{}, opts...)
	_, replaying := c.ReplayWebhooks(ctx, plantedReplay, opts...)
	errs := []error{counting, listing, replaying}
	if page == nil {
		for _, err := range c.Webhooks(ctx, plantedQuery, opts...) {
			errs = append(errs, err)
		}
	}
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

// provoke has every call meet a reply, or the token call, and looks at all that
// can be seen of it.
func provoke(t *testing.T, f *fake) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if f.token == nil {
			f.token = []reply{says(200, `{"access_token":"`+plantedToken+`"}`)}
		}
		var log sharedLog
		c := clientOf(t, planted, f, celcoin.WithLogger(log.loggers()))
		var resp celcoin.Response
		for _, opts := range [][]celcoin.CallOption{nil, {celcoin.WithAtLeastOnce(), celcoin.WithResponse(&resp)}} {
			for _, err := range plantedCalls(t.Context(), c, opts...) {
				assertHides(t, err)
			}
		}
		assertHides(t, resp)
		assertHides(t, &resp)
		assert.NotEmpty(t, log.buf.String())
		assertHidden(t, log.buf.String())
	})
}

func TestNoSecretIsInAnyErrorOrLogLine(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(fmt.Sprintf("%s with %d", shape.file, shape.status), func(t *testing.T) {
			t.Parallel()
			answer := says(shape.status, fixture(t, shape.file))
			provoke(t, &fake{call: []reply{answer}})
			provoke(t, &fake{token: []reply{answer}})
		})
	}
	for name, answer := range map[string]reply{
		"a payload instead of an error":      says(500, `{"status":"SUCCESS","body":{"webhookDetails":[{"request":"`+plantedPayload+`"}]}}`),
		"no connection":                      fails(errRefused),
		"an attempt that hangs":              hangs,
		"a cut body":                         cut,
		"a document number of somebody else": says(400, `{"message":"CPF 040.727.475-80 e CNPJ 12.345.678/0001-95, 04072747580, 12345678000195"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provoke(t, &fake{call: []reply{answer}})
			provoke(t, &fake{token: []reply{answer}})
		})
	}
}

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
		"credentials with a source": source,
		"a query":                   plantedQuery,
		"a replay":                  plantedReplay,
		"a filter":                  plantedFilter,
		"a webhook":                 webhook,
		"a page":                    celcoin.WebhookPage{Webhooks: []celcoin.Webhook{webhook}},
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
