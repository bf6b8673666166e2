package recovery

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestReportAxisHasRoundTimesThatDoNotTouch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "from"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		// Spans of all orders of magnitude, up to 120 years.
		span := time.Duration(rapid.Int64Range(0, 1<<rapid.IntRange(0, 61).Draw(t, "magnitude")).Draw(t, "span"))
		axis := chartAxis{from, from.Add(span)}
		ticks := axis.ticks()
		require.NotEmpty(t, ticks)
		// A character of the labels is at most 9 units wide on a phone.
		width := chartUnit(9 * len(ticks[0].UTC))
		for i, tick := range ticks {
			assert.GreaterOrEqual(t, tick.X, chartUnit(chartLeft))
			assert.LessOrEqual(t, tick.X, chartUnit(chartRight))
			assert.GreaterOrEqual(t, tick.LabelX-width/2, chartUnit(chartLeft-2))
			assert.LessOrEqual(t, tick.LabelX+width/2, chartUnit(chartWidth))
			if i > 0 {
				assert.Greater(t, tick.LabelX-width/2, ticks[i-1].LabelX+width/2, "%v %v", span, ticks)
			}
		}
	})
}

func TestReportAxisCountsInStepsOfPeople(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 22, 1, 10, 0, 0, time.UTC)
	for span, want := range map[time.Duration][]string{
		0:                  {"01:10:00 22:10:00"},
		40 * time.Second:   {"01:10:15 22:10:15", "01:10:30 22:10:30"},
		105 * time.Minute:  {"01:30 22:30", "02:00 23:00", "02:30 23:30"},
		20 * time.Hour:     {"06:00 03:00", "12:00 09:00", "18:00 15:00"},
		72 * time.Hour:     {"Nov 23 00:00 Nov 22 21:00", "Nov 24 00:00 Nov 23 21:00"},
		9 * 24 * time.Hour: {"Nov 25 00:00 Nov 24 21:00", "Nov 29 00:00 Nov 28 21:00"},
	} {
		var got []string
		for _, tick := range (chartAxis{from, from.Add(span)}).ticks() {
			got = append(got, tick.UTC+" "+tick.Brasilia)
		}
		assert.Equal(t, want, got, span)
	}
	// A moment between two seconds is told, not the second after it.
	between := from.Add(time.Second / 2)
	assert.Equal(t, "01:10:00", (chartAxis{between, between}).ticks()[0].UTC)
	assert.Nil(t, (chartAxis{}).ticks())
}
