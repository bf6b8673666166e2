package recovery

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// The errors of recoveries, for errors.Is.
var (
	// ErrInvalidRequest: it cannot be recovered as it was asked for.
	ErrInvalidRequest = engine.ErrInvalidRequest
	// ErrTooManyItems: the plan would be larger than MaxItems.
	ErrTooManyItems = engine.ErrTooManyItems
	// ErrPlanChanged: the plan is not the one that was made.
	ErrPlanChanged = engine.ErrPlanChanged
	// ErrNotFound: there is no complete plan of this ID, or no such unit in it.
	ErrNotFound = engine.ErrNotFound
	// ErrOverlap: another recovery of the same entity and time at the same
	// Celcoin has begun and is not finished, and both would replay the same
	// webhooks. Resume that one, or set Request.AllowOverlap.
	ErrOverlap = engine.ErrOverlap
	// ErrOtherEnvironment: the plan was made at another Celcoin, or with other
	// credentials, than the client has.
	ErrOtherEnvironment = engine.ErrOtherEnvironment
	// ErrBreakerOpen: deliveries of the entity fail. It is a [*BreakerError].
	ErrBreakerOpen = errors.New("deliveries fail")

	// ErrPartial: not everything was recovered; see [Report.Err].
	ErrPartial = errors.New("not everything was recovered")
	// ErrCancelled: the run was stopped before its end; see [Report.Err].
	ErrCancelled = errors.New("the run was stopped before its end")

	// ErrLocked: another process has the recovery, or a unit of it.
	ErrLocked = journal.ErrLocked
	// ErrCorrupt: the journal is damaged where it was known to be durable.
	ErrCorrupt = journal.ErrCorrupt
)

// BreakerError says that deliveries of an entity fail, and when the next one may
// be tried.
type BreakerError struct {
	Entity celcoin.Entity
	Next   time.Time // when one trial is admitted
}

func (e *BreakerError) Error() string {
	return "recovery: " + (*engine.BreakerError)(e).Error()
}

// Is makes errors.Is(err, ErrBreakerOpen) true.
func (e *BreakerError) Is(target error) bool { return target == ErrBreakerOpen }

// named says which recovery an error is of.
func named(id string, err error) error {
	if err == nil || strings.HasPrefix(err.Error(), "recovery: ") {
		return err
	}
	return fmt.Errorf("recovery: %s: %w", id, err)
}
