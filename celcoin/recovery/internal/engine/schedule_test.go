package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// While the trial of one entity is under way, that of another comes due: each would
// find the other under way for ever.
func TestTrialsOfTwoEntitiesDoNotKeepARunAlive(t *testing.T) {
	t.Parallel()
	now := time.Now()
	down := []celcoin.Entity{"a", "b"}
	s := newSchedule([]Span{{Entity: "a"}, {Entity: "b"}, {Entity: "healthy"}})
	units := map[celcoin.Entity]*entry{}
	for range 3 {
		e, _, over := s.take(now)
		require.False(t, over)
		units[e.span.Entity] = e
	}
	for _, entity := range down {
		s.blocked[entity] = now.Add(10 * time.Minute)
		s.done(units[entity], true)
	}

	now = now.Add(10 * time.Minute)
	trial, _, over := s.take(now)
	require.NotNil(t, trial, "the healthy entity is not done, so the trials cost nothing")
	assert.False(t, over)

	s.done(units["healthy"], false)
	next, _, over := s.take(now)
	assert.Nil(t, next, "the trial of one entity is not a reason for that of the other")
	assert.True(t, over)
}
