package celcoin_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

var (
	ctx       = context.Background()
	downSince = time.Now().Add(-time.Hour)
	upAgain   = time.Now()
)

// simulate stands for Celcoin: 250 webhooks have been missed. In a program the
// client comes from celcoin.New.
func simulate() (*celcoin.Client, *celcointest.Server) {
	server, err := celcointest.Start(celcointest.WithReceiver(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	must(err)
	must(server.AddMissed(celcoin.EntityPixPaymentIn, 250, downSince, upAgain))
	client, err := server.Client(celcoin.WithRetryPolicy(celcoin.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	must(err)
	return client, server
}

func must(err error) {
	if err != nil {
		panic(err) //nolint:forbidigo // an example has no caller to return it to
	}
}

// What was missed is listed first, then replayed, then counted again.
func Example() {
	client, server := simulate()
	defer server.Close()
	query := celcoin.Query{
		Entity: celcoin.EntityPixPaymentIn, From: downSince, To: upAgain, OnlyPending: new(true),
	}

	var missed []celcoin.Webhook
	for webhook, err := range client.Webhooks(ctx, query) {
		if err != nil {
			fmt.Println(err)
			return
		}
		missed = append(missed, webhook)
	}
	for _, webhook := range missed {
		_, err := client.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: query.Entity, WebhookID: webhook.ID})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	server.Settle() // Celcoin delivers in its own time

	left, err := client.CountWebhooks(ctx, query)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(missed), "were missed,", left.TotalItems, "still are")
	// Output: 250 were missed, 0 still are
}

func ExampleNew() {
	client, err := celcoin.New(
		celcoin.Credentials{ClientID: "id", ClientSecret: "secret"}, // or celcoin.CredentialsFromEnv()
		celcoin.WithBaseURL(celcoin.SandboxURL),
		celcoin.WithAttemptTimeout(time.Minute),
		celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: 5}),
		celcoin.WithRateLimit(5, 10),
		celcoin.WithUserAgent("payments/2.1"),
	)
	fmt.Println(client, err)

	_, err = celcoin.New(celcoin.Credentials{ClientID: "id", ClientSecret: "secret"})
	fmt.Println(err)
	// Output:
	// celcoin.Client{sandbox.openfinance.celcoin.dev} <nil>
	// celcoin: base URL: is missing; write out WithBaseURL(SandboxURL) or WithBaseURL(ProductionURL)
}

func ExampleClient_CountWebhooks() {
	client, server := simulate()
	defer server.Close()

	summary, err := client.CountWebhooks(ctx, celcoin.Query{
		Entity: celcoin.EntityPixPaymentIn,
		From:   downSince,
		To:     upAgain,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summary.TotalItems, "of", summary.Entity)
	// Output: 250 of pix-payment-in
}

func ExampleClient_ListWebhooks() {
	client, server := simulate()
	defer server.Close()

	page, err := client.ListWebhooks(ctx, celcoin.Query{
		Entity: celcoin.EntityPixPaymentIn,
		From:   downSince,
		To:     upAgain,
	}, celcoin.PageOptions{Page: 2, PageSize: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("page %d of %d, %d of %d webhooks, the first is %s\n",
		page.Page, page.TotalPages, len(page.Webhooks), page.TotalItems, page.Webhooks[0].Status)
	// Output: page 2 of 3, 100 of 250 webhooks, the first is PENDENTE
}

func ExampleClient_Webhooks() {
	client, server := simulate()
	defer server.Close()
	query := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: downSince, To: upAgain}

	byStatus := map[celcoin.Status]int{}
	for webhook, err := range client.Webhooks(ctx, query) {
		if err != nil { // errors.Is(err, celcoin.ErrIncomplete): not all were listed
			fmt.Println(err)
			return
		}
		byStatus[webhook.Status]++
	}
	fmt.Println(byStatus)
	// Output: map[PENDENTE:250]
}

func ExampleClient_ReplayWebhooks() {
	client, server := simulate()
	defer server.Close()
	id := server.Add(celcointest.Webhook{Entity: celcoin.EntityPixPaymentOut})[0]

	accepted, err := client.ReplayWebhooks(ctx, celcoin.ReplayRequest{
		Entity:    celcoin.EntityPixPaymentOut,
		WebhookID: id,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("accepted:", accepted.TotalItems)

	server.Settle()
	webhook, _ := server.Webhook(id)
	fmt.Println("status:", webhook.Status)
	// Output:
	// accepted: 1
	// status: ENVIADO
}

// What is older than 7 days cannot be replayed: Celcoin says what became of the
// transaction instead.
func ExampleClient_PixPaymentStatus() {
	client, server := simulate()
	defer server.Close()
	id := server.AddPayments(celcointest.Payment{Status: "ERROR", ErrorCode: "PBE343"})[0]

	for _, id := range []string{id, "1"} {
		status, err := client.PixPaymentStatus(ctx, celcoin.PixPaymentQuery{TransactionID: id})
		switch {
		case err != nil:
			fmt.Println(err)
		case !status.Found: // not an error
			fmt.Println("Celcoin knows of no such payment")
		default:
			fmt.Println(status.Status, status.ErrorCode)
		}
	}
	// Output:
	// ERROR PBE343
	// Celcoin knows of no such payment
}
