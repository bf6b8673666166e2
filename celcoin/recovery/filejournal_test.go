package recovery

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnAppendIsOneWriteOfWholeLines(t *testing.T) {
	t.Parallel()
	d := newFakeDisk("")
	j := openOn(t, d)
	header, before := len(d.data), d.writes
	positions, err := j.Append(t.Context(), itemEntry(0), intentEntry(0, 1), outcomeEntry(0))
	require.NoError(t, err)
	assert.Equal(t, 1, d.writes-before)
	lines := strings.SplitAfter(string(d.data[header:]), "\n")
	require.Len(t, lines, 4)
	assert.Empty(t, lines[3])
	assert.Equal(t, []Position{
		Position(header), Position(header + len(lines[0])), Position(header + len(lines[0]) + len(lines[1])),
	}, positions)
	assert.Equal(t, `2c1a65c0 {"kind":"intent","time":"2026-07-14T02:10:00Z","items":[0,1]}`+"\n", lines[1])
}

func TestSyncWaitsForTheDiskOnlyIfSomethingIsNew(t *testing.T) {
	t.Parallel()
	d := newFakeDisk("")
	j := openOn(t, d)
	assert.Equal(t, len(d.data), d.synced, "the header")
	_, err := j.Append(t.Context(), intentEntry(0))
	require.NoError(t, err)
	assert.Less(t, d.synced, len(d.data), "Append does not sync")
	require.NoError(t, j.Sync(t.Context()))
	assert.Equal(t, len(d.data), d.synced)
	d.synced = 0
	require.NoError(t, j.Sync(t.Context()))
	assert.Zero(t, d.synced, "there was nothing to sync")

	// An earlier holder may have died between Append and Sync.
	require.NoError(t, openOn(t, d).Sync(t.Context()))
	assert.Equal(t, len(d.data), d.synced)
}

func TestAnAppendThatFailsIsTakenBack(t *testing.T) {
	t.Parallel()
	whole, entries := written(t)
	for room := range 600 {
		d := newFakeDisk(whole)
		j := openOn(t, d)
		d.writeErr, d.room = errDisk, room
		_, err := j.Append(t.Context(), itemEntry(7), intentEntry(7), outcomeEntry(7))
		require.ErrorIs(t, err, errDisk)
		require.Equal(t, whole, string(d.data), "after %d bytes", room)
		require.EqualError(t, err, "recovery: journal outage.journal: append: the disk says no")

		d.writeErr = nil // somebody has made room
		_, err = j.Append(t.Context(), itemEntry(8))
		require.NoError(t, err)
		requireEntries(t, openOn(t, d), append(slices.Clip(entries), itemEntry(8)))
	}
}

func TestNothingIsAppendedBehindWhatCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	whole, entries := written(t)
	d := newFakeDisk(whole)
	j := openOn(t, d)
	d.writeErr, d.room, d.truncateErr = errDisk, 30, errDisk
	_, err := j.Append(t.Context(), itemEntry(7))
	require.ErrorIs(t, err, errDisk)
	d.writeErr, d.truncateErr = nil, nil
	_, err = j.Append(t.Context(), itemEntry(8))
	require.ErrorIs(t, err, errDisk)
	require.EqualError(t, err, "recovery: journal outage.journal: append: an earlier append failed and could not be taken back: the disk says no")
	require.Error(t, j.Sync(t.Context()))
	requireEntries(t, j, entries)
	requireEntries(t, openOn(t, d), entries)
	assert.Equal(t, whole, string(d.data), "opening cuts it off")
}

func TestASyncThatFailedIsNotBelievedLater(t *testing.T) {
	t.Parallel()
	d := newFakeDisk("")
	j := openOn(t, d)
	_, err := j.Append(t.Context(), intentEntry(0))
	require.NoError(t, err)
	d.syncErr = errDisk
	require.ErrorIs(t, j.Sync(t.Context()), errDisk)
	d.syncErr = nil
	require.EqualError(t, j.Sync(t.Context()), "recovery: journal outage.journal: sync: an earlier sync failed: the disk says no")
	_, err = j.Append(t.Context(), intentEntry(1))
	require.ErrorIs(t, err, errDisk)
}

