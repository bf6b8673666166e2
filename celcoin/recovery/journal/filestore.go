package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// FileStore keeps each log in a file of its own, dir/RECOVERY/NAME.jsonl. The
// folder is made when it is needed, for its owner only, and so are the files.
//
// A log is text with one JSON object a line, whose member "record" is what was
// appended, or "base64" if that is not JSON. So one can look at it at any time:
//
//	jq -c 'select(.record).record' recoveries/outage-1/plan.jsonl
//
// Each line has a checksum, and says how much of the file was on the disk when
// it was written. Open cuts off what cannot be read behind that, such as a crash
// leaves it, adds a line that says so, and the [Log] is a [Cutter] that does.
// Anything else that cannot be read is [ErrCorrupt], with file and line. Files of
// a newer format, and journals that the first version of package recovery wrote,
// dir/RECOVERY.journal, are refused.
//
// Characters of a name that not every file system keeps apart are percent
// encoded in the name of the file. A record is up to 16 MiB long.
//
// Files below dir/.locks hold locks against other holders in this process and in
// others, on this machine; over a network, as far as the file system passes
// locks on. They end with their process. Only systems without such locks (plan9,
// wasm) cannot open logs. Documents are files in dir/.shared. Reading needs no
// lock, and so works on a copy, and without permission to write.
func FileStore(dir string) Store {
	if abs, err := filepath.Abs(dir); err == nil && dir != "" {
		dir = abs // it stays the same folder after os.Chdir
	}
	return &fileStore{dir: dir}
}

type fileStore struct {
	dir       string
	documents waiting
}

// The names in the store's folder that are no recovery's.
const (
	locksFolder     = ".locks"
	documentsFolder = ".shared"
	deletedFolder   = ".deleted"
)

const logExtension = ".jsonl"

func (s *fileStore) logFile(recovery, name string) string {
	return filepath.Join(s.dir, recovery, fileName(name)+logExtension)
}

// check refuses what is no folder's name here, and recoveries of the first design.
func (s *fileStore) check(ctx context.Context, recovery string) error {
	if s.dir == "" {
		return errors.New("the folder of the store is not given")
	}
	if err := errors.Join(CheckID(recovery), ctx.Err()); err != nil {
		return err
	}
	if !filepath.IsLocal(recovery) || strings.HasSuffix(recovery, ".") {
		return fmt.Errorf("recovery ID %q cannot be the name of a folder on every system", recovery)
	}
	old := filepath.Join(s.dir, recovery+".journal")
	if _, err := os.Lstat(old); err == nil {
		return fmt.Errorf("%s was written by the first version of this package, which alone can read it: "+
			"finish that recovery with the release that began it, or move the file away and begin anew", old)
	}
	return nil
}

func (s *fileStore) Open(ctx context.Context, recovery, name string) (Log, error) {
	err := s.check(ctx, recovery)
	if err == nil {
		err = CheckName(name)
	}
	if err != nil {
		return nil, fmt.Errorf("journal: open log: %w", err)
	}
	l, err := s.open(recovery, name)
	if err != nil {
		return nil, fmt.Errorf("journal: open %s: %w", s.logFile(recovery, name), err)
	}
	return l, nil
}

func (s *fileStore) open(recovery, name string) (*fileLog, error) {
	unlock, err := s.lockLog(recovery, name)
	if err != nil {
		return nil, err
	}
	path, h := s.logFile(recovery, name), header{Format: formatVersion, Recovery: recovery, Name: name}
	l := &fileLog{
		name:   path,
		create: func() (disk, position, error) { return createLog(path, h) },
		unlock: unlock,
		lost:   make(chan struct{}),
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the name is encoded
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		var size int64
		if size, err = regularSize(file); err == nil {
			err = l.resume(file, size, h)
		}
		if err == nil {
			return l, nil
		}
		err = errors.Join(err, file.Close())
	}
	return nil, errors.Join(err, unlock())
}

func regularSize(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// createLog makes a file with its first line, both durable: whatever has another
// line has these, too.
func createLog(path string, h header) (disk, position, error) {
	first, err := h.encode()
	if err == nil {
		err = makeFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, position{}, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the name is encoded
	if err != nil {
		return nil, position{}, err
	}
	_, err = file.Write(first)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, position{}, errors.Join(err, file.Close())
	}
	size := int64(len(first))
	return file, position{offset: size, lines: 1, synced: size}, nil
}

func (s *fileStore) Read(ctx context.Context, recovery, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		err := s.check(ctx, recovery)
		if err == nil {
			err = CheckName(name)
		}
		if err != nil {
			yield(nil, fmt.Errorf("journal: read log: %w", err))
			return
		}
		path := s.logFile(recovery, name)
		file, err := os.Open(path) //nolint:gosec // the name is encoded
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err == nil {
			defer file.Close() //nolint:errcheck // nothing was written
			var size int64
			if size, err = regularSize(file); err == nil {
				err = readRecords(ctx, file, size, header{Format: formatVersion, Recovery: recovery, Name: name}, yield)
			}
		}
		if err != nil {
			yield(nil, fmt.Errorf("journal: read %s: %w", path, err))
		}
	}
}

// readRecords yields records up to the end, or to where it is not sound.
func readRecords(ctx context.Context, file io.ReaderAt, size int64, h header, yield func([]byte, error) bool) error {
	r := newLineReader(file, size)
	if err := h.read(r); err != nil || r.at.lines == 0 {
		return err
	}
	for {
		l, err := r.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errUnsound) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		record, ok, err := l.record()
		if err != nil {
			return fmt.Errorf("line %d: %w", r.at.lines, err)
		}
		if ok && !yield(record, nil) {
			return nil
		}
	}
}

// makeFolder makes a folder and what is missing above it, durably. One that
// exists keeps its permissions.
func makeFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
		}
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

// syncFolder makes the names in a folder durable. On Windows, on what is not a
// real disk, and on some file systems a folder cannot be synced.
func syncFolder(dir string) error {
	switch runtime.GOOS {
	case "windows", "plan9", "js", "wasip1":
		return nil
	}
	d, err := os.Open(dir) //nolint:gosec // the folder is the caller's choice
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
