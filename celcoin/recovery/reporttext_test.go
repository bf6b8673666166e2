package recovery_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestReportTextSaysTheStateFirst(t *testing.T) {
	t.Parallel()
	for state, want := range map[recovery.State]string{
		recovery.StateDrained:   "drained: nothing of the plan is pending any more",
		recovery.StatePartial:   "partial: something of the plan is left",
		recovery.StateRefused:   "refused: the plan was not run",
		recovery.StateCancelled: "cancelled: the run was stopped before its end",
		"moved":                 "moved: a state that this version does not know",
	} {
		first, _, _ := strings.Cut(written(t, reportOf(state), (*recovery.Report).WriteText), "\n")
		assert.Equal(t, want, first)
	}
}

func TestReportTextFits100Columns(t *testing.T) {
	t.Parallel()
	large := drainedReport()
	large.Entities[0].Planned, large.Entities[0].Delivered = 1_000_000, 999_988
	for _, r := range []*recovery.Report{drainedReport(), partialReport(), cancelledReport(), emptyReport(), large} {
		for line := range strings.Lines(written(t, r, (*recovery.Report).WriteText)) {
			assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 100, line)
		}
	}
}

// A text from outside may neither add a line, which could be taken for one of
// the report, nor fill the screen.
func TestReportTextKeepsTextsToOneLine(t *testing.T) {
	t.Parallel()
	r := cancelledReport()
	lines := strings.Count(written(t, r, (*recovery.Report).WriteText), "\n")
	forged := "x\ndrained: all is well\r\n\u2028\x1b[2J" + strings.Repeat("long ", 100)
	r.Reason, r.ID, r.Digest = forged, forged, forged
	text := written(t, r, (*recovery.Report).WriteText)
	assert.Equal(t, lines, strings.Count(text, "\n"))
	assert.NotContains(t, text, "\x1b")
	assert.NotContains(t, text, "\u2028")
	assert.NotContains(t, text, strings.Repeat("long ", 40))

	r.Failures = []recovery.Failure{{Entity: "a\nb", ID: forged, Created: forged, State: forged, Code: forged, RequestID: forged, Error: forged}}
	// A blank line, the heading, and four lines of the failure.
	assert.Equal(t, lines+6, strings.Count(written(t, r, (*recovery.Report).WriteText), "\n"))
}

func TestReportTextShowsTwentyFailures(t *testing.T) {
	t.Parallel()
	r := manyReport()
	text := written(t, r, (*recovery.Report).WriteText)
	assert.Contains(t, text, r.Failures[19].ID)
	assert.NotContains(t, text, r.Failures[20].ID)
	assert.Contains(t, text, "\n1,000 failures\n")
	assert.Contains(t, text, "\n  and 980 more\n")
	r.MoreFailures = 1234
	assert.Contains(t, written(t, r, (*recovery.Report).WriteText), "\n2,234 failures\n")
	assert.Contains(t, written(t, r, (*recovery.Report).WriteText), "\n  and 2,214 more\n")
	assert.Contains(t, written(t, r, (*recovery.Report).WriteHTML), ">2,234 failures</h2>")
	assert.Contains(t, written(t, r, (*recovery.Report).WriteHTML), ">And 1,234 more.</p>")
	r.Failures, r.MoreFailures = r.Failures[:20], 0
	assert.NotContains(t, written(t, r, (*recovery.Report).WriteText), " more\n")
}

func TestReportTextTellsTheOutageByEveryClockOnce(t *testing.T) {
	t.Parallel()
	brasilia := "2026-11-21 22:10:00 to 23:55:00 -03:00 (Brasília)\n"
	utc := "2026-11-22 01:10:00 to 02:55:00 UTC\n"
	for name, tc := range map[string]struct {
		zone *time.Location
		want []string
	}{
		"in UTC":                       {time.UTC, []string{brasilia, utc}},
		"in Brasília":                  {time.FixedZone("BRT", -3*60*60), []string{brasilia, utc}},
		"in a zone that is UTC by now": {time.FixedZone("WET", 0), []string{brasilia, utc}},
		"elsewhere, past midnight": {time.FixedZone("", -2*60*60-30*60), []string{
			"2026-11-21 22:40:00 to 2026-11-22 00:25:00 -02:30\n", brasilia, utc,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := emptyReport()
			r.From, r.To = r.From.In(tc.zone), r.To.In(tc.zone)
			indent := strings.Repeat(" ", 22)
			assert.Contains(t, written(t, r, (*recovery.Report).WriteText), "  outage              "+strings.Join(tc.want, indent)+"  length")
		})
	}
}

func TestReportTextSaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		state  recovery.State
		totals recovery.Totals
		gate   int
		want   []string
	}{
		"nothing when drained":            {recovery.StateDrained, recovery.Totals{Planned: 1, Delivered: 1}, 3, []string{"Nothing."}},
		"look again when it is not clear": {recovery.StatePartial, recovery.Totals{Planned: 1, Delivered: 1}, 0, []string{"Call Verify"}},
		"resume when cancelled":           {recovery.StateCancelled, recovery.Totals{Planned: 2, StillPending: 2}, 0, []string{"Call Resume"}},
		"plan again when refused":         {recovery.StateRefused, recovery.Totals{Planned: 2, StillPending: 2}, 0, []string{"Nothing was replayed"}},
		"the receiver first":              {recovery.StatePartial, recovery.Totals{Planned: 2, StillPending: 2}, 1, []string{"The receiver was not ready 1 time:", "2 still pending"}},
		"something for each kind": {
			recovery.StatePartial, recovery.Totals{Planned: 1111, Unknown: 1, Rejected: 10, Expired: 1100, NewDuringRun: 7}, 0,
			[]string{"1 unknown: call Verify", "10 rejected: see the codes", "1,100 expired: Celcoin replays for 7 days", "7 new during the run"},
		},
		"what drained leaves": {recovery.StateDrained, recovery.Totals{Planned: 2, Delivered: 1, Expired: 1, NewDuringRun: 1}, 0, []string{"1 expired", "1 new"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := reportOf(tc.state)
			r.Totals, r.GateClosed = tc.totals, tc.gate
			_, next, found := strings.Cut(written(t, r, (*recovery.Report).WriteText), "\nWhat to do next\n")
			require.True(t, found)
			steps := strings.Split(strings.TrimSuffix(next, "\n"), "\n")
			require.Len(t, steps, len(tc.want))
			for i, want := range tc.want {
				assert.True(t, strings.HasPrefix(steps[i], "  - "+want), steps[i])
			}
		})
	}
}

func TestReportTextWritesNumbersAndDurationsForPeople(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		0: "0", 999: "999", 1000: "1,000", 12345: "12,345", 1234567: "1,234,567", -1000: "-1,000", -999: "-999",
		math.MaxInt64: "9,223,372,036,854,775,807",
	} {
		r := emptyReport()
		r.Calls = n
		assert.Contains(t, written(t, r, (*recovery.Report).WriteText), fmt.Sprintf("  calls to Celcoin    %s\n", want))
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 930 * time.Millisecond: "930ms", 9*time.Second + 1234567: "9.001s", 10*time.Second + 400*time.Millisecond: "10s",
		2 * time.Minute: "2m", 90 * time.Second: "1m30s", 3 * time.Hour: "3h", 3*time.Hour + 10*time.Minute: "3h10m",
		3*time.Hour + 10*time.Second: "3h0m10s", 168 * time.Hour: "168h",
	} {
		r := emptyReport()
		r.Active = d
		assert.Contains(t, written(t, r, (*recovery.Report).WriteText), "  active              "+want+", pauses")
	}
}
