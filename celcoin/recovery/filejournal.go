package recovery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// disk is the file of a journal. Tests have one that fails.
type disk interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Truncate(size int64) error
}

// fileJournal is a journal in a file. The position of an entry is the offset of
// its line.
type fileJournal struct {
	path  string
	file  disk
	begin int64 // of the first entry, after the header

	// Read needs these during Append.
	size   atomic.Int64 // of what has been appended
	closed atomic.Bool

	mu       sync.Mutex // of what follows
	letGo    func() error
	unsynced bool
	failed   error // why nothing can be appended any more
	lines    lineWriter
}

// errClosed is also [fs.ErrClosed], which a closed file gives.
var errClosed = fmt.Errorf("the journal is closed: %w", fs.ErrClosed)

// openFileJournal makes a journal of a file that is held already, and cuts off
// a torn end. Its errors do not name the file.
func openFileJournal(path, id string, file disk, size int64, letGo func() error) (*fileJournal, error) {
	begin, err := readHeader(file, size, id)
	if err != nil {
		return nil, err
	}
	// What an earlier holder appended may not be on the disk yet, so the first
	// Sync is never skipped.
	j := &fileJournal{path: path, file: file, letGo: letGo, unsynced: true}
	if begin == 0 {
		if begin, err = j.create(id, size); err != nil {
			return nil, err
		}
		size = begin
	}
	sound, err := soundSize(file, begin, size)
	if err != nil {
		return nil, err
	}
	if sound < size {
		if err := errors.Join(file.Truncate(sound), file.Sync()); err != nil {
			return nil, fmt.Errorf("cut off the torn end: %w", err)
		}
	}
	j.begin = begin
	j.size.Store(sound)
	return j, nil
}

// create writes the header. The directory is synced before: a file that has a
// header also has a name, whenever the machine fails.
func (j *fileJournal) create(id string, size int64) (int64, error) {
	line, err := headerLine(id)
	if err != nil {
		return 0, err
	}
	if size > 0 {
		err = j.file.Truncate(0)
	}
	if err == nil {
		err = syncDirectory(filepath.Dir(j.path))
	}
	if err == nil {
		_, err = j.file.WriteAt(line, 0)
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return 0, fmt.Errorf("write the header: %w", err)
	}
	return int64(len(line)), nil
}

// Append writes all lines with one call. A write that fails is taken back. If
// the program or the machine fails during it, the first lines of it may stand,
// whole; the one that is torn is cut off by Open. Append has not returned then,
// so none of them was acted upon, and what remains is what a smaller Append
// would have written.
func (j *fileJournal) Append(ctx context.Context, entries ...Entry) ([]Position, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.ready(ctx); err != nil {
		return nil, j.failure("append", err)
	}
	size := j.size.Load()
	j.lines.reset()
	positions := make([]Position, len(entries))
	for i := range entries {
		positions[i] = Position(size + int64(j.lines.buf.Len()))
		if err := j.lines.write(&entries[i]); err != nil {
			return nil, j.failure("append", fmt.Errorf("%s entry: %w", entries[i].Kind, err))
		}
	}
	if len(entries) == 0 {
		return positions, nil
	}
	j.unsynced = true
	n, err := j.file.WriteAt(j.lines.buf.Bytes(), size)
	if err != nil {
		if cut := j.file.Truncate(size); cut != nil {
			j.failed = fmt.Errorf("an earlier append failed and could not be taken back: %w", cut)
		}
		return nil, j.failure("append", err)
	}
	j.size.Store(size + int64(n))
	return positions, nil
}

// Sync does not try again what has failed: a second fsync may succeed although
// the pages of the first are lost.
func (j *fileJournal) Sync(ctx context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.ready(ctx); err != nil {
		return j.failure("sync", err)
	}
	if !j.unsynced {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		j.failed = fmt.Errorf("an earlier sync failed: %w", err)
		return j.failure("sync", err)
	}
	j.unsynced = false
	return nil
}

// Close lets the file go. It does not sync.
func (j *fileJournal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed.Swap(true) {
		return nil
	}
	if err := j.letGo(); err != nil {
		return j.failure("close", err)
	}
	return nil
}

// ready says why nothing can be appended or synced.
func (j *fileJournal) ready(ctx context.Context) error {
	if j.closed.Load() {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return j.failed
}

func (j *fileJournal) failure(doing string, err error) error {
	return journalError(j.path, fmt.Errorf("%s: %w", doing, err))
}
