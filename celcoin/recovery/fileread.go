package recovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Entries streams the file. It does not see what is appended meanwhile.
func (j *fileJournal) Entries(ctx context.Context) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		if j.closed.Load() {
			yield(Stored{}, journalError(j.path, errClosed))
			return
		}
		at, size := j.begin, j.size.Load()
		lines := newLineReader(io.NewSectionReader(j.file, at, size-at), size-at)
		decoder := newEntryDecoder()
		for number := 2; at < size; number++ { // the header is line 1
			if err := ctx.Err(); err != nil {
				yield(Stored{}, journalError(j.path, err))
				return
			}
			entry, length, err := nextEntry(lines, decoder)
			if err != nil {
				yield(Stored{}, journalError(j.path, fmt.Errorf("line %d: %w", number, err)))
				return
			}
			if !yield(Stored{Position: Position(at), Entry: entry}, nil) {
				return
			}
			at += int64(length)
		}
	}
}

// nextEntry returns an entry and the length of its line.
func nextEntry(lines *lineReader, decoder *entryDecoder) (Entry, int, error) {
	line, err := lines.next()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Entry{}, 0, damage(errLineEnd)
	case errors.Is(err, errLineTooLong):
		return Entry{}, 0, damage(err)
	case err != nil:
		return Entry{}, 0, err
	}
	entry, err := decoder.decodeLine(line)
	return entry, len(line), err
}

// Read reads one line, in one piece unless it is long.
func (j *fileJournal) Read(ctx context.Context, at Position) (Entry, error) {
	if err := ctx.Err(); err != nil {
		return Entry{}, j.failure("read", err)
	}
	if j.closed.Load() {
		return Entry{}, j.failure("read", errClosed)
	}
	line, err := j.lineAt(int64(at))
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return Entry{}, j.failure("read", err)
	}
	var entry Entry
	if err == nil {
		entry, err = new(entryDecoder).decodeLine(line)
	}
	if err != nil {
		number, countErr := lineNumber(j.file, int64(at))
		if countErr != nil {
			return Entry{}, j.failure("read", countErr)
		}
		return Entry{}, journalError(j.path, fmt.Errorf("line %d: %w", number, err))
	}
	return entry, nil
}

// firstRead is enough for nearly all lines.
const firstRead = 1 << 10

// lineAt reads the line that begins at an offset, together with the byte before
// it, which tells whether one does.
func (j *fileJournal) lineAt(at int64) ([]byte, error) {
	size := j.size.Load()
	if at < j.begin || at >= size {
		return nil, fmt.Errorf("no entry begins at %d", at)
	}
	for length := int64(firstRead); ; length *= 8 {
		buf := make([]byte, min(length, size-at+1))
		if err := readFull(j.file, buf, at-1); err != nil {
			return nil, err
		}
		if buf[0] != '\n' {
			return nil, fmt.Errorf("no entry begins at %d", at)
		}
		end := bytes.IndexByte(buf[1:], '\n') + 1
		if end > 0 && end <= maxLine {
			return buf[1 : end+1], nil
		}
		if end > 0 || length > maxLine {
			return nil, damage(errLineTooLong)
		}
		if int64(len(buf)) == size-at+1 {
			return nil, damage(errLineEnd)
		}
	}
}
