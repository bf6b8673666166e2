package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// disk is the file of a log. Tests have one that fails.
type disk interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// fileLog is a log that is held.
type fileLog struct {
	name   string // for errors
	create func() (disk, position, error)
	unlock func() error
	cut    int64
	lost   chan struct{}

	mu     sync.Mutex // of what follows
	file   disk       // nil until there is something to keep
	end    position
	marked int64 // how much is known to be on the disk by what is written there
	failed error
	buf    []byte
}

// resume goes to the end of an existing file and cuts off what is not sound.
func (l *fileLog) resume(file disk, size int64, h header) error {
	r := newLineReader(file, size)
	err := h.read(r)
	for err == nil && r.at.lines > 0 {
		_, err = r.next()
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errUnsound) {
		return err
	}
	if r.at.lines == 0 {
		return file.Close() // create begins it again
	}
	l.file, l.end, l.marked = file, r.at, r.at.synced
	if err := rewrite(file, r.at.synced, r.at.offset); err != nil {
		return err
	}
	if r.at.offset == size {
		return nil
	}
	l.cut = size - r.at.offset
	err = file.Truncate(r.at.offset)
	if err == nil {
		err = l.write(true, line{member: memberCut, value: strconv.AppendInt(nil, l.cut, 10)})
	}
	if err != nil {
		return fmt.Errorf("cut off the unsound end: %w", err)
	}
	return nil
}

// rewrite writes again what may not be on the disk. A system whose sync has failed
// takes what it could not write for written, so that the next sync would succeed
// without it.
func rewrite(file disk, from, to int64) error {
	buf := make([]byte, min(to-from, 1<<20))
	for from < to {
		part := buf[:min(to-from, int64(len(buf)))]
		if n, err := file.ReadAt(part, from); n < len(part) {
			return err
		}
		if _, err := file.WriteAt(part, from); err != nil {
			return err
		}
		from += int64(len(part))
	}
	return nil
}

func (l *fileLog) Append(ctx context.Context, durable bool, records ...[]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return fmt.Errorf("journal: append to %s: after an earlier end: %w", l.name, l.failed)
	}
	err := ctx.Err()
	if err == nil {
		err = l.append(durable, records)
	}
	if err != nil {
		l.failed = err
		return fmt.Errorf("journal: append to %s: %w", l.name, err)
	}
	return nil
}

func (l *fileLog) append(durable bool, records [][]byte) error {
	if l.file == nil && len(records) == 0 {
		return nil
	}
	lines := make([]line, len(records))
	for i, record := range records {
		var err error
		if lines[i].member, lines[i].value, err = recordMember(record); err != nil {
			return err
		}
	}
	if l.file == nil {
		var err error
		if l.file, l.end, err = l.create(); err != nil {
			return err
		}
		l.marked = l.end.synced
	}
	return l.write(durable, lines...)
}

// write writes lines with one call.
func (l *fileLog) write(durable bool, lines ...line) error {
	const keep = 1 << 20
	if cap(l.buf) > keep {
		l.buf = nil
	}
	l.buf = l.buf[:0]
	for _, next := range lines {
		l.end.lines++
		next.n, next.synced = l.end.lines, l.end.synced
		l.buf = appendLine(l.buf, next)
	}
	if len(l.buf) > 0 {
		n, err := l.file.WriteAt(l.buf, l.end.offset)
		l.end.offset += int64(n)
		if err != nil {
			return err
		}
		l.marked = l.end.synced
	}
	if durable && l.end.synced < l.end.offset {
		if err := l.file.Sync(); err != nil {
			return err
		}
		l.end.synced = l.end.offset
	}
	return nil
}

// Cut implements [Cutter].
func (l *fileLog) Cut() int64 { return l.cut }

func (l *fileLog) Lost() <-chan struct{} { return l.lost }

// Close also writes down how much is on the disk, if no line says so yet: then a
// damaged last line will be told from one that was never whole.
func (l *fileLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.failed, ErrClosed) {
		return nil
	}
	var err error
	if l.file != nil {
		if l.failed == nil && l.marked < l.end.synced {
			err = l.write(false, line{member: memberClosed, value: []byte("true")})
		}
		err = errors.Join(err, l.file.Close())
	}
	l.failed = ErrClosed
	close(l.lost)
	if err = errors.Join(err, l.unlock()); err != nil {
		return fmt.Errorf("journal: close %s: %w", l.name, err)
	}
	return nil
}
