package recovery

import (
	"bytes"
	"fmt"
	"io"
)

// soundSize returns where the sound part of a journal ends, given that a line
// begins at begin. What a crash can leave behind it is the last line without
// its newline, blocks of NUL bytes that were never written (these hold no
// newline, and so are part of that line), or a last line of which some blocks
// are missing, whose checksum does not match then.
//
// No more than the last line is given up. Had a synced line before it been
// damaged, what was acted upon would be lost, and so reading it is an error.
func soundSize(file io.ReaderAt, begin, size int64) (int64, error) {
	end, err := afterNewline(file, begin, size)
	if err != nil || end < size || end == begin {
		return end, err
	}
	start, err := afterNewline(file, begin, end-1)
	if err != nil || end-start > maxLine {
		return end, err // a line of this length is an error when it is read
	}
	line := make([]byte, end-start)
	if err := readFull(file, line, start); err != nil {
		return 0, err
	}
	if _, err := payloadOf(line); err != nil {
		return start, nil //nolint:nilerr // this is what was asked
	}
	return end, nil
}

// afterNewline returns the offset after the last newline between begin and end,
// and begin if there is none.
func afterNewline(file io.ReaderAt, begin, end int64) (int64, error) {
	buf := make([]byte, min(end-begin, readBuffer))
	for end > begin {
		start := max(begin, end-int64(len(buf)))
		part := buf[:end-start]
		if err := readFull(file, part, start); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return start + int64(i) + 1, nil
		}
		end = start
	}
	return begin, nil
}

// lineNumber counts the lines up to the one that begins at an offset. It reads
// all of them: only errors need it.
func lineNumber(file io.ReaderAt, at int64) (int, error) {
	r := io.NewSectionReader(file, 0, at)
	buf := make([]byte, readBuffer)
	number := 1
	for {
		n, err := r.Read(buf)
		number += bytes.Count(buf[:n], []byte{'\n'})
		if err == io.EOF {
			return number, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// readFull fills buf. What io.ReaderAt may say beside that is of no interest.
func readFull(file io.ReaderAt, buf []byte, at int64) error {
	if n, err := file.ReadAt(buf, at); n < len(buf) {
		return fmt.Errorf("read at %d: %w", at, err)
	}
	return nil
}
