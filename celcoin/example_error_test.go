package celcoin_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// A replay whose answer is lost is not repeated: it may have been carried out.
func ExampleClient_ReplayWebhooks_outcomeUnknown() {
	client, server := simulate()
	defer server.Close()
	id := server.Add(celcointest.Webhook{Entity: celcoin.EntityPixPaymentIn, Created: downSince})[0]
	fault := celcointest.Fault{Operation: "replay", Processed: true, Status: 502, Body: []byte("<html>Bad Gateway</html>")}
	if err := server.Inject(fault); err != nil {
		fmt.Println(err)
		return
	}

	_, err := client.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: id})
	switch {
	case errors.Is(err, celcoin.ErrOutcomeUnknown):
		server.Settle()
		page, err := client.ListWebhooks(ctx, celcoin.Query{
			Entity: celcoin.EntityPixPaymentIn, From: downSince, To: upAgain, WebhookID: id,
		}, celcoin.PageOptions{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("look first:", page.Webhooks[0].Status)
	case err != nil:
		fmt.Println(err)
	}
	// Output: look first: ENVIADO
}

// A replay that may be delivered twice is repeated like any other call.
func ExampleWithAtLeastOnce() {
	client, server := simulate()
	defer server.Close()
	id := server.Add(celcointest.Webhook{Entity: celcoin.EntityPixPaymentIn, Created: downSince})[0]
	if err := server.Inject(celcointest.Fault{Operation: "replay", Processed: true, Reset: true}); err != nil {
		fmt.Println(err)
		return
	}

	_, err := client.ReplayWebhooks(ctx,
		celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: id}, celcoin.WithAtLeastOnce())
	server.Settle()
	fmt.Println(err, len(server.Deliveries()))
	// Output: <nil> 2
}

func ExampleWithLogger() {
	_, server := simulate()
	defer server.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelInfo, // successes are on level debug
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" || a.Key == "request_id" {
				return slog.Attr{} // what differs from run to run
			}
			return a
		},
	}))
	client, err := server.Client(celcoin.WithLogger(logger))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.ReplayWebhooks(ctx, celcoin.ReplayRequest{Product: "NONE", Entity: celcoin.EntityPixPaymentIn, WebhookID: "secret"})
	fmt.Println(errors.Is(err, celcoin.ErrNotFound))
	// Output:
	// level=WARN msg="attempt failed" operation="replay webhooks" method=PUT path=/common/v1/webhook/replay/{product}/{entity} status=404 code="" attempt=1 outcome=status wait=0s
	// level=WARN msg="call failed" operation="replay webhooks" method=PUT path=/common/v1/webhook/replay/{product}/{entity} status=404 code="" attempts=1 outcome=status category="not found"
	// true
}

// A date with a Z may be UTC, as it says, or Brasília's wall time.
func ExampleTimestamp_Range() {
	created := celcoin.ParseTimestamp("2023-11-08T17:47:49.576Z")
	earliest, latest := created.Range()
	fmt.Println(earliest.UTC().Format("15:04"), latest.UTC().Format("15:04"))
	// Output: 17:47 20:47
}
