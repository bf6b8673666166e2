package snippets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// RecoverOutage is the README's example of package recovery.
func RecoverOutage(ctx context.Context, client *celcoin.Client, downSince, upAgain time.Time,
	receiverIsUp func(context.Context) error,
) error {
	// README recovery
	recoverer, err := recovery.New(client,
		recovery.WithStore(recovery.FileStore("recoveries")), // survives a crash at any moment
		recovery.WithRate(20, 20),                            // calls a second, of all entities
		recovery.WithGate(receiverIsUp),                      // asked first, and between batches
	)
	if err != nil {
		return err
	}
	plan, err := recoverer.Plan(ctx, recovery.Request{ // asks, never replays
		Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut},
		From:     downSince,
		To:       upAgain,
	})
	if err != nil {
		return err
	}
	fmt.Println(plan)
	report, err := recoverer.Run(ctx, plan) // cancelled or killed: recoverer.Resume(ctx, plan.ID)
	if err != nil {
		return err
	}
	return errors.Join(report.WriteText(os.Stdout), report.Err()) // nil: drained
	// README end
}
