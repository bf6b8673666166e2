package inboxsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// book books a payment, and puts the mail about it into a queue, in the same
// transaction: both happen once, however often the webhook is delivered. A
// worker takes the mails from the queue; with a library such as River one calls
// InsertTx here.
func book(ctx context.Context, tx *sql.Tx, e *inbox.Event) error {
	if e.Entity != "pix-payment-in" || e.Status != "CONFIRMED" {
		return nil // not ours: its key is kept, so that it is answered with 200
	}
	var pix inbox.PixPayment
	if err := e.Decode(&pix); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO payment VALUES (?, ?)", pix.EndToEndID, pix.Amount.String()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO job VALUES ('mail', ?)", pix.EndToEndID)
	return err
}

func ExampleNew() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "inbox")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // of an example
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "receiver.db")+"?_txlock=immediate")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close() //nolint:errcheck // of an example
	if _, err := db.ExecContext(ctx, "CREATE TABLE payment (end_to_end_id TEXT, amount TEXT); CREATE TABLE job (kind TEXT, args TEXT)"); err != nil {
		fmt.Println(err)
		return
	}
	events := inboxsql.New(db, inboxsql.SQLite, book)
	if err := events.Migrate(ctx); err != nil {
		fmt.Println(err)
		return
	}
	receiver := inbox.NewHandler(events.Process, inbox.WithBasicAuth("celcoin", "a-password"))

	for range 3 { // as Celcoin may do
		payload := `{"entity":"pix-payment-in","status":"CONFIRMED","webhookId":"fake-1","body":{"endToEndId":"E1","amount":12.30}}`
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(payload))
		r.SetBasicAuth("celcoin", "a-password")
		w := httptest.NewRecorder()
		receiver.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	var payments, jobs int
	err = db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM payment), (SELECT count(*) FROM job)").Scan(&payments, &jobs)
	fmt.Println("payments:", payments, "jobs:", jobs, err)
	// Output:
	// 200
	// 200
	// 200
	// payments: 1 jobs: 1 <nil>
}
