// Package snippets holds the code that the README shows, so that it compiles
// and stays true: a test compares the two.
package snippets

import (
	"context"
	"log/slog"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
)

// Resend is the README's example of Ceffu.
func Resend(ctx context.Context, downSince time.Time) error {
	// README ceffu
	creds, err := ceffu.CredentialsFromEnv() // CEFFU_API_KEY, CEFFU_API_SECRET
	if err != nil {
		return err
	}
	client, err := ceffu.New(creds)
	if err != nil {
		return err
	}
	all := ceffu.ResendAllRequest{WebhookIDs: []string{"1721442311151521794"}, From: downSince}
	for outcome, err := range client.ResendAll(ctx, all) {
		if err != nil {
			return err // nothing more is sent
		}
		slog.Info("resend", "event", outcome.EventType.String(), "status", outcome.Status, "error", outcome.Err)
	}
	// README end
	return nil
}
