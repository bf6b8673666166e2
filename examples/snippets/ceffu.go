// Package snippets holds the code that the README shows, so that it compiles
// and stays true: a test compares the two.
package snippets

import (
	"context"
	"errors"
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

// HandleErrors is the README's example of errors.
func HandleErrors(ctx context.Context, client *ceffu.Client, req ceffu.ResendRequest) {
	// README errors
	_, err := client.ResendWebhooks(ctx, req)
	switch {
	case err == nil:
	case errors.Is(err, ceffu.ErrRateLimited):
		// the retries did not help: later
	case errors.Is(err, ceffu.ErrUnauthorized):
		// key or signature; the text says which
	case errors.Is(err, ceffu.ErrOutcomeUnknown):
		// it may have been accepted, although no success was seen
	}
	if e, ok := errors.AsType[*ceffu.Error](err); ok {
		slog.Error("resend failed", "error", e) // status, code, message, request id, attempts
	}
	// README end
}
