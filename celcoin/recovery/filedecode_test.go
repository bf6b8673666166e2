package recovery

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func marshal(tb testing.TB, e Entry) []byte {
	tb.Helper()
	var w lineWriter
	require.NoError(tb, w.write(&e))
	line := w.buf.Bytes()
	return line[lineHead : len(line)-1]
}

func TestEntriesOfTheUsualKindsNeedNoReflection(t *testing.T) {
	t.Parallel()
	refused := outcomeEntry(2)
	refused.Result, refused.Status, refused.Code, refused.Error = ResultRefused, 400, "CBE001", "celcoin: replay webhooks: não: 400"
	bare := Entry{Kind: KindItem, Time: dawn, Item: &Item{Entity: "limit", ID: ""}}
	local := itemEntry(3)
	local.Time = dawn.In(time.FixedZone("", -3*60*60))
	for _, e := range []Entry{itemEntry(1), intentEntry(1), intentEntry(0, 5, 1_000_000), outcomeEntry(1), refused, bare, local,
		{Kind: KindSeen, Time: dawn, Items: []int{1}, Result: ResultPending}, {Kind: KindRun, Time: dawn}} {
		data := marshal(t, e)
		got, ok := newEntryDecoder().usual(data)
		require.True(t, ok, "%s", data)
		var want Entry
		require.NoError(t, json.Unmarshal(data, &want))
		assert.Equal(t, want, got)
	}
}

func TestEverythingElseIsLeftToEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		``, `{}`, `null`, `[]`, `{"kind":"run"}`, `{"kind":"","time":"2026-07-14T01:10:00Z"}`,
		`{ "kind":"run","time":"2026-07-14T01:10:00Z"}`, `{"kind":"run","time":"2026-07-14T01:10:00Z"} `,
		`{"kind":"run","time":"2026-07-14T01:10:00Z"}}`, `{"kind":"run","time":"2026-07-14T01:10:00Z"`,
		`{"kind":"r\u0075n","time":"2026-07-14T01:10:00Z"}`, `{"kind":"run","time":"2026-07-14 01:10:00Z"}`,
		`{"kind":"run","time":null}`, `{"kind":"run","time":"2026-07-14T01:10:00Z","status":1.0}`,
		`{"kind":"run","time":"2026-07-14T01:10:00Z","status":01}`, `{"kind":"run","time":"2026-07-14T01:10:00Z","status":-0}`,
		`{"kind":"run","time":"2026-07-14T01:10:00Z","status":--1}`, `{"kind":"run","time":"2026-07-14T01:10:00Z","status":}`,
		`{"kind":"run","time":"2026-07-14T01:10:00Z","status":99999999999999999999}`,
		`{"kind":"run","time":"2026-07-14T01:10:00Z","items":[]}`, `{"kind":"run","time":"2026-07-14T01:10:00Z","items":[1,]}`,
		`{"kind":"run","time":"2026-07-14T01:10:00Z","items":[1`, `{"kind":"run","time":"2026-07-14T01:10:00Z","items":[1 ]}`,
		`{"kind":"run","time":"2026-07-14T01:10:00Z","new":1}`, `{"kind":"run","time":"2026-07-14T01:10:00Z","item":null}`,
		`{"kind":"run","time":"2026-07-14T01:10:00Z","item":{"entity":"a"}}`,
		`{"kind":"run","time":"2026-07-14T01:10:00Z","result":"a","items":[1]}`,
		"{\"kind\":\"run\x80\",\"time\":\"2026-07-14T01:10:00Z\"}", "{\"kind\":\"run\n\",\"time\":\"2026-07-14T01:10:00Z\"}",
	} {
		_, ok := newEntryDecoder().usual([]byte(data))
		assert.False(t, ok, "%q", data)
	}
}

func TestADecoderKeepsFewWordsHoweverManyDiffer(t *testing.T) {
	t.Parallel()
	d := newEntryDecoder()
	for n := range 10 * maxWords {
		e := outcomeEntry(n)
		e.Code = strings.Repeat("x", n%100) + e.RequestID
		got, err := d.decode(marshal(t, e))
		require.NoError(t, err)
		require.Equal(t, e, got)
	}
	assert.Len(t, d.words, maxWords)
}

// FuzzDecode: the short way gives what encoding/json gives, or nothing.
func FuzzDecode(f *testing.F) {
	for _, e := range []Entry{itemEntry(1), intentEntry(0, 5), outcomeEntry(1), history()[0][0], history()[1][0], history()[7][1]} {
		f.Add(marshal(f, e))
	}
	f.Add([]byte(`{"kind":"run","time":"2026-07-14T01:10:00.5-03:00","items":[-1,0],"status":-7,"error":"é"}`))
	f.Add([]byte(`{"kind":"run","time":"0000-01-01T00:00:00+24:00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := newEntryDecoder().usual(data)
		if !ok {
			return
		}
		var want Entry
		require.NoError(t, json.Unmarshal(data, &want))
		require.Equal(t, want, got)
	})
}
