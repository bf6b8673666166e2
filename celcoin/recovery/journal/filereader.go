package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// position is a place in a file where a line begins.
type position struct {
	offset int64
	lines  int64 // before it
	synced int64 // how much of the file is known to be on the disk
}

// lineReader reads the lines of a file that another may be writing.
type lineReader struct {
	file io.ReaderAt
	size int64 // what is behind it is not read
	at   position
	in   *bufio.Reader // reads on at the end of the last line
	long []byte
}

func newLineReader(file io.ReaderAt, size int64) *lineReader {
	r := &lineReader{file: file, size: size}
	r.seek()
	return r
}

// seek reads on at r.at.
func (r *lineReader) seek() {
	const buffer = 64 << 10
	rest := max(r.size-r.at.offset, 0)
	r.in = bufio.NewReaderSize(io.NewSectionReader(r.file, r.at.offset, rest), int(min(rest, buffer)))
}

// errUnsound: what follows cannot be read, and was not known to be on the disk.
var errUnsound = errors.New("the end is not sound")

var errLineTooLong = fmt.Errorf("longer than %d MiB", maxLine>>20)

// isTorn tells whether an error of read is about the bytes that were read.
func isTorn(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errLineTooLong)
}

// next returns the next line, which is valid until the one after it. At the end
// it returns io.EOF, or errUnsound.
func (r *lineReader) next() (line, error) {
	for {
		raw, err := r.read()
		if errors.Is(err, io.EOF) || err != nil && !isTorn(err) {
			return line{}, err
		}
		if l, ok := parseLine(raw); ok && err == nil {
			if l.n != r.at.lines+1 || l.synced > r.at.offset {
				return line{}, r.damage("it does not follow the line before it")
			}
			if !l.known() {
				return line{}, fmt.Errorf("line %d: %w", l.n, errNewer)
			}
			r.at.offset += int64(len(raw))
			r.at.lines++
			r.at.synced = max(r.at.synced, l.synced)
			return l, nil
		}
		sound, err := r.judge()
		if err != nil {
			return line{}, err
		}
		if !sound {
			return line{}, errUnsound
		}
		r.seek()
	}
}

// judge decides about a line that could not be read. A later line may tell that
// it was on the disk: then this is damage. But in a file that is being written,
// it may have become whole meanwhile, and a line that tells so was written after
// that: so it is read once more, after all the others.
func (r *lineReader) judge() (sound bool, err error) {
	known := r.at.synced
	rest := &lineReader{file: r.file, size: r.size, at: r.at}
	rest.seek()
	for {
		raw, err := rest.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !isTorn(err) {
			return false, err
		}
		if l, ok := parseLine(raw); ok {
			known = max(known, l.synced)
		}
	}
	rest.seek()
	raw, err := rest.read()
	if err != nil && !isTorn(err) {
		return false, err
	}
	if _, ok := parseLine(raw); ok {
		return true, nil
	}
	if known > r.at.offset {
		return false, r.damage("its checksum does not match")
	}
	return false, nil
}

// damage is the error for the line at r.at.
func (r *lineReader) damage(problem string) error {
	return fmt.Errorf("line %d at byte %d: %s: %w", r.at.lines+1, r.at.offset, problem, ErrCorrupt)
}

// read returns what there is up to the next newline, that included. The error is
// io.EOF if there is nothing, io.ErrUnexpectedEOF if there is no newline, and
// errLineTooLong if it was passed over.
func (r *lineReader) read() ([]byte, error) {
	raw, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.long = r.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(r.long) <= maxLine {
				r.long = append(r.long, raw...)
			}
			raw, err = r.in.ReadSlice('\n')
		}
		r.long = append(r.long, raw...)
		raw = r.long
	}
	if errors.Is(err, io.EOF) && len(raw) > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err == nil && len(raw) > maxLine {
		err = errLineTooLong
	}
	return raw, err
}
