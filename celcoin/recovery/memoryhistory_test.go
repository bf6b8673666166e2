package recovery

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAMillionItemsTakeTensOfMegabytes(t *testing.T) {
	t.Parallel()
	j, err := MemoryStore().Open(t.Context(), "outage")
	require.NoError(t, err)
	const count, each = 20_000, 200
	for n := 0; n < count; n += each {
		batch := make([]Entry, each)
		for i := range batch {
			batch[i] = itemEntry(n + i)
		}
		_, err := j.Append(t.Context(), batch...)
		require.NoError(t, err)
	}
	kept, ok := j.(*memoryJournal)
	require.True(t, ok)
	size := cap(kept.history.last)
	for _, piece := range kept.history.packed {
		size += cap(piece)
	}
	t.Logf("%d bytes an item", size/count)
	assert.Less(t, size/count, 100)
}

func TestLargeAndSmallEntriesShareAHistory(t *testing.T) {
	t.Parallel()
	j, err := MemoryStore().Open(t.Context(), "outage")
	require.NoError(t, err)
	var all []Entry
	for n := range 30 {
		e := outcomeEntry(n)
		e.Error = strings.Repeat("x", n*n*200)
		all = append(all, e)
	}
	positions, err := j.Append(t.Context(), all...)
	require.NoError(t, err)
	requireEntries(t, j, all)
	for n, at := range positions {
		got, err := j.Read(t.Context(), at)
		require.NoError(t, err)
		require.Equal(t, all[n], got)
		for _, off := range []Position{-1, 1, 1 << 32, 1 << 40} {
			if e, err := j.Read(t.Context(), at+off); err == nil {
				require.Contains(t, positions, at+off)
				require.NotEqual(t, got, e)
			}
		}
	}
	_, err = j.Read(t.Context(), -1)
	require.EqualError(t, err, "recovery: journal outage: read: no entry begins at -1")
}

// What Entries goes through does not change while it is appended to.
func TestEntriesInMemoryAreThoseOfItsBeginning(t *testing.T) {
	t.Parallel()
	j, err := MemoryStore().Open(t.Context(), "outage")
	require.NoError(t, err)
	const count = 500 // several pieces
	for n := range count {
		_, err := j.Append(t.Context(), itemEntry(n))
		require.NoError(t, err)
	}
	var wg sync.WaitGroup
	n := 0
	for s, err := range j.Entries(t.Context()) {
		if n == 0 {
			wg.Go(func() {
				for m := range count {
					_, err := j.Append(t.Context(), outcomeEntry(m))
					assert.NoError(t, err)
				}
			})
		}
		require.NoError(t, err)
		require.Equal(t, itemEntry(n), s.Entry)
		n++
	}
	wg.Wait()
	assert.Equal(t, count, n)
}
