package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// missed starts a Celcoin whose receiver missed 30 payments an hour ago, and is
// up again.
func missed() (server *celcointest.Server, client *celcoin.Client, req recovery.Request, err error) {
	to := time.Now().Add(-time.Hour)
	req = recovery.Request{ID: "outage", Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, From: to.Add(-time.Hour), To: to}
	server, err = celcointest.Start(celcointest.WithReceiver(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	if err == nil {
		err = server.AddMissed(celcoin.EntityPixPaymentIn, 30, req.From, req.To)
	}
	if err == nil {
		client, err = server.Client()
	}
	return server, client, req, err
}

// fast is for examples. Leave the defaults where a real Celcoin answers.
func fast(opts ...recovery.Option) []recovery.Option {
	return append([]recovery.Option{recovery.WithRate(1000, 100), recovery.WithDeliveryTimeout(10 * time.Millisecond)}, opts...)
}

// A plan is looked at before it is run.
func ExampleRecoverer_Run() {
	server, client, req, err := missed()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	recoverer, err := recovery.New(client, fast()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	plan, err := recoverer.Plan(ctx, req) // lists, never replays
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Items, "missed")
	report, err := recoverer.Run(ctx, plan)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.State, report.Totals.Delivered, report.Err())
	// Output:
	// 30 missed
	// drained 30 <nil>
}

// A recovery that was interrupted goes on where it was, in any process that has
// the store.
func ExampleRecoverer_Resume() {
	server, client, req, err := missed()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	dir, err := os.MkdirTemp("", "recoveries")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	store := recovery.WithStore(recovery.FileStore(dir))

	ctx, cancel := context.WithCancel(context.Background())
	recoverer, err := recovery.New(client, fast(store, recovery.WithProgress(func(p recovery.Progress) {
		if p.Totals.Delivered > 0 {
			cancel() // somebody stops the program
		}
	}))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := recoverer.Recover(ctx, req)
	fmt.Println(report.State, errors.Is(err, context.Canceled))

	another, err := recovery.New(client, fast(store)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err = another.Resume(context.Background(), report.ID)
	fmt.Println(report.State, report.Totals.Delivered, err)
	// Output:
	// cancelled true
	// drained 30 <nil>
}

// A verification asks Celcoin what became of a recovery, and replays nothing.
func ExampleRecoverer_Verify() {
	server, client, req, err := missed()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	recoverer, err := recovery.New(client, fast()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if _, err := recoverer.Recover(ctx, req); err != nil {
		fmt.Println(err)
		return
	}
	report, err := recoverer.Verify(ctx, req.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.State, report.Totals.Sent, "of", report.Totals.Planned, "are sent by Celcoin's word")
	// Output: drained 30 of 30 are sent by Celcoin's word
}

// With a table of what has arrived, the receiver's word is the evidence.
func ExampleWithReceived() {
	server, client, req, err := missed()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	inTable := func(it recovery.Item) bool {
		w, ok := server.Webhook(it.ID) // SELECT … WHERE key = it.Key
		return ok && w.HTTPStatusCode == http.StatusOK
	}
	recoverer, err := recovery.New(client, fast(recovery.WithReceived(
		func(_ context.Context, items []recovery.Item) ([]bool, error) {
			received := make([]bool, len(items))
			for i, it := range items {
				received[i] = inTable(it)
			}
			return received, nil
		}))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := recoverer.Recover(context.Background(), req)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.State, report.Totals.Received, "received")
	// Output: drained 30 received
}

// A job engine runs a job for each unit, wherever it likes.
func ExampleRecoverer_RunUnit() {
	server, client, req, err := missed()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	recoverer, err := recovery.New(client, fast()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	plan, err := recoverer.Plan(ctx, req)
	if err != nil {
		fmt.Println(err)
		return
	}
	delivered := 0
	for _, u := range plan.Units { // a job each
		result, err := recoverer.RunUnit(ctx, plan.ID, u.Unit)
		if open, ok := errors.AsType[*recovery.BreakerError](err); ok {
			fmt.Println("again at", open.Next)
			continue
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		delivered += result.Totals.Delivered
	}
	fmt.Println(delivered, "delivered")
	// Output: 30 delivered
}

// Instead of having webhooks sent again, their payloads are fetched.
func ExampleWithPull() {
	server, client, req, err := missed()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	fetched := make(chan string, 100)
	recoverer, err := recovery.New(client, fast(recovery.WithPull(func(_ context.Context, w celcoin.Webhook) error {
		fetched <- w.Request // process it, and return nil once that is committed
		return nil
	}))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := recoverer.Recover(context.Background(), req)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.State, len(fetched), "payloads")
	// Output: drained 30 payloads
}

func ExampleReport_WriteText() {
	server, client, req, err := missed()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	recoverer, err := recovery.New(client, fast()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := recoverer.Recover(context.Background(), req)
	if err != nil {
		fmt.Println(err)
		return
	}
	var text strings.Builder
	if err := report.In(time.UTC).WriteText(io.Writer(&text)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.SplitN(text.String(), "\n", 2)[0])
	// Output: drained: 30 of 30 delivered
}
