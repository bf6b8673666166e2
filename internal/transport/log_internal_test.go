package transport

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestALineThatNobodyReadsCostsNothing: not even the attributes are gathered.
func TestALineThatNobodyReadsCostsNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts for the whole process
	for name, logger := range map[string]*slog.Logger{ //nolint:paralleltest // see above
		"without a logger":                   nil,
		"with a logger whose levels are off": slog.New(slog.DiscardHandler),
	} {
		t.Run(name, func(t *testing.T) {
			x := &exchange{client: &Client{logger: logger}, call: &Call{}, answer: &Answer{}}
			ctx := t.Context()
			assert.Zero(t, testing.AllocsPerRun(100, func() {
				x.logAnswer(ctx, x.answer.Received)
				x.logFailure(ctx, x.answer.Received)
				x.logRetry(ctx)
			}))
		})
	}
}
