package transport

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWithoutALoggerALineCostsNothing: not even the attributes are gathered.
func TestWithoutALoggerALineCostsNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts for the whole process
	x := &exchange{client: &Client{}, call: &Call{}, answer: &Answer{}}
	ctx := t.Context()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		x.logAnswer(ctx, x.answer.Received)
		x.logFailure(ctx, x.answer.Received)
		x.logRetry(ctx)
	}))
}
