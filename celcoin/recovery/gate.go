package recovery

import (
	"context"
	"fmt"
	"time"
)

// openGate asks the receiver whether it is ready, and waits for it as long as
// patience lasts. Each time that it was not ready is noted once.
func (e *engine) openGate(ctx context.Context) error {
	if e.o.gate == nil {
		return ctx.Err()
	}
	begin, pause := time.Now(), firstPause
	for tries := 0; ; tries++ {
		err := e.o.gate(ctx)
		if err == nil && tries > 0 {
			e.turnedAway, e.unanswered = time.Time{}, silence{} // that nothing was asked for meanwhile is not Celcoin's doing
		}
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if tries == 0 {
			if err := e.b.write(ctx, Entry{Kind: KindGate, Error: oneLine(err)}); err != nil {
				return err
			}
			e.tell(e.b, "waiting for the receiver", 0, 0)
		}
		if time.Since(begin)+pause > e.o.patience {
			return &stop{fmt.Sprintf("the receiver was not ready for %v: %s", e.o.patience, oneLine(err))}
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, longPause)
	}
}
