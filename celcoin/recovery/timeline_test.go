package recovery_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// Whoever looks at a timeline wants to see what was missed in the outage, not
// three hours before it.
func TestATimelineShowsTheOutageUnderBothReadingsOfDates(t *testing.T) {
	t.Parallel()
	for _, truly := range []bool{false, true} {
		t.Run(fmt.Sprintf("true dates %v", truly), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 0, celcointest.WithTrueDates(truly))
				require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 60, s.from, s.to))
				store := recovery.MemoryStore()
				report, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.request("timeline"))
				drained(t, s, report, err)
				assert.Equal(t, !truly, report.FalseZ)
				missed := 0
				for _, bucket := range report.Entities[0].Timeline {
					if bucket.Missed > 0 {
						assert.True(t, bucket.End.After(s.from) && !bucket.Start.After(s.to), bucket)
					}
					missed += bucket.Missed
					assert.Equal(t, bucket.Missed, bucket.Recovered)
				}
				assert.Equal(t, 60, missed)

				again, err := s.recoverer(t, recovery.WithStore(store)).Report(t.Context(), "timeline")
				require.NoError(t, err)
				assert.Equal(t, report.Entities, again.Entities, "from the journal alone")
			})
		})
	}
}

// An outage of whose dates none says more than another is shown at their word.
func TestATimelineOfNothingIsNotShifted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		s.to = s.from.Add(time.Minute)
		report, err := s.recoverer(t).Recover(t.Context(), s.request("empty"))
		drained(t, s, report, err)
		assert.False(t, report.FalseZ)
	})
}
