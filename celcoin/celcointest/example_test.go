package celcointest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// start is what celcointest.NewServer(t) and its Client are in a test.
func start(opts ...celcointest.Option) (*celcointest.Server, *celcoin.Client, error) {
	server, err := celcointest.Start(opts...)
	if err != nil {
		return nil, nil, err
	}
	client, err := server.Client(celcoin.WithRetryPolicy(celcoin.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	return server, client, err
}

// lastHour asks for the webhooks of the last hour.
func lastHour() celcoin.Query {
	now := time.Now()
	return celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: now.Add(-time.Hour), To: now}
}

// A receiver was down, and is up again.
func Example() {
	arrived := 0
	server, client, err := start(celcointest.WithReceiver(http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) { arrived++ },
	)))
	if err != nil {
		panic(err)
	}
	defer server.Close()
	now := time.Now()
	if err := server.AddMissed(celcoin.EntityPixPaymentIn, 3, now.Add(-time.Hour), now); err != nil {
		panic(err)
	}

	var missed []celcoin.Webhook
	for webhook, err := range client.Webhooks(context.Background(), lastHour()) {
		if err != nil {
			panic(err)
		}
		missed = append(missed, webhook)
	}
	for _, webhook := range missed {
		request := celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: webhook.ID}
		if _, err := client.ReplayWebhooks(context.Background(), request); err != nil {
			panic(err)
		}
	}
	server.Settle()
	fmt.Println("missed:", len(missed), "arrived:", arrived, "pending:", server.Pending(celcoin.EntityPixPaymentIn))
	// Output: missed: 3 arrived: 3 pending: 0
}

// Celcoin asks to slow down, once.
func ExampleServer_Inject_rateLimit() {
	server, client, err := start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	err = server.Inject(celcointest.Fault{Operation: "count", Status: http.StatusTooManyRequests})
	if err != nil {
		panic(err)
	}

	summary, err := client.CountWebhooks(context.Background(), lastHour())
	if err != nil {
		panic(err)
	}
	fmt.Println("counted", summary.TotalItems)
	for _, request := range server.Requests() {
		fmt.Println(request.Operation, request.Attempt, request.Status)
	}
	// Output:
	// counted 0
	// token 1 200
	// count 1 429
	// count 2 200
}

// The answer of a replay is lost, though it was carried out.
func ExampleServer_Inject_lostAnswer() {
	server, client, err := start(celcointest.WithReceiver(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	if err != nil {
		panic(err)
	}
	defer server.Close()
	id := server.Add(celcointest.Webhook{Entity: celcoin.EntityPixPaymentIn})[0]
	err = server.Inject(celcointest.Fault{Operation: "replay", Processed: true, Reset: true})
	if err != nil {
		panic(err)
	}

	request := celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: id}
	_, err = client.ReplayWebhooks(context.Background(), request)
	fmt.Println("outcome unknown:", errors.Is(err, celcoin.ErrOutcomeUnknown))
	server.Settle()
	fmt.Println("delivered:", len(server.Deliveries()))
	// Output:
	// outcome unknown: true
	// delivered: 1
}

// The whole vendor is down.
func ExampleServer_Inject_outage() {
	server, client, err := start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	err = server.Inject(celcointest.Fault{Status: http.StatusBadGateway, Body: []byte("<html>"), Times: -1})
	if err != nil {
		panic(err)
	}

	_, err = client.CountWebhooks(context.Background(), lastHour())
	fmt.Println("server error:", errors.Is(err, celcoin.ErrServer))
	server.ClearFaults() // it is up again
	_, err = client.CountWebhooks(context.Background(), lastHour())
	fmt.Println("afterwards:", err)
	// Output:
	// server error: true
	// afterwards: <nil>
}

// Tokens end by the server's clock: a test need not wait for it.
func ExampleWithClock_expiredToken() {
	now := time.Now()
	server, client, err := start(celcointest.WithClock(func() time.Time { return now }))
	if err != nil {
		panic(err)
	}
	defer server.Close()
	for range 2 {
		if _, err := client.CountWebhooks(context.Background(), lastHour()); err != nil {
			panic(err)
		}
		now = now.Add(time.Hour)
	}
	fmt.Println("tokens:", server.TokenRequests())
	// Output: tokens: 2
}
