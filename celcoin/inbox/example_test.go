package inbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

func ExampleNewHandler() {
	known := map[string]bool{} // a receiver keeps the keys in its database, with the effects
	handler := inbox.NewHandler(func(_ context.Context, e *inbox.Event) error {
		if known[e.Key()] {
			return nil // a duplicate: 200, so that Celcoin stops
		}
		var pix inbox.PixPayment
		if err := e.Decode(&pix); err != nil {
			return err
		}
		fmt.Println("received", pix.Amount, "reais:", e.Key())
		known[e.Key()] = true
		return nil
	}, inbox.WithBasicAuth("celcoin", "a-password"))

	for _, password := range []string{"a-password", "a-password", "another"} {
		payload := `{"entity":"pix-payment-in","status":"CONFIRMED","webhookId":"fake-1","body":{"amount":12.30}}`
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", strings.NewReader(payload))
		r.SetBasicAuth("celcoin", password)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// received 12.30 reais: pix-payment-in/fake-1/CONFIRMED
	// 200
	// 200
	// 401
}
