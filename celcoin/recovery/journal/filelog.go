package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
	path   string
	header header
	unlock func() error
	cut    int64
	lost   chan struct{}

	mu     sync.Mutex // of what follows
	file   disk       // nil until there is something to keep
	end    position
	marked int64 // how much is known to be on the disk by what is written there
	failed error
}

// load opens the file, if there is one.
func (l *fileLog) load() error {
	file, err := os.OpenFile(l.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		err = l.resume(file, info.Size())
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	return nil
}

// create makes the file with its first line, both durable.
func (l *fileLog) create() error {
	first, err := l.header.line()
	if err == nil {
		err = makeFolder(filepath.Dir(l.path))
	}
	if err == nil {
		err = replace(l.path, first.append(nil))
	}
	if err == nil {
		err = l.load()
	}
	return err
}

// resume goes to the end of an existing file and cuts off what is not sound.
func (l *fileLog) resume(file disk, size int64) error {
	r, err := newReader(file, l.header)
	for err == nil {
		_, err = r.next()
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, errUnsound) {
		return err
	}
	l.file, l.end, l.marked = file, r.at, r.at.synced
	// A system whose sync has failed takes what it could not write for written, so
	// that the next sync would succeed without it: write it again.
	doubtful := io.NewSectionReader(file, r.at.synced, r.at.offset-r.at.synced)
	if _, err := io.Copy(io.NewOffsetWriter(file, r.at.synced), doubtful); err != nil {
		return err
	}
	l.cut = size - r.at.offset
	if l.cut == 0 {
		return nil
	}
	err = file.Truncate(r.at.offset)
	if err == nil {
		err = l.write(true, line{member: memberCut, value: strconv.AppendInt(nil, l.cut, 10)})
	}
	if err != nil {
		return fmt.Errorf("cut off the unsound end: %w", err)
	}
	return nil
}

func (l *fileLog) Append(ctx context.Context, durable bool, records ...[]byte) (err error) {
	defer wrap(&err, "append to %s", l.path)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return fmt.Errorf("after an earlier end: %w", l.failed)
	}
	defer func() { l.failed = err }()
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.file == nil {
		if len(records) == 0 {
			return nil
		}
		if err := l.create(); err != nil {
			return err
		}
	}
	lines := make([]line, len(records))
	for i, record := range records {
		lines[i] = recordLine(record)
	}
	return l.write(durable, lines...)
}

// write writes lines with one call.
func (l *fileLog) write(durable bool, lines ...line) error {
	var buf []byte
	for _, next := range lines {
		l.end.lines++
		next.n, next.synced = l.end.lines, l.end.synced
		buf = next.append(buf)
	}
	if len(buf) > 0 {
		n, err := l.file.WriteAt(buf, l.end.offset)
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
func (l *fileLog) Close() (err error) {
	defer wrap(&err, "close %s", l.path)
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.failed, ErrClosed) {
		return nil
	}
	if l.file != nil {
		if l.failed == nil && l.marked < l.end.synced {
			err = l.write(false, line{member: memberClosed, value: []byte("true")})
		}
		err = errors.Join(err, l.file.Close())
	}
	l.failed = ErrClosed
	close(l.lost)
	return errors.Join(err, l.unlock())
}
