package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
)

func TestALimitIsHeldUpToItsOwnValue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		check Check
		want  measure.Verdict
	}{
		{"below", Counted("", Allocs, 4, 5), measure.Held},
		{"at the limit", Counted("", Allocs, 5, 5), measure.Held},
		{"above", Counted("", Allocs, 6, 5), measure.Missed},
		{"above by a part of one", Counted("", MiB, 32.01, 32), measure.Missed},
		{"exact", Exactly("", Requests, 1, 1), measure.Held},
		{"too many", Exactly("", Requests, 2, 1), measure.Missed},
		{"too few", Exactly("", Requests, 0, 1), measure.Missed},
		{"less than the floor", Over(Bytes, 100, 400, 50), measure.Held},
		{"more than the floor, as far as it may be", Over(Bytes, 450, 400, 50), measure.Held},
		{"more than that", Over(Bytes, 451, 400, 50), measure.Missed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, tt.check.Verdict)
		})
	}
}

// timed is a check of a time that is seen alike in every round.
func timed(t *testing.T, name string, limit float64, seen ...float64) Check {
	t.Helper()
	n := 0
	c, err := Timed(name, limit, func() (measure.Ratio, error) {
		n++
		return measure.NewRatio([]float64{seen[n-1], seen[n-1], seen[n-1]}), nil
	})
	require.NoError(t, err)
	return c
}

func TestARowIsAsGoodAsItsWorstCheck(t *testing.T) {
	t.Parallel()
	held, noise, missed := timed(t, "", 1.2, 1), timed(t, "", 1.2, 1.5, 1), timed(t, "", 1.2, 1.5, 1.5)
	assert.Equal(t, measure.Held, (&Row{}).Verdict())
	assert.Equal(t, measure.Held, (&Row{Checks: []Check{held, held}}).Verdict())
	assert.Equal(t, measure.Noise, (&Row{Checks: []Check{held, noise}}).Verdict())
	assert.Equal(t, measure.Missed, (&Row{Checks: []Check{missed, noise, held}}).Verdict())
}

func TestTheGateDecidesWhatFails(t *testing.T) {
	t.Parallel()
	slow := Row{Checks: []Check{timed(t, "", 1, 2, 2)}}
	late := Row{Checks: []Check{Counted("", Millis, 90, 60)}}
	noise := Row{Checks: []Check{timed(t, "", 1, 2, 1)}}
	wasteful := Row{Checks: []Check{timed(t, "", 1, 1), Counted("", Allocs, 9, 5)}}
	good := Row{Checks: []Check{Counted("", Allocs, 4, 5)}}
	for _, tt := range []struct {
		gate                              Gate
		slow, late, noise, wasteful, good bool
	}{
		{GateAll, true, true, false, true, false},
		{GateCounts, false, false, false, true, false},
		{GateNone, false, false, false, false, false},
	} {
		t.Run(string(tt.gate), func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.slow, tt.gate.Fails(&slow), "a time above its limit, twice")
			assert.Equal(t, tt.late, tt.gate.Fails(&late), "a duration above its limit")
			assert.Equal(t, tt.noise, tt.gate.Fails(&noise), "a time that the machine cannot tell")
			assert.Equal(t, tt.wasteful, tt.gate.Fails(&wasteful), "too many allocations")
			assert.Equal(t, tt.good, tt.gate.Fails(&good))
		})
	}
}

func TestAMeasurementThatFailsIsNoRow(t *testing.T) {
	t.Parallel()
	away := errors.New("the server is away")
	_, err := Timed("", 1, func() (measure.Ratio, error) { return measure.Ratio{}, away })
	require.ErrorIs(t, err, away)
}

func TestTheTableShowsWhatWasSeenBesideItsLimit(t *testing.T) {
	t.Parallel()
	rows := []Row{
		{Number: 1, What: "time", Checks: []Check{timed(t, "", 1.05, 1.0125)}},
		{Number: 2, What: "allocs and bytes", Checks: []Check{Over(Allocs, 100, 92, 15), Over(Bytes, 9000, 9230, 1024)}},
		{Number: 7, What: "crowds", Checks: []Check{timed(t, "resend, 16", 1.2, 1.09), timed(t, "details, 64", 1.2, 0.86), timed(t, "replay, 64", 1.2, 1.0)}},
		{Number: 8, What: "twice", Checks: []Check{timed(t, "", 1.03, 1.2, 1.4)}, Note: "a remark"},
		{Number: 13, What: "tokens", Checks: []Check{
			Exactly("granted", Requests, 1, 1), Exactly("refused", Requests, 1, 1), Counted("", Millis, 21.04, 60),
		}},
		{Number: 14, What: "memory", Checks: []Check{Counted("", MiB, 70, 64)}},
		{Number: 16, What: "nothing more", Checks: []Check{Over(Allocs, 30.1, 30.2, 0)}},
	}
	var b bytes.Buffer
	require.NoError(t, WriteTable(&b, rows))
	assert.Equal(t, strings.TrimPrefix(`
#   what              seen                               limit                      verdict
1   time              1.012 (1.012 to 1.012)             <= 1.050                   held
2   allocs and bytes  +8 allocs; -230 B                  <= +15 allocs; <= +1024 B  held
7   crowds            0.860 to 1.090 (most: resend, 16)  <= 1.200                   held
8   twice             1.300 (1.200 to 1.400)             <= 1.030                   MISSED
13  tokens            1 requests; 21.0 ms                1 requests; <= 60.0 ms     held
14  memory            70.0 MiB                           <= 64.0 MiB                MISSED
16  nothing more      +0 allocs                          <= +0 allocs               held
8: a remark
8: measured twice, as the first missed; the figure is of both: 1.300 (1.200 to 1.400)
8: MISSED: 1.300, limit 1.030
14: MISSED: 70.0 MiB, limit 64.0 MiB
`, "\n"), b.String())
}

func TestTheJSONHasEveryFigure(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, WriteJSON(&b, []Row{{Number: 1, What: "time", Checks: []Check{timed(t, "resend", 1.05, 1.2, 1.1)}, Seconds: 2.5}}))
	var back []Row
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	require.Len(t, back, 1)
	c := back[0].Checks[0]
	assert.Equal(t, 6, c.Rounds)
	assert.True(t, c.Repeated)
	assert.InDelta(t, 1.15, c.Ratio.Median, 1e-9)
	assert.InDelta(t, 1.1, c.Ratio.Low, 1e-9)
	assert.InDelta(t, 1.2, c.Ratio.High, 1e-9)
	assert.Equal(t, measure.Missed, c.Verdict)
	assert.Contains(t, b.String(), `"verdict": "MISSED"`)
}
