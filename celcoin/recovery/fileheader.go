package recovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// formatVersion is that of the journals which this release writes. It grows
// when an older release would misread a newer journal; new kinds of entries and
// new members need no new version, since readers pass over what they do not
// know. Journals of every version from 1 on are read for ever.
const formatVersion = 1

// maxHeader is how long a header may be, of this version or of another.
const maxHeader = 4 << 10

// fileHeader is the first line of a journal. It is an entry by its form, and
// none of the recovery's.
type fileHeader struct {
	Kind    Kind   `json:"kind"`
	Version int    `json:"version"`
	ID      string `json:"id"`
}

// kindHeader marks the header.
const kindHeader Kind = "journal"

// errNotJournal: a file that was not written here. It is left alone.
var errNotJournal = fmt.Errorf("line 1: not the header of a journal: %w", ErrCorrupt)

// headerLine is the header that this release writes.
func headerLine(id string) ([]byte, error) {
	var w lineWriter
	err := w.write(fileHeader{Kind: kindHeader, Version: formatVersion, ID: id})
	return w.buf.Bytes(), err
}

// readHeader returns the length of the header. It is 0 if there is none yet, or
// only the beginning of one, as a crash leaves it.
func readHeader(file io.ReaderAt, size int64, id string) (int64, error) {
	start := make([]byte, min(size, maxHeader))
	if err := readFull(file, start, 0); err != nil {
		return 0, err
	}
	end := bytes.IndexByte(start, '\n') + 1
	if end == 0 {
		return 0, checkTornHeader(start, size, id)
	}
	payload, err := payloadOf(start[:end])
	if err != nil {
		return 0, fmt.Errorf("line 1: %w", damage(err))
	}
	var header fileHeader
	if err := json.Unmarshal(payload, &header); err != nil || header.Kind != kindHeader || header.Version < 1 {
		return 0, errNotJournal
	}
	if header.Version > formatVersion {
		return 0, fmt.Errorf("it is of format %d, and this release of reenvio-go reads up to %d: use a newer one",
			header.Version, formatVersion)
	}
	if header.ID != id {
		return 0, fmt.Errorf("it holds recovery %q, not %q: the file was renamed, or file names that differ only in case are the same here",
			header.ID, id)
	}
	return int64(end), nil
}

// checkTornHeader tells the beginning of a header, which is written anew, from
// somebody else's file, which must not be cut. Blocks that a power loss kept
// from being written read as NUL bytes.
func checkTornHeader(start []byte, size int64, id string) error {
	want, err := headerLine(id)
	if err != nil {
		return err
	}
	written := bytes.TrimRight(start, "\x00")
	if size > maxHeader || !bytes.HasPrefix(want, written) {
		return errNotJournal
	}
	return nil
}