func TestAnEntryThatCannotBeWrittenAddsNothing(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]Entry{
		"a time beyond JSON's": {Kind: KindRun, Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a line beyond 16 MiB": {Kind: KindRun, Time: dawn, Error: strings.Repeat("x", maxLine)},
	} {
		d := newFakeDisk("")
		j := openOn(t, d)
		before := string(d.data)
		_, err := j.Append(t.Context(), itemEntry(0), bad, itemEntry(1))
		require.ErrorContains(t, err, "recovery: journal outage.journal: append: run entry: ", name)
		assert.Equal(t, before, string(d.data), name)
		_, err = j.Append(t.Context(), itemEntry(2))
		require.NoError(t, err, name)
		requireEntries(t, j, []Entry{itemEntry(2)})
	}
}

func TestTheLongestLineIsReadAgain(t *testing.T) {
	t.Parallel()
	d := newFakeDisk("")
	j := openOn(t, d)
	long := Entry{Kind: KindRun, Time: dawn}
	var w lineWriter
	require.NoError(t, w.write(&long))
	long.Error = strings.Repeat("x", maxLine-w.buf.Len()-len(`,"error":""`))
	positions, err := j.Append(t.Context(), long, itemEntry(0))
	require.NoError(t, err)
	assert.Equal(t, Position(maxLine), positions[1]-positions[0])
	j = openOn(t, d)
	requireEntries(t, j, []Entry{long, itemEntry(0)})
	got, err := j.Read(t.Context(), positions[0])
	require.NoError(t, err)
	assert.Equal(t, long, got)
}

func TestReadWantsTheBeginningOfALine(t *testing.T) {
	t.Parallel()
	whole, entries := written(t)
	j := openOn(t, newFakeDisk(whole))
	found := 0
	for at := Position(-2); at <= Position(len(whole))+2; at++ {
		e, err := j.Read(t.Context(), at)
		if err == nil {
			require.Equal(t, entries[found], e)
			found++
			continue
		}
		require.ErrorContains(t, err, "recovery: journal outage.journal: read: no entry begins at ")
	}
	assert.Equal(t, len(entries), found)
}

func TestReadNamesTheLineThatIsDamaged(t *testing.T) {
	t.Parallel()
	whole, entries := written(t)
	d := newFakeDisk(whole)
	j := openOn(t, d)
	number := 2
	for s, err := range j.Entries(t.Context()) {
		require.NoError(t, err)
		d.data[s.Position+20] ^= 1
		_, err = j.Read(t.Context(), s.Position)
		require.ErrorIs(t, err, ErrCorrupt)
		require.ErrorContains(t, err, "recovery: journal outage.journal: line "+strconv.Itoa(number)+": checksum does not match: the journal is damaged")
		d.data[s.Position+20] ^= 1
		number++
	}
	assert.Equal(t, len(entries)+2, number)
}

func TestAJournalThatShrinksWhileItIsOpenIsDamaged(t *testing.T) {
	t.Parallel()
	whole, _ := written(t)
	d := newFakeDisk(whole)
	j := openOn(t, d)
	d.data = d.data[:len(d.data)-30]
	_, err := contents(t, j)
	require.ErrorIs(t, err, ErrCorrupt)
	require.ErrorContains(t, err, "the file ends in it")
}

func TestAClosedJournalSaysSo(t *testing.T) {
	t.Parallel()
	j := openOn(t, newFakeDisk(""))
	require.NoError(t, j.Close())
	_, err := j.Append(t.Context(), itemEntry(0))
	require.ErrorIs(t, err, fs.ErrClosed)
	require.ErrorContains(t, err, "recovery: journal outage.journal: append: the journal is closed")
}
