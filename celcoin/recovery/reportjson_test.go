package recovery_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestReportJSONGivesTheSameReportBack(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*recovery.Report{
		"drained": drainedReport(), "partial": partialReport(), "cancelled": cancelledReport(), "many": manyReport(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := written(t, r, (*recovery.Report).WriteJSON)
			var back recovery.Report
			require.NoError(t, json.Unmarshal([]byte(text), &back))
			assert.True(t, back.From.Equal(r.From))
			assert.True(t, back.To.Equal(r.To))
			back.From, back.To = r.From, r.To // the names of zones are lost
			assert.Equal(t, *r, back)
		})
	}
}

func TestReportJSONKeepsActiveToTheNanosecond(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := recovery.Report{Active: time.Duration(rapid.Int64Range(0, int64(30*24*time.Hour)).Draw(t, "active"))}
		data, err := json.Marshal(r)
		require.NoError(t, err)
		var back recovery.Report
		require.NoError(t, json.Unmarshal(data, &back))
		assert.Equal(t, r.Active, back.Active)
	})
}

func TestReportJSONHasSecondsAndAListOfEntities(t *testing.T) {
	t.Parallel()
	// A value marshals as a pointer does.
	data, err := json.Marshal(recovery.Report{Active: 1500 * time.Millisecond})
	require.NoError(t, err)
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &members))
	assert.Equal(t, "1.5", string(members["active_seconds"]))
	assert.Equal(t, "[]", string(members["entities"]))
	assert.NotContains(t, members, "failures")
}

func TestReportJSONRefusesWhatIsNoReport(t *testing.T) {
	t.Parallel()
	before := recovery.Report{ID: "kept"}
	r := before
	require.Error(t, json.Unmarshal([]byte(`{"id":"new","active_seconds":"1m"}`), &r))
	assert.Equal(t, before, r)
}
