package ceffu_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

// start is a Ceffu on this machine that has given up on three notifications of
// each event type, since their receiver was down. Now it is up again.
func start() (server *ceffutest.Server, client *ceffu.Client, webhookID string, err error) {
	receiver := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	if server, err = ceffutest.Start(ceffutest.WithReceiver(receiver)); err != nil {
		return nil, nil, "", err
	}
	hook, err := server.AddWebhook(ceffutest.Webhook{})
	for _, event := range ceffu.EventTypes() {
		err = errors.Join(err, server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, EventType: event, Count: 3}))
	}
	client, err2 := server.Client()
	return server, client, hook.ID, errors.Join(err, err2)
}

func ExampleNew() {
	server, _, _, err := start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	client, err := ceffu.New(server.Credentials(),
		ceffu.WithBaseURL(server.URL),
		ceffu.WithUserAgent("payments/2.1"),
		ceffu.WithAttemptTimeout(10*time.Second),
		ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: 5, MaxWait: 10 * time.Second}),
		ceffu.WithRateLimit(2, 1),
		ceffu.WithLogger(slog.New(slog.DiscardHandler)), // yours
	)
	fmt.Println(client != nil, err)

	_, err = ceffu.New(server.Credentials(), ceffu.WithBaseURL("http://open-api.ceffu.com"))
	fmt.Println(err)
	// Output:
	// true <nil>
	// ceffu: base URL: must be https, as credentials go there; http only to a loopback address
}

func ExampleClient_ResendWebhooks() {
	server, client, webhookID, err := start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	downSince := time.Now().Add(-6 * time.Hour)
	for _, event := range ceffu.EventTypes() {
		result, err := client.ResendWebhooks(ctx, ceffu.ResendRequest{
			WebhookID: webhookID,
			EventType: event,
			From:      downSince,
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v: accepted %v\n", event, result.Accepted)
	}

	// Accepted is not delivered. The proof is at the receiver; here, Ceffu can be asked.
	server.Settle()
	fmt.Println(len(server.Deliveries()), "notifications sent again")
	// Output:
	// deposit success: accepted true
	// deposit failed: accepted true
	// withdrawal success: accepted true
	// withdrawal failed: accepted true
	// 12 notifications sent again
}

func ExampleClient_ResendAll() {
	server, client, webhookID, err := start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	all := ceffu.ResendAllRequest{WebhookIDs: []string{webhookID}, From: time.Now().Add(-6 * time.Hour)}
	for outcome, err := range client.ResendAll(context.Background(), all) {
		if err != nil {
			fmt.Println(err) // nothing more is sent
			return
		}
		fmt.Printf("%v: %s\n", outcome.EventType, outcome.Status)
		if outcome.Err != nil {
			fmt.Println(outcome.Err) // of this one; the others are still made
		}
	}
	// Output:
	// deposit success: accepted
	// deposit failed: accepted
	// withdrawal success: accepted
	// withdrawal failed: accepted
}

func ExampleWithResponse() {
	server, client, webhookID, err := start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	var response ceffu.Response
	_, err = client.ResendWebhooks(context.Background(), ceffu.ResendRequest{
		WebhookID: webhookID, EventType: ceffu.WithdrawalSuccess, From: time.Now().Add(-time.Hour),
	}, ceffu.WithMaxRetries(0), ceffu.WithResponse(&response))
	fmt.Println(err, response.StatusCode, response.Attempts, response.RequestID != "")
	// Output: <nil> 200 1 true
}

func ExampleError() {
	server, client, webhookID, err := start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	err = server.Inject(ceffutest.Fault{
		Code: "G20012", Times: -1, RetryAfter: "3600", Header: http.Header{"X-Request-Id": {"4711"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.ResendWebhooks(context.Background(), ceffu.ResendRequest{
		WebhookID: webhookID, EventType: ceffu.DepositSuccess, From: time.Now().Add(-time.Hour),
	})
	fmt.Println(err)
	switch {
	case errors.Is(err, ceffu.ErrRateLimited):
		if e, ok := errors.AsType[*ceffu.Error](err); ok {
			fmt.Println("try again in", e.RetryAfter)
		}
	case errors.Is(err, ceffu.ErrOutcomeUnknown):
		fmt.Println("it may have been accepted")
	}
	// Output:
	// ceffu: resend webhooks: 429 Too Many Requests, code G20012: Rate limit exceeded, request 4711, 1 attempt, retry after 1h0m0s
	// try again in 1h0m0s
}
