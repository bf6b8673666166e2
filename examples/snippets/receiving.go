package snippets

import (
	"context"
	"database/sql"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// Receive is the README's example of a receiver.
func Receive(db *sql.DB, book func(context.Context, *sql.Tx, *inbox.Event) error, login, password string) error {
	// README receiving
	handler := inbox.NewHandler(func(ctx context.Context, e *inbox.Event) error {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if err != nil {
			return err // 500: Celcoin keeps the webhook as pending
		}
		defer func() { _ = tx.Rollback() }() // after a commit there is nothing to undo
		seen, err := tx.ExecContext(ctx, "INSERT INTO webhook (key) VALUES ($1) ON CONFLICT DO NOTHING", e.Key())
		if err != nil {
			return err
		}
		if n, err := seen.RowsAffected(); err != nil || n == 0 {
			return err // nil if the key was there: a duplicate is answered with 200
		}
		if err := book(ctx, tx, e); err != nil { // through tx, or not exactly once
			return err
		}
		return tx.Commit() // 200 after this, and never before
	}, inbox.WithBasicAuth(login, password), inbox.WithConcurrency(16)) // at most the pool's size

	mux := http.NewServeMux()
	mux.Handle("/webhooks/celcoin", handler)
	server := http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	return server.ListenAndServe()
	// README end
}
