package simulator_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// journal notes in which order work ran.
type journal struct {
	mu    sync.Mutex
	words []string
}

func (j *journal) write(word string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.words = append(j.words, word)
}

func (j *journal) note(word string) func(context.Context) {
	return func(context.Context) { j.write(word) }
}

func (j *journal) read() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.words)
}

func after(core *simulator.Core, d time.Duration, do func(context.Context)) {
	core.At(core.Now().Add(d), do)
}

func TestWorkRunsInTheOrderOfItsTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, _ := open(t)
		var j journal
		after(core, 3*time.Hour, j.note("third"))
		after(core, time.Hour, j.note("first"))
		after(core, 2*time.Hour, j.note("second"))
		after(core, 2*time.Hour, j.note("second, scheduled later"))
		after(core, 0, j.note("now"))

		core.Settle()
		assert.Equal(t, []string{"now"}, j.read())
		time.Sleep(150 * time.Minute) //nolint:forbidigo // virtual time
		core.Settle()
		assert.Equal(t, []string{"now", "first", "second", "second, scheduled later"}, j.read())
		time.Sleep(time.Hour) //nolint:forbidigo // virtual time
		synctest.Wait()
		assert.Equal(t, "third", j.read()[4], "timers need no Settle")
	})
}

func TestWorkMayScheduleWork(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	core, _ := open(t, func(cfg *simulator.Config) { cfg.Clock = func() time.Time { return now } })
	var j journal
	start := now
	core.At(start.Add(time.Hour), func(context.Context) {
		j.write("one")
		core.At(start.Add(2*time.Hour), j.note("two"))
		core.At(start.Add(5*time.Hour), j.note("three"))
	})
	core.Settle()
	assert.Empty(t, j.read())
	now = start.Add(3 * time.Hour)
	core.Settle()
	assert.Equal(t, []string{"one", "two"}, j.read())
}

func TestOnAClockOfOnesOwnWorkRunsWhenSomebodyLooks(t *testing.T) {
	t.Parallel()
	looks := map[string]func(*testing.T, *simulator.Core){
		"Settle":     func(_ *testing.T, core *simulator.Core) { core.Settle() },
		"RunDue":     func(_ *testing.T, core *simulator.Core) { core.RunDue() },
		"Deliveries": func(_ *testing.T, core *simulator.Core) { core.Deliveries() },
		"a request": func(t *testing.T, core *simulator.Core) {
			t.Helper()
			statuses(t, &http.Client{Transport: core.Transport()}, core, 1)
		},
	}
	for name, look := range looks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			core, _ := open(t, func(cfg *simulator.Config) { cfg.Clock = func() time.Time { return now } })
			var j journal
			after(core, time.Hour, j.note("done"))
			look(t, core)
			assert.Empty(t, j.read())
			now = now.Add(time.Hour)
			look(t, core)
			assert.Equal(t, []string{"done"}, j.read())
		})
	}
}

func TestSettleWaitsForWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, _ := open(t)
		var j journal
		after(core, 0, func(context.Context) {
			time.Sleep(time.Hour) //nolint:forbidigo // virtual time
			j.write("slow")
		})
		synctest.Wait()
		start := time.Now()
		core.Settle()
		assert.Equal(t, []string{"slow"}, j.read())
		assert.Equal(t, time.Hour, time.Since(start))
	})
}

func TestCloseDropsWhatWaitsAndEndsWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, _ := open(t)
		var j journal
		after(core, 0, func(ctx context.Context) {
			<-ctx.Done()
			j.write("ended")
		})
		after(core, time.Second, j.note("never"))
		synctest.Wait()
		core.Close()
		assert.Equal(t, []string{"ended"}, j.read())
		after(core, 0, j.note("never"))
		time.Sleep(time.Hour) //nolint:forbidigo // virtual time
		core.Settle()
		assert.Equal(t, []string{"ended"}, j.read())
	})
}
