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

func TestJSONGivesTheSameReportBack(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*recovery.Report{"drained": allDelivered(), "partial": partial(), "cancelled": cancelled(), "hostile": planted("a\n\x1b\"<>")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := written(t, "json", r)
			var back recovery.Report
			require.NoError(t, json.Unmarshal([]byte(text), &back))
			assert.Equal(t, text, written(t, "json", &back))
			assert.Len(t, back.Failures, len(r.Failures))
			assert.True(t, r.From.Equal(back.From))
		})
	}
	r := partial()
	written(t, "json", r.In(time.FixedZone("", 3600)))
	assert.Equal(t, partial(), r, "the caller's report is left as it is")
}

func TestJSONKeepsDurationsToTheNanosecond(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		month := int64(30 * 24 * time.Hour)
		r := recovery.Report{Active: time.Duration(rapid.Int64Range(0, month).Draw(t, "active")), Skew: time.Duration(rapid.Int64Range(-month, month).Draw(t, "skew"))}
		data, err := json.Marshal(r)
		require.NoError(t, err)
		var back recovery.Report
		require.NoError(t, json.Unmarshal(data, &back))
		assert.Equal(t, []time.Duration{r.Active, r.Skew}, []time.Duration{back.Active, back.Skew})
	})
}

// Programs read these names since the first version.
func TestJSONKeepsItsNames(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(recovery.Report{Active: 1500 * time.Millisecond}) // a value marshals as a pointer does
	require.NoError(t, err)
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &members))
	assert.Equal(t, "1.5", string(members["active_seconds"]))
	assert.Equal(t, "[]", string(members["entities"]))
	assert.NotContains(t, members, "failures")

	data, err = json.Marshal(partial())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &members))
	for _, name := range []string{
		"id", "state", "reason", "from", "to", "started", "ended", "digest", "totals", "entities", "failures", "more_failures",
		"calls", "retries", "active_seconds", "gate_closed",
	} {
		assert.Contains(t, members, name)
	}
	var inner struct {
		Totals   map[string]json.RawMessage   `json:"totals"`
		Entities []map[string]json.RawMessage `json:"entities"`
		Failures []map[string]json.RawMessage `json:"failures"`
	}
	require.NoError(t, json.Unmarshal(data, &inner))
	for _, name := range []string{
		"planned", "already_delivered", "replayed", "delivered", "unknown", "expired", "rejected", "still_pending", "new_during_run",
	} {
		assert.Contains(t, inner.Totals, name)
		assert.Contains(t, inner.Entities[0], name)
	}
	for _, name := range []string{"entity", "id", "created", "attempts", "state", "status", "request_id", "receiver_status"} {
		assert.Contains(t, inner.Failures[0], name)
	}
}

func TestJSONRefusesWhatIsNotAReport(t *testing.T) {
	t.Parallel()
	before := recovery.Report{ID: "kept"}
	r := before
	require.Error(t, json.Unmarshal([]byte(`{"id":"new","active_seconds":"1m"}`), &r))
	assert.Equal(t, before, r)
}
