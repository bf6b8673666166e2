package journal

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeDisk is a file in memory that fails when it is told to.
type fakeDisk struct {
	data     []byte
	onDisk   []byte // what survives a power failure
	dirty    [2]int // the part of data that the next sync writes
	room     int    // bytes that may still be written; below zero: any number
	syncErr  error
	onReadAt func()
}

var errDisk = errors.New("the disk says no")

func (d *fakeDisk) ReadAt(p []byte, off int64) (int, error) {
	n, err := bytes.NewReader(d.data).ReadAt(p, off)
	if d.onReadAt != nil {
		d.onReadAt()
	}
	return n, err
}

func (d *fakeDisk) WriteAt(p []byte, off int64) (int, error) {
	n := len(p)
	if d.room >= 0 {
		n = min(n, d.room)
		d.room -= n
	}
	d.data = append(d.data[:off], append(bytes.Clone(p[:n]), d.data[min(int(off)+n, len(d.data)):]...)...)
	if d.dirty[0] == d.dirty[1] {
		d.dirty = [2]int{int(off), int(off)}
	}
	d.dirty = [2]int{min(d.dirty[0], int(off)), max(d.dirty[1], int(off)+n)}
	if n < len(p) {
		return n, errDisk
	}
	return n, nil
}

func (d *fakeDisk) Truncate(size int64) error {
	d.data = d.data[:size]
	return nil
}

// Sync forgets what it could not write, as systems do.
func (d *fakeDisk) Sync() error {
	if d.syncErr == nil {
		before := d.onDisk
		d.onDisk = make([]byte, len(d.data))
		copy(d.onDisk, before)
		copy(d.onDisk[d.dirty[0]:], d.data[d.dirty[0]:min(d.dirty[1], len(d.data))])
	}
	d.dirty = [2]int{}
	return d.syncErr
}

func (d *fakeDisk) Close() error { return nil }

var testHeader = newHeader("outage-1", "plan")

// newDisk is a file with a first line.
func newDisk(t *testing.T) *fakeDisk {
	t.Helper()
	first, err := testHeader.line()
	require.NoError(t, err)
	data := first.append(nil)
	return &fakeDisk{data: data, onDisk: bytes.Clone(data), room: -1}
}

// openOn opens the log on a disk.
func openOn(d *fakeDisk) (*fileLog, error) {
	l := &fileLog{path: "plan.jsonl", header: testHeader, unlock: func() error { return nil }, lost: make(chan struct{})}
	return l, l.resume(d, int64(len(d.data)))
}

// recordsOn reads what is on a disk.
func recordsOn(t *testing.T, d *fakeDisk) ([]string, error) {
	t.Helper()
	found := []string{}
	err := readRecords(t.Context(), d, testHeader, func(r []byte, _ error) bool {
		found = append(found, string(r))
		return true
	})
	return found, err
}

// records are n that tell their places, of different lengths.
func records(from, n int) [][]byte {
	found := make([][]byte, n)
	for i := range found {
		found[i] = fmt.Appendf(nil, `{"n":%d,"pad":"%0*d"}`, from+i, (from+i)%7, 0)
		if (from+i)%5 == 4 {
			found[i] = fmt.Appendf(nil, "not JSON %d\n", from+i)
		}
	}
	return found
}

func texts(records [][]byte) []string {
	found := make([]string, len(records))
	for i, r := range records {
		found[i] = string(r)
	}
	return found
}

// written is a disk with n records, of which every third was durable, and the
// first n records as they are read back.
func written(t *testing.T, n int) (*fakeDisk, []string) {
	t.Helper()
	d := newDisk(t)
	l, err := openOn(d)
	require.NoError(t, err)
	for i := range n {
		require.NoError(t, l.Append(t.Context(), i%3 == 2, records(i, 1)...))
	}
	return d, texts(records(0, n))
}

func TestDurableRecordsAreOnTheDiskWhenAppendReturns(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	l, err := openOn(d)
	require.NoError(t, err)
	first := bytes.Clone(d.data)
	require.NoError(t, l.Append(t.Context(), false, records(0, 2)...))
	require.Equal(t, first, d.onDisk)
	require.NoError(t, l.Append(t.Context(), true, records(2, 1)...))
	require.True(t, bytes.Equal(d.data, d.onDisk))
	require.NoError(t, l.Append(t.Context(), false, records(3, 1)...))
	require.Less(t, len(d.onDisk), len(d.data))
	require.NoError(t, l.Append(t.Context(), true)) // of nothing makes durable what is there
	require.True(t, bytes.Equal(d.data, d.onDisk))
}

func TestALogWhoseDiskFailsIsDeadAndItsFileReadsOn(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*fakeDisk){
		"no room":                 func(d *fakeDisk) { d.room = 0 },
		"room for half a line":    func(d *fakeDisk) { d.room = 40 },
		"room for a line, a half": func(d *fakeDisk) { d.room = 120 },
		"sync fails":              func(d *fakeDisk) { d.syncErr = errDisk },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, want := written(t, 6)
			l, err := openOn(d)
			require.NoError(t, err)
			fail(d)
			require.ErrorIs(t, l.Append(t.Context(), true, records(6, 3)...), errDisk)
			d.room, d.syncErr = -1, nil
			require.ErrorIs(t, l.Append(t.Context(), true, records(6, 3)...), errDisk)
			require.NoError(t, l.Close())

			l, err = openOn(d)
			require.NoError(t, err)
			found, err := recordsOn(t, d)
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(found), len(want))
			require.Equal(t, texts(records(0, len(found))), found)
			require.NoError(t, l.Append(t.Context(), true, records(len(found), 1)...))
			found, err = recordsOn(t, d)
			require.NoError(t, err)
			require.Equal(t, texts(records(0, len(found))), found)
			require.True(t, bytes.Equal(d.data, d.onDisk), "all of it is durable, what the failed sync has not written too")
		})
	}
}
