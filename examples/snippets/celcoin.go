package snippets

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Recover is the README's example of Celcoin.
func Recover(ctx context.Context, client *celcoin.Client, downSince, upAgain time.Time) error {
	// README celcoin
	query := celcoin.Query{
		Entity:      celcoin.EntityPixPaymentIn,
		From:        downSince.Add(-3 * time.Hour), // dates may be three hours off: see celcoin.Timestamp
		To:          upAgain,
		OnlyPending: new(true),
	}
	var missed []celcoin.Webhook // all of them first: the set shrinks while it is replayed
	for webhook, err := range client.Webhooks(ctx, query) {
		if err != nil {
			return err // celcoin.ErrIncomplete if Celcoin says there are more
		}
		missed = append(missed, webhook)
	}
	for _, webhook := range missed {
		replay := celcoin.ReplayRequest{Entity: query.Entity, WebhookID: webhook.ID}
		if _, err := client.ReplayWebhooks(ctx, replay); err != nil {
			return err // celcoin.ErrOutcomeUnknown if it may have been carried out
		}
	}
	left, err := client.CountWebhooks(ctx, query) // an accepted replay is not a delivery: count again
	if err != nil {
		return err
	}
	slog.Info("replayed", "webhooks", len(missed), "still pending", left.TotalItems)
	// README end
	return nil
}

// Production is the README's example of a client for production.
func Production() (*celcoin.Client, error) {
	// README production
	creds, err := celcoin.CredentialsFromEnv() // CELCOIN_CLIENT_ID, CELCOIN_CLIENT_SECRET
	if err != nil {
		return nil, err
	}
	cert, err := celcoin.LoadClientCertificate( // paths, or PEM text
		os.Getenv("CELCOIN_CLIENT_CERT"), os.Getenv("CELCOIN_CLIENT_KEY"), os.Getenv("CELCOIN_CLIENT_KEY_PASSPHRASE"))
	if err != nil {
		return nil, err
	}
	return celcoin.New(creds, celcoin.WithBaseURL(celcoin.ProductionURL), celcoin.WithClientCertificate(cert))
	// README end
}

// Observe is the README's example of tracing.
func Observe(creds celcoin.Credentials, observer celcoin.Observer, wrap func(http.RoundTripper) http.RoundTripper) (*celcoin.Client, error) {
	// README observing
	return celcoin.New(creds, celcoin.WithBaseURL(celcoin.SandboxURL),
		celcoin.WithLogger(slog.Default()), // a line for each call, and for each attempt that failed
		celcoin.WithObserver(observer),     // told of each call and attempt
		celcoin.WithTransport(wrap))        // wraps the tuned transport and its certificate
	// README end
}
