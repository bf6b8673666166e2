package snippets

import (
	"context"
	"log/slog"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Recover is the README's example of Celcoin.
func Recover(ctx context.Context, downSince, upAgain time.Time) error {
	// README celcoin
	creds, err := celcoin.CredentialsFromEnv() // CELCOIN_CLIENT_ID, CELCOIN_CLIENT_SECRET
	if err != nil {
		return err
	}
	client, err := celcoin.New(creds, celcoin.WithBaseURL(celcoin.SandboxURL))
	if err != nil {
		return err
	}
	query := celcoin.Query{
		Entity:      celcoin.EntityPixPaymentIn,
		From:        downSince.Add(-3 * time.Hour), // dates may be three hours off: see celcoin.Timestamp
		To:          upAgain,
		OnlyPending: new(true),
	}

	// List everything first: the set shrinks while it is replayed.
	var missed []celcoin.Webhook
	for webhook, err := range client.Webhooks(ctx, query) {
		if err != nil {
			return err // celcoin.ErrIncomplete if Celcoin says there are more
		}
		missed = append(missed, webhook)
	}
	for _, webhook := range missed {
		_, err := client.ReplayWebhooks(ctx, celcoin.ReplayRequest{
			Entity:    query.Entity,
			WebhookID: webhook.ID,
		})
		if err != nil {
			return err // celcoin.ErrOutcomeUnknown if it may have been carried out
		}
	}

	// An accepted replay is not a delivery: count again until nothing is left.
	left, err := client.CountWebhooks(ctx, query)
	if err != nil {
		return err
	}
	slog.Info("asked again", "webhooks", len(missed), "still pending", left.TotalItems)
	// README end
	return nil
}
