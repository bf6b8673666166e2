package journal

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// lineStarts are the offsets of all lines, and that of the end.
func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// A crash of the machine leaves any part of what was not synced.
func TestAnEndThatIsTornAtAnyByteIsCutAndSaid(t *testing.T) {
	t.Parallel()
	whole, want := written(t, 12)
	starts := lineStarts(whole.data)
	for size := starts[1]; size < len(whole.data); size++ {
		d := &fakeDisk{data: bytes.Clone(whole.data[:size]), room: -1}
		lines := len(lineStarts(d.data)) - 1
		before, err := recordsOn(t, d) // as a reader sees it meanwhile
		require.NoError(t, err)
		require.Equal(t, want[:lines-1], before, "size %d", size)

		l, err := openOn(d)
		require.NoError(t, err)
		require.EqualValues(t, size-starts[lines], l.Cut(), "size %d", size)
		require.Equal(t, l.Cut() > 0, bytes.Contains(d.data, []byte(`"cut":`)), "the file says so")
		require.NoError(t, l.Append(t.Context(), true, records(lines-1, 2)...))
		require.NoError(t, l.Close())
		after, err := recordsOn(t, d)
		require.NoError(t, err)
		require.Equal(t, texts(records(0, lines+1)), after, "size %d", size)
	}
}

// After the last sync there are 60 records, with a hole of zeros in them: blocks
// that a power failure kept from being written.
func TestAHoleBehindWhatWasSyncedIsCutAndSaid(t *testing.T) {
	t.Parallel()
	d, want := written(t, 6)
	l, err := openOn(d)
	require.NoError(t, err)
	synced := len(d.data)
	for i := range 60 {
		require.NoError(t, l.Append(t.Context(), false, records(6+i, 1)...))
	}
	size := len(d.data)
	clear(d.data[synced+700 : synced+1900])
	sound := slices.IndexFunc(lineStarts(d.data), func(at int) bool { return at > synced+700 }) - 1
	before, err := recordsOn(t, d)
	require.NoError(t, err)
	require.Equal(t, texts(records(0, sound-1)), before)
	require.Greater(t, len(before), len(want))

	l, err = openOn(d)
	require.NoError(t, err)
	require.EqualValues(t, size-lineStarts(d.data)[sound], l.Cut())
	after, err := recordsOn(t, d)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestAHoleInWhatWasSyncedIsDamageAndNothingIsChanged(t *testing.T) {
	t.Parallel()
	d, _ := written(t, 30)
	clear(d.data[700:1900])
	data := bytes.Clone(d.data)
	_, err := openOn(d)
	require.ErrorIs(t, err, ErrCorrupt)
	found, err := recordsOn(t, d)
	require.ErrorIs(t, err, ErrCorrupt)
	require.Equal(t, texts(records(0, len(found))), found)
	require.Equal(t, data, d.data)
}

// Whatever bit is flipped, no other record is read than what was appended, and
// what a later line says was synced is never cut.
func TestAFlippedBitIsDamageOrCutButNeverRead(t *testing.T) {
	t.Parallel()
	whole, want := written(t, 8)
	r, err := newReader(whole, testHeader)
	for err == nil {
		_, err = r.next()
	}
	known := r.at.synced
	require.Less(t, known, int64(len(whole.data)))
	starts := lineStarts(whole.data)
	for i := range whole.data {
		d := &fakeDisk{data: bytes.Clone(whole.data), room: -1}
		d.data[i] ^= 1 << (i % 8)
		bad := 0 // the line's number from 0
		for bad+1 < len(starts) && starts[bad+1] <= i {
			bad++
		}
		found, readErr := recordsOn(t, d)
		l, openErr := openOn(d)
		if int64(starts[bad]) < known {
			require.ErrorIs(t, openErr, ErrCorrupt, "byte %d", i)
			require.ErrorIs(t, readErr, ErrCorrupt, "byte %d", i)
		} else {
			require.NoError(t, openErr, "byte %d", i)
			require.NoError(t, readErr, "byte %d", i)
			require.EqualValues(t, len(whole.data)-starts[bad], l.Cut(), "byte %d", i)
		}
		require.Equal(t, want[:max(bad-1, 0)], found, "byte %d", i)
	}
}

// Close says what was synced, so that damage of the very last record is known.
func TestAFlippedBitInTheLastDurableLineOfAClosedLogIsDamage(t *testing.T) {
	t.Parallel()
	d, _ := written(t, 6)
	l, err := openOn(d)
	require.NoError(t, err)
	require.NoError(t, l.Append(t.Context(), true, records(6, 1)...))
	last := len(d.data) - 10
	require.NoError(t, l.Close())
	d.data[last] ^= 4
	_, err = openOn(d)
	require.ErrorIs(t, err, ErrCorrupt)
}

func TestLinesThatAreGoneTwiceOrMovedAreDamage(t *testing.T) {
	t.Parallel()
	whole, _ := written(t, 9)
	lines := bytes.SplitAfter(whole.data, []byte("\n"))
	for name, order := range map[string][]int{
		"gone": {0, 1, 2, 4, 5, 6}, "twice": {0, 1, 2, 2, 3, 4}, "moved": {0, 1, 3, 2, 4, 5}, "the first line": {1, 2, 3},
	} {
		d := &fakeDisk{room: -1}
		for _, n := range order {
			d.data = append(d.data, lines[n]...)
		}
		_, err := openOn(d)
		require.ErrorIs(t, err, ErrCorrupt, name)
	}
}

// A reader takes no lock: it may see half of a line, and the rest of it only
// when it has seen lines that were written later.
func TestALineThatBecomesWholeWhileItIsReadIsNotDamage(t *testing.T) {
	t.Parallel()
	whole, want := written(t, 30)
	for late := 1; late < 3; late++ {
		d := &fakeDisk{data: bytes.Clone(whole.data), room: -1}
		clear(d.data[700:900])
		reads := 0
		d.onReadAt = func() {
			if reads++; reads == late {
				copy(d.data[700:900], whole.data[700:900])
			}
		}
		found, err := recordsOn(t, d)
		if late < 2 { // all lines are read, and then it is read again
			require.NoError(t, err)
			require.Equal(t, want, found, "after read %d", late)
		} else {
			require.ErrorIs(t, err, ErrCorrupt)
		}
	}
}

func TestWhatANewerReleaseWroteIsRefused(t *testing.T) {
	t.Parallel()
	newer := testHeader
	newer.Format++
	first, err := newer.line()
	require.NoError(t, err)
	d, _ := written(t, 3)
	compressed := line{n: 5, synced: int64(len(d.onDisk)), member: "compressed", value: []byte(`"x"`)}
	for _, data := range [][]byte{first.append(nil), compressed.append(bytes.Clone(d.data))} {
		d := &fakeDisk{data: bytes.Clone(data), room: -1}
		_, err = recordsOn(t, d)
		require.ErrorIs(t, err, errNewer)
		_, err = openOn(d)
		require.ErrorIs(t, err, errNewer)
		require.Equal(t, data, d.data)
	}
}
