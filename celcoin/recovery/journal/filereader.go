package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
)

// position is a place in a file where a line begins.
type position struct {
	offset int64
	lines  int64 // before it
	synced int64 // how much of the file is known to be on the disk
}

// reader reads the lines of a file that another may be writing.
type reader struct {
	file io.ReaderAt
	at   position
	in   *bufio.Reader // reads on at the end of the last line
}

// newReader reads the first line, which must be that of the log.
func newReader(file io.ReaderAt, h header) (*reader, error) {
	r := &reader{file: file}
	r.seek()
	first, err := r.next()
	if err == nil {
		err = h.check(first)
	} else if errors.Is(err, io.EOF) || errors.Is(err, errUnsound) { // it was on the disk before the file had its name
		err = fmt.Errorf("line 1: not the first line of a log: %w", ErrCorrupt)
	}
	r.at.synced = r.at.offset
	return r, err
}

// seek reads on at r.at.
func (r *reader) seek() {
	r.in = bufio.NewReaderSize(io.NewSectionReader(r.file, r.at.offset, math.MaxInt64-r.at.offset), 64<<10)
}

// errUnsound: what follows cannot be read, and was not known to be on the disk.
var errUnsound = errors.New("the end is not sound")

// next returns the next line. At the end it returns io.EOF, or errUnsound.
//
// A line that cannot be read is damage if a later one tells that it was on the
// disk. But in a file that is being written it may have become whole meanwhile,
// and the later line was written after that: so it is read once more, after all
// the others.
func (r *reader) next() (line, error) {
	l, size, err := r.read()
	known := r.at.synced
	if errors.Is(err, errUnsound) {
		var later line
		for err == nil || errors.Is(err, errUnsound) {
			known = max(known, later.synced)
			later, _, err = r.read()
		}
		if errors.Is(err, io.EOF) {
			r.seek()
			l, size, err = r.read()
		}
	}
	switch {
	case errors.Is(err, errUnsound) && known > r.at.offset:
		return line{}, r.damage("its checksum does not match")
	case err != nil:
		return line{}, err
	case l.n != r.at.lines+1 || l.synced > r.at.offset:
		return line{}, r.damage("it does not follow the line before it")
	case !l.known():
		return line{}, fmt.Errorf("line %d: %w", l.n, errNewer)
	}
	r.at = position{offset: r.at.offset + size, lines: l.n, synced: max(r.at.synced, l.synced)}
	return l, nil
}

// read returns a line and its length. The error is io.EOF if there is nothing
// more, and errUnsound for what is not a line.
func (r *reader) read() (line, int64, error) {
	raw, err := r.in.ReadBytes('\n')
	if l, ok := parseLine(raw); ok {
		return l, int64(len(raw)), nil
	}
	if err == nil || errors.Is(err, io.EOF) && len(raw) > 0 {
		err = errUnsound
	}
	return line{}, 0, err
}

// damage is the error for the line at r.at.
func (r *reader) damage(problem string) error {
	return fmt.Errorf("line %d at byte %d: %s: %w", r.at.lines+1, r.at.offset, problem, ErrCorrupt)
}
