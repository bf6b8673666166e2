package recovery

import (
	"encoding/json"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// page is how many webhooks are listed and appended at once.
const page = 200

func benchmarkStore(b *testing.B, s Store) Journal {
	b.Helper()
	j, err := s.Open(b.Context(), "outage")
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, j.Close()) })
	return j
}

// fill appends a recovery of n webhooks: items, then an intent and an outcome
// for each if they were replayed.
func fill(b *testing.B, j Journal, n int, replayed bool) {
	b.Helper()
	batch := make([]Entry, 0, page)
	add := func(e Entry) {
		if batch = append(batch, e); len(batch) == page {
			_, err := j.Append(b.Context(), batch...)
			require.NoError(b, err)
			batch = batch[:0]
		}
	}
	for i := range n {
		add(itemEntry(i))
	}
	for i := 0; replayed && i < n; i++ {
		add(intentEntry(i))
		add(outcomeEntry(i))
	}
	require.NoError(b, j.Sync(b.Context()))
}

func stores(b *testing.B) map[string]Store {
	b.Helper()
	return map[string]Store{"file": FileStore(b.TempDir()), "memory": MemoryStore()}
}

// An op is one webhook, appended with 199 others.
func BenchmarkAppendItems(b *testing.B) {
	for name, store := range stores(b) {
		b.Run(name, func(b *testing.B) {
			j := benchmarkStore(b, store)
			batch := make([]Entry, page)
			for i := range batch {
				batch[i] = itemEntry(i)
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n++; n%page == 0 {
					_, err := j.Append(b.Context(), batch...)
					require.NoError(b, err)
				}
			}
		})
	}
}

// An op is an intent of so many replays, durable before they are sent.
func BenchmarkIntentAndSync(b *testing.B) {
	for _, items := range []int{1, 50} {
		b.Run(strconv.Itoa(items), func(b *testing.B) {
			j := benchmarkStore(b, FileStore(b.TempDir()))
			intent := intentEntry(make([]int, items)...)
			for b.Loop() {
				_, err := j.Append(b.Context(), intent)
				require.NoError(b, err)
				require.NoError(b, j.Sync(b.Context()))
			}
		})
	}
}

// An op is a whole journal: what Resume goes through first.
func BenchmarkEntries(b *testing.B) {
	const count = 1_000_000
	for _, c := range []struct {
		name     string
		store    Store
		replayed bool
		entries  int
	}{
		{"file/1M items", FileStore(b.TempDir()), false, count},
		{"file/1M items and 2M others", FileStore(b.TempDir()), true, 3 * count},
		{"memory/1M items", MemoryStore(), false, count},
	} {
		b.Run(c.name, func(b *testing.B) {
			j := benchmarkStore(b, c.store)
			fill(b, j, count, c.replayed)
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range j.Entries(b.Context()) {
					require.NoError(b, err)
					n++
				}
				require.Equal(b, c.entries, n)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(c.entries), "ns/entry")
			b.ReportMetric(heap()/1e6, "MB-heap")
		})
	}
}

// heap is what is in use, in bytes.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// Whether the short way is worth its lines.
func BenchmarkDecode(b *testing.B) {
	for name, e := range map[string]Entry{"item": itemEntry(1), "outcome": outcomeEntry(1)} {
		data := marshal(b, e)
		b.Run(name+"/as usual", func(b *testing.B) {
			b.ReportAllocs()
			d := newEntryDecoder()
			for b.Loop() {
				_, err := d.decode(data)
				require.NoError(b, err)
			}
		})
		b.Run(name+"/encoding json", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var e Entry
				require.NoError(b, json.Unmarshal(data, &e))
			}
		})
	}
}

// An op is one entry, at any position.
func BenchmarkRead(b *testing.B) {
	for name, store := range stores(b) {
		b.Run(name, func(b *testing.B) {
			const count = 100_000
			j := benchmarkStore(b, store)
			fill(b, j, count, false)
			var positions []Position
			for s, err := range j.Entries(b.Context()) {
				require.NoError(b, err)
				positions = append(positions, s.Position)
			}
			for n := 0; b.Loop(); n += 7919 {
				_, err := j.Read(b.Context(), positions[n%count])
				require.NoError(b, err)
			}
		})
	}
}
