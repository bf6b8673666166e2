package recovery

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzJournal: whatever a file holds, opening and reading it ends with entries
// or with an error that says why. What could be read is read again after an
// append, and the append too.
func FuzzJournal(f *testing.F) {
	header := sealed(`{"kind":"journal","version":1,"id":"outage"}`)
	f.Add([]byte(""))
	f.Add([]byte(header))
	f.Add([]byte(header[:20]))
	f.Add([]byte(header + sealed(`{"kind":"run","time":"2026-07-14T01:10:00Z"}`) + sealed(`{"kind":"intent","items":[1,2]}`)))
	f.Add([]byte(header + sealed(`{"kind":"run"}`) + "00000000 {}\n" + sealed(`{"kind":"end"}`)))
	f.Add([]byte(header + sealed(`{"kind":"run"}`) + strings.Repeat("\x00", 100)))
	f.Add([]byte(sealed(`{"kind":"journal","version":9}`)))
	f.Fuzz(func(t *testing.T, file []byte) {
		d := newFakeDisk(string(file))
		j, err := tryOpenOn(d)
		if err != nil {
			require.Equal(t, string(file), string(d.data), "what is refused is left alone")
			return
		}
		entries, readErr := contents(t, j)
		if readErr != nil {
			require.ErrorIs(t, readErr, ErrCorrupt)
		}
		positions, err := j.Append(t.Context(), itemEntry(1))
		require.NoError(t, err)
		got, err := j.Read(t.Context(), positions[0])
		require.NoError(t, err)
		require.Equal(t, itemEntry(1), got)
		again, err := contents(t, openOn(t, d))
		if readErr == nil {
			require.NoError(t, err)
			require.Len(t, again, len(entries)+1)
		} else {
			require.EqualError(t, err, readErr.Error())
			require.Len(t, again, len(entries))
		}
	})
}
