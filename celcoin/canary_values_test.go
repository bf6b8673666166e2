package celcoin_test

import (
	"fmt"
	"net/http"
	"testing"

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
