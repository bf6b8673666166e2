package celcoinotel_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// TestNothingPersonalOrSecretIsExported plants documents, ids and credentials in
// everything that is sent, has the server send them back as codes and messages,
// and looks for them in all that leaves.
func TestNothingPersonalOrSecretIsExported(t *testing.T) {
	t.Parallel()
	const (
		document, account, webhookID = "04072747580", "300540655630", "f3a1c9d27b644e0f9a551c2d3e4f5a6b"
		pixID, requestID             = "E1393589320260101120012345678901", "canary-request"
		clientID, secret, payload    = "canary-client", "canary-secret", "canary-payload"
	)
	filter := celcoin.Filter{DocumentNumber: document, Account: account, ID: pixID, ClientRequestID: requestID}
	for name, fault := range map[string]celcointest.Fault{
		"a success":                       {DelayHeaders: time.Second},
		"a code that is a document":       {Status: 400, Code: document, Message: account},
		"a code that is a webhook's id":   {Status: 500, Code: webhookID, Message: pixID},
		"a code that is a Pix id":         {Status: 500, Code: pixID},
		"a code that is some text":        {Status: 400, Code: "canary client of " + document},
		"a code that is somebody else's":  {Status: 400, Code: "39053344705"},
		"a body that is a payload":        {Status: 502, Body: []byte(payload)},
		"a redirect to where the ids are": {RedirectTo: "https://elsewhere.example/" + webhookID + "?DocumentNumber=" + document},
		"no response":                     {Reset: true},
		"a token that is refused":         {Status: 401, RevokeToken: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := observe(t)
				server := celcointest.NewServer(t, celcointest.WithCredentials(clientID, secret),
					celcointest.WithReceiver(http.NotFoundHandler()))
				canaries := []string{document, account, webhookID, pixID, requestID, secret, payload, "canary", "39053344705"}
				client, err := server.Client(celcoin.WithObserver(x), celcoin.WithTransport(func(base http.RoundTripper) http.RoundTripper {
					return roundTrip(func(r *http.Request) (*http.Response, error) {
						if token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); token != "" {
							canaries = append(canaries, token)
						}
						return base.RoundTrip(r)
					})
				}))
				require.NoError(t, err)
				server.Add(celcointest.Webhook{ID: webhookID, Filter: filter, Request: payload})
				fault.Match, fault.Times = func(r *http.Request) bool { return r.Method != http.MethodPost }, -1
				require.NoError(t, server.Inject(fault))

				query := lastHour()
				query.WebhookID, query.DocumentNumber, query.Account, query.ID, query.ClientRequestID = webhookID, document, account, pixID, requestID
				//nolint:errcheck // most of them fail, which is exported too
				{
					client.CountWebhooks(t.Context(), query)
					client.ListWebhooks(t.Context(), query, celcoin.PageOptions{})
					client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{
						Entity: query.Entity, WebhookID: webhookID, From: query.From, To: query.To, Filter: filter,
					})
				}
				require.Len(t, x.named("celcoin replay webhooks"), 1)
				require.Greater(t, len(canaries), 9, "no token was seen")

				var data metricdata.ResourceMetrics
				require.NoError(t, x.meters.Collect(t.Context(), &data))
				measured, err := json.Marshal(data)
				require.NoError(t, err)
				exported := string(measured) + fmt.Sprintf("%+v", data)
				for _, s := range x.spans.GetSpans() {
					exported += fmt.Sprintf("%q %v %+v %+v %+v %v\n", s.Name, texts(s.Attributes), s.Events, s.Links, s.Status, s.SpanContext.TraceState())
				}
				for _, c := range canaries {
					assert.NotContains(t, exported, c)
				}
			})
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
