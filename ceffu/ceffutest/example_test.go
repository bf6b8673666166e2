package ceffutest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

// quick has short waits, since these examples wait in real time.
var quick = ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: time.Millisecond, MaxWait: 5 * time.Millisecond})

// start starts a server with one webhook, which is delivered to receiver. In a
// test this would be ceffutest.NewServer(t, ...).
func start(receiver http.HandlerFunc) (*ceffutest.Server, ceffutest.Webhook, *ceffu.Client, error) {
	server, err := ceffutest.Start(ceffutest.WithReceiver(receiver))
	if err != nil {
		return nil, ceffutest.Webhook{}, nil, err
	}
	hook, err1 := server.AddWebhook(ceffutest.Webhook{})
	client, err2 := server.Client(quick)
	return server, hook, client, errors.Join(err1, err2)
}

// A receiver was down, and gets what it missed.
func Example() {
	arrived := 0
	server, hook, client, err := start(func(http.ResponseWriter, *http.Request) { arrived++ })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	if err := server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, EventType: ceffu.DepositSuccess, Count: 20}); err != nil {
		fmt.Println(err)
		return
	}

	result, err := client.ResendWebhooks(context.Background(), ceffu.ResendRequest{
		WebhookID: hook.ID, EventType: ceffu.DepositSuccess, From: time.Now().Add(-24 * time.Hour),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server.Settle() // accepted is not delivered

	fmt.Println("accepted:", result.Accepted, "arrived:", arrived)
	// Output: accepted: true arrived: 20
}

// Ceffu says that it is asked too often, and the client asks again.
func ExampleServer_Inject() {
	server, hook, client, err := start(func(http.ResponseWriter, *http.Request) {})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	if err := server.Inject(ceffutest.Fault{Code: "G20012", RetryAfter: "0", Times: 2}); err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.ResendWebhooks(context.Background(), ceffu.ResendRequest{
		WebhookID: hook.ID, EventType: ceffu.DepositSuccess, From: time.Now().Add(-24 * time.Hour),
	})
	fmt.Println("error:", err)
	for _, r := range server.Requests() {
		fmt.Println("attempt", r.Attempt, "got", r.Status)
	}
	// Output:
	// error: <nil>
	// attempt 1 got 429
	// attempt 2 got 429
	// attempt 3 got 200
}

// The connection breaks after Ceffu has carried the request out. The client
// cannot know that; the server does.
func ExampleServer_Inject_lostAnswer() {
	server, hook, client, err := start(func(http.ResponseWriter, *http.Request) {})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	if err := server.Inject(ceffutest.Fault{Reset: true, Processed: true}); err != nil {
		fmt.Println(err)
		return
	}

	_, err = client.ResendWebhooks(context.Background(), ceffu.ResendRequest{
		WebhookID: hook.ID, EventType: ceffu.DepositSuccess, From: time.Now().Add(-24 * time.Hour),
	}, ceffu.WithMaxRetries(0))
	fmt.Println("outcome unknown:", errors.Is(err, ceffu.ErrOutcomeUnknown))
	fmt.Println("processed:", server.Requests()[0].Processed)
	// Output:
	// outcome unknown: true
	// processed: true
}

// Ceffu is down for longer than the client tries.
func ExampleServer_Inject_outage() {
	server, hook, client, err := start(func(http.ResponseWriter, *http.Request) {})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	outage := ceffutest.Fault{Status: 502, Body: []byte("<html>Bad Gateway</html>"), Times: -1}
	if err := server.Inject(outage); err != nil {
		fmt.Println(err)
		return
	}
	ask := func() error {
		_, err := client.ResendWebhooks(context.Background(), ceffu.ResendRequest{
			WebhookID: hook.ID, EventType: ceffu.DepositSuccess, From: time.Now().Add(-24 * time.Hour),
		}, ceffu.WithMaxRetries(1))
		return err
	}

	err = ask()
	fmt.Println("down:", errors.Is(err, ceffu.ErrServer), "after", len(server.Requests()), "requests")
	server.ClearFaults()
	fmt.Println("up again:", ask() == nil)
	// Output:
	// down: true after 2 requests
	// up again: true
}

// The retries of a notification take nearly three hours; a clock of one's own
// takes no time.
func ExampleWithClock() {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	server, err := ceffutest.Start(
		ceffutest.WithClock(func() time.Time { return now }),
		ceffutest.WithReceiver(http.NotFoundHandler()), // it answers 404
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	hook, err := server.AddWebhook(ceffutest.Webhook{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := server.Notify(hook.ID, ceffu.WithdrawalSuccess); err != nil {
		fmt.Println(err)
		return
	}

	now = now.Add(3 * time.Hour)
	for _, d := range server.Deliveries() {
		fmt.Println(d.Time.Format(time.TimeOnly), "attempt", d.Attempt, "status", d.Status)
	}
	fmt.Println(server.Notifications()[0].Status)
	// Output:
	// 12:00:00 attempt 1 status 404
	// 12:00:30 attempt 2 status 404
	// 12:02:30 attempt 3 status 404
	// 12:10:30 attempt 4 status 404
	// 12:42:30 attempt 5 status 404
	// 14:50:30 attempt 6 status 404
	// failed
}
