package recovery

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A crash may leave any part of what was being written. Whatever it is, what
// stands before it can be read, and the journal goes on behind it.
func TestAJournalCutOffAnywhereGoesOn(t *testing.T) {
	t.Parallel()
	whole, entries := written(t)
	header := strings.Index(whole, "\n") + 1
	for size := range len(whole) + 1 {
		for _, tail := range []int{0, 1, 511, 70_000} { // NUL bytes: blocks that were not written
			if tail > maxHeader && (size < header || size%16 != 0) {
				continue // nothing is written until the header is on the disk; and to save time
			}
			requireGoesOn(t, newFakeDisk(whole[:size]+strings.Repeat("\x00", tail)), entries,
				strings.Count(whole[:size], "\n")-1)
		}
	}
}

// requireGoesOn expects the first n entries, appends one, and opens it again.
func requireGoesOn(t *testing.T, d *fakeDisk, entries []Entry, whole int) {
	t.Helper()
	n, before := max(whole, 0), len(d.data)
	j, err := tryOpenOn(d)
	require.NoError(t, err, "%d entries", n)
	requireEntries(t, j, entries[:n])
	if len(d.data) != before {
		require.Equal(t, len(d.data), d.synced, "what was cut off is gone for good")
	}
	_, err = j.Append(t.Context(), itemEntry(99))
	require.NoError(t, err)
	requireEntries(t, openOn(t, d), append(entries[:n:n], itemEntry(99)))
}

// The same with real files, and fewer of them.
func TestAFileCutOffAnywhereGoesOn(t *testing.T) {
	t.Parallel()
	whole, entries := written(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "outage.journal")
	for size := 0; size <= len(whole); size += 101 {
		require.NoError(t, os.WriteFile(path, []byte(whole[:size]), 0o600))
		n := max(strings.Count(whole[:size], "\n")-1, 0)
		for range 2 {
			j, err := FileStore(dir).Open(t.Context(), "outage")
			require.NoError(t, err)
			requireEntries(t, j, entries[:n])
			require.NoError(t, j.Close())
		}
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		kept := strings.LastIndex(whole[:size], "\n") + 1
		if kept == 0 {
			kept = strings.Index(whole, "\n") + 1 // the header, written anew
		}
		require.Equal(t, whole[:kept], string(got))
	}
}

// Any bit that flips is noticed. In the last line it cannot be told from a crash.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	t.Parallel()
	whole, entries := written(t)
	last := strings.LastIndex(whole[:len(whole)-1], "\n") + 1
	for at := range len(whole) {
		line := strings.Count(whole[:at], "\n") + 1
		for _, bit := range []byte{0x01, 0x20} { // the latter makes upper case of lower case
			d := newFakeDisk(whole)
			d.data[at] ^= bit
			damaged := bytes.Clone(d.data)
			j, err := tryOpenOn(d)
			var got []Entry
			if err == nil {
				got, err = contents(t, j)
			}
			if err != nil {
				require.ErrorIs(t, err, ErrCorrupt)
				require.ErrorContains(t, err, fmt.Sprintf("line %d: ", line))
				require.Equal(t, damaged, d.data, "what is damaged is left as it is")
				continue
			}
			// Without the newline between them, the last two lines are one.
			require.GreaterOrEqual(t, at, last-1, "byte %d, bit %#x: not noticed", at, bit)
			require.Len(t, got, len(entries)-1-max(0, last-at))
			require.Equal(t, entries[:len(got)], got)
		}
	}
}

// A block that a power loss kept from being written reads as NUL bytes. If the
// block after it was written, the last line has its newline all the same.
func TestALastLineWithAMissingBlockIsCutOff(t *testing.T) {
	t.Parallel()
	whole, entries := written(t)
	last := strings.LastIndex(whole[:len(whole)-1], "\n") + 1
	for _, hole := range []int{1, 20, len(whole) - last - 1} {
		d := newFakeDisk(whole[:last] + strings.Repeat("\x00", hole) + whole[last+hole:])
		requireGoesOn(t, d, entries, len(entries)-1)
	}
}

