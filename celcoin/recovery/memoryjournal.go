package recovery

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"sync"
)

// memoryJournal is one opening of a history.
type memoryJournal struct {
	id    string
	letGo func()

	mu      sync.Mutex // of what follows
	history *memoryHistory
	closed  bool
	lines   lineWriter
	packer  packer
}

// Append keeps entries as JSON, and so keeps nothing of the caller's.
func (j *memoryJournal) Append(ctx context.Context, entries ...Entry) ([]Position, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.ready(ctx); err != nil {
		return nil, j.failure("append", err)
	}
	j.lines.reset()
	for i := range entries {
		if err := j.lines.write(&entries[i]); err != nil {
			return nil, j.failure("append", fmt.Errorf("%s entry: %w", entries[i].Kind, err))
		}
	}
	positions, err := j.history.add(j.lines.buf.Bytes(), len(entries), &j.packer)
	if err != nil {
		return nil, j.failure("append", err)
	}
	return positions, nil
}

// Sync has nothing to do: nothing here outlives the program.
func (j *memoryJournal) Sync(ctx context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.ready(ctx); err != nil {
		return j.failure("sync", err)
	}
	return nil
}

// Entries does not see what is appended meanwhile.
func (j *memoryJournal) Entries(ctx context.Context) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		j.mu.Lock()
		err := j.ready(ctx)
		pieces := j.history.pieces()
		j.mu.Unlock()
		if err != nil {
			yield(Stored{}, j.failure("read", err))
			return
		}
		decoder, unpacker := newEntryDecoder(), &unpacker{}
		for number := range pieces.count() {
			text, err := pieces.text(number, unpacker)
			if err != nil {
				yield(Stored{}, j.failure("read", err))
				return
			}
			if !j.piece(ctx, number, text, decoder, yield) {
				return
			}
		}
	}
}

// piece yields the entries of a piece, and tells whether to go on.
func (j *memoryJournal) piece(ctx context.Context, number int, text []byte, decoder *entryDecoder,
	yield func(Stored, error) bool,
) bool {
	for at := 0; at < len(text); {
		end := at + bytes.IndexByte(text[at:], '\n')
		entry, err := decoder.decode(text[at:end])
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(Stored{}, j.failure("read", err))
			return false
		}
		if !yield(Stored{Position: memoryPosition(number, at), Entry: entry}, nil) {
			return false
		}
		at = end + 1
	}
	return true
}

// Read unpacks a piece, unless it is the one that was read last.
func (j *memoryJournal) Read(ctx context.Context, at Position) (Entry, error) {
	line, err := j.line(ctx, at)
	if err != nil {
		return Entry{}, j.failure("read", err)
	}
	entry, err := new(entryDecoder).decode(line)
	if err != nil {
		return Entry{}, j.failure("read", err)
	}
	return entry, nil
}

func (j *memoryJournal) line(ctx context.Context, at Position) ([]byte, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.ready(ctx); err != nil {
		return nil, err
	}
	return j.history.line(at)
}

// Close lets the history go, and the memory that only writing needs.
func (j *memoryJournal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed {
		j.closed = true
		j.lines, j.packer = lineWriter{}, packer{}
		j.letGo()
	}
	return nil
}

// ready says why the journal cannot be used.
func (j *memoryJournal) ready(ctx context.Context) error {
	if j.closed {
		return errClosed
	}
	return ctx.Err()
}

func (j *memoryJournal) failure(doing string, err error) error {
	return fmt.Errorf("recovery: journal %s: %s: %w", j.id, doing, err)
}
