package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// formatVersion is that of the files which this release writes. The journals of
// the first design were of format 1.
const formatVersion = 2

// errNewer: the file holds what only a newer release can read.
var errNewer = errors.New("a newer release of reenvio-go wrote it: use that one")

// header is the value of a log's first line. It names the log, because files can
// be renamed, and because some file systems take two names for one.
type header struct {
	Format   int    `json:"format"`
	Recovery string `json:"recovery"`
	Name     string `json:"name"`
}

// encode returns the first line.
func (h header) encode() ([]byte, error) {
	value, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return appendLine(nil, line{n: 1, member: memberLog, value: value}), nil
}

// check compares a first line with what it should be.
func (h header) check(l line) error {
	var found header
	if l.member != memberLog || json.Unmarshal(l.value, &found) != nil || found.Format < formatVersion {
		return fmt.Errorf("line 1: not the first line of a log: %w", ErrCorrupt)
	}
	if found.Format > formatVersion {
		return fmt.Errorf("format %d: %w", found.Format, errNewer)
	}
	if found.Recovery != h.Recovery || found.Name != h.Name {
		return fmt.Errorf("it holds log %s/%s: the file was renamed, or names that differ only in case are the same here",
			found.Recovery, found.Name)
	}
	return nil
}

// read reads the first line. It stays at the beginning of the file if there is
// none yet, or only the beginning of one, as a crash leaves it: the line is on
// the disk before another is written. Blocks that a power failure kept from being
// written read as zeros.
func (h header) read(r *lineReader) error {
	raw, err := r.read()
	if err == nil {
		l, ok := parseLine(raw)
		if !ok {
			return fmt.Errorf("line 1: %w", ErrCorrupt)
		}
		if err := h.check(l); err != nil {
			return err
		}
		size := int64(len(raw))
		r.at = position{offset: size, lines: 1, synced: size}
		return nil
	}
	want, encodeErr := h.encode()
	if encodeErr != nil {
		return encodeErr
	}
	if isTorn(err) && bytes.HasPrefix(want, bytes.TrimRight(raw, "\x00")) {
		return nil
	}
	if isTorn(err) {
		err = fmt.Errorf("line 1: not the first line of a log: %w", ErrCorrupt)
	}
	return err
}