func TestALineThatIsMissingInsideIsDamage(t *testing.T) {
	t.Parallel()
	whole, _ := written(t)
	lines := strings.SplitAfter(whole, "\n")
	for name, text := range map[string]string{
		"blocks that were never written": lines[0] + lines[1] + strings.Repeat("\x00", 4096) + "\n" + lines[3],
		"an empty line":                  lines[0] + lines[1] + "\n" + lines[2],
		"a blank line end":               lines[0] + lines[1] + strings.TrimSuffix(lines[2], "\n") + "\r\n" + lines[3],
		"half a line":                    lines[0] + lines[1] + lines[2][:40] + "\n" + lines[3],
		"two torn lines":                 lines[0] + lines[1] + lines[2][:40] + "\n" + lines[3][:40],
		"no checksum":                    lines[0] + lines[1] + lines[2][lineHead:] + lines[3],
	} {
		j, err := tryOpenOn(newFakeDisk(text))
		require.NoError(t, err, name)
		got, err := contents(t, j)
		require.ErrorIs(t, err, ErrCorrupt, name)
		require.EqualError(t, err, "recovery: journal outage.journal: line 3: checksum does not match: the journal is damaged", name)
		assert.Len(t, got, 1, name)
	}
}

// A checksum that matches says that the line was written whole. To cut it off
// would be to forget what was acted upon.
func TestALineThatIsWholeButNoEntryIsNeverCutOff(t *testing.T) {
	t.Parallel()
	whole, _ := written(t)
	header := whole[:strings.Index(whole, "\n")+1]
	for payload, problem := range map[string]string{
		`{"kind":"item"`:                     "unexpected end of JSON input",
		`{"kind":17}`:                        "cannot unmarshal number",
		`[]`:                                 "cannot unmarshal array",
		`{"time":"2026-07-14T01:10:00Z"}`:    "an entry without a kind",
		`null`:                               "an entry without a kind",
		`{"kind":"item","time":"yesterday"}`: "yesterday",
		`{"kind":"intent","items":[1.5]}`:    "1.5",
		`{"kind":"intent","items":[1]} {"kind":1}`: "after top-level value",
	} {
		text := header + string(checksum([]byte(payload))) + " " + payload + "\n"
		d := newFakeDisk(text)
		_, err := contents(t, openOn(t, d))
		require.ErrorIs(t, err, ErrCorrupt, payload)
		require.ErrorContains(t, err, "line 2: ", payload)
		require.ErrorContains(t, err, problem, payload)
		assert.Equal(t, text, string(d.data), payload)
	}
}

func TestALineLongerThanAnyIsDamage(t *testing.T) {
	t.Parallel()
	whole, entries := written(t)
	d := newFakeDisk(whole + strings.Repeat("x", maxLine) + "\n")
	j := openOn(t, d)
	_, err := contents(t, j)
	require.EqualError(t, err, fmt.Sprintf("recovery: journal outage.journal: line %d: longer than 16 MiB: the journal is damaged", len(entries)+2))
	_, err = j.Read(t.Context(), Position(len(whole)))
	require.EqualError(t, err, fmt.Sprintf("recovery: journal outage.journal: line %d: longer than 16 MiB: the journal is damaged", len(entries)+2))
}

func TestATornEndThatCannotBeCutOffKeepsTheJournalShut(t *testing.T) {
	t.Parallel()
	whole, _ := written(t)
	for _, d := range []*fakeDisk{{truncateErr: errDisk}, {syncErr: errDisk}} {
		d.data, d.room = []byte(whole+"torn"), -1
		_, err := tryOpenOn(d)
		require.ErrorIs(t, err, errDisk)
		require.ErrorContains(t, err, "cut off the torn end")
	}
}
