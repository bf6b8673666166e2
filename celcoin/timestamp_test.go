package celcoin_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestATimestampIsTakenAtItsWord(t *testing.T) {
	t.Parallel()
	at := time.Date(2023, 11, 8, 17, 47, 49, 0, time.UTC)
	minute := at.Truncate(time.Minute)
	for raw, want := range map[string]time.Time{
		"2023-11-08T17:47:49Z":               at,
		"2023-11-08T17:47:49.576Z":           at.Add(576 * time.Millisecond),
		"2023-11-08T17:47:49.1234567890123Z": at.Add(123_456_789),
		"2023-11-08T14:47:49-03:00":          at,
		"2023-11-08T23:17:49.5+05:30":        at.Add(500 * time.Millisecond),
		"2023-11-08T14:47:49":                at, // Brasília's, as documented
		"2023-11-08T14:47:49.576":            at.Add(576 * time.Millisecond),
		"2023-11-08 14:47:49":                at,
		"2023-11-08 17:47:49Z":               at,
		"2023-11-08T14:47":                   minute,
		"2023-11-08T14:47-03:00":             minute,
		"2023-11-08":                         time.Date(2023, 11, 8, 3, 0, 0, 0, time.UTC),
		"":                                   {},
		"ontem":                              {},
		"2023-13-45T99:99:99Z":               {},
		"1699465669576":                      {},
		"0001-01-01T00:00:00":                {}, // .NET's no date
		"0001-01-01T00:00:00Z":               {},
		"2023-11-08T17:47:49Z trailing":      {},
	} {
		got := celcoin.ParseTimestamp(raw)
		assert.Equal(t, raw, got.Raw)
		assert.True(t, want.Equal(got.Time), "%q is %s, not %s", raw, got.Time, want)
		assert.Equal(t, want.IsZero(), got.IsZero(), "%q", raw)
		assert.Equal(t, raw, got.String())
	}
}

func TestRangeHoldsBothReadingsOfAFalseZ(t *testing.T) {
	t.Parallel()
	at := time.Date(2023, 11, 8, 17, 47, 49, 0, time.UTC)
	for raw, want := range map[string][2]time.Time{
		"2023-11-08T17:47:49Z":      {at, at.Add(3 * time.Hour)},
		"2023-11-08T14:47:49-03:00": {at, at},
		"2023-11-08T14:47:49":       {at, at},
		"2023-11-08T17:47:49+00:00": {at, at},
		"not a date, with a Z":      {},
		"":                          {},
	} {
		earliest, latest := celcoin.ParseTimestamp(raw).Range()
		assert.True(t, want[0].Equal(earliest), "%q: %s", raw, earliest)
		assert.True(t, want[1].Equal(latest), "%q: %s", raw, latest)
	}
}

func TestATimestampGoesThroughJSON(t *testing.T) {
	t.Parallel()
	for text, raw := range map[string]string{
		`"2023-11-08T17:47:49.576Z"`:       "2023-11-08T17:47:49.576Z",
		`"2023-11-08T14:47:49\u002d03:00"`: "2023-11-08T14:47:49-03:00",
		`"a \"quoted\" date"`:              `a "quoted" date`,
		`null`:                             "",
		`""`:                               "",
		`1699465669576`:                    "1699465669576",
		`{"$date":1}`:                      `{"$date":1}`,
	} {
		var got struct {
			At celcoin.Timestamp `json:"at"`
		}
		require.NoError(t, json.Unmarshal([]byte(`{"at":`+text+`}`), &got))
		assert.Equal(t, celcoin.ParseTimestamp(raw), got.At)
		var again struct {
			At celcoin.Timestamp `json:"at"`
		}
		require.NoError(t, json.Unmarshal([]byte(jsonOf(t, got)), &again))
		assert.Equal(t, got, again)
	}
	assert.Equal(t, "null", jsonOf(t, celcoin.Timestamp{}))
}
