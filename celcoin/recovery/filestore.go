package recovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// FileStore keeps each journal in a file of its own, <id>.journal in dir. The
// directory is made when it is needed, for its owner only, and so are the
// files. Errors of the directory come from Open.
//
// A file is append-only text with one entry a line: the CRC-32C of the JSON in
// 8 hexadecimal digits, a blank, and the JSON of an [Entry]. So it reads with
// less, and with
//
//	cut -c10- outage.journal | jq 'select(.kind == "outcome")'
//
// The first line says the version of the format. Journals of older versions can
// be read for ever.
//
// While it is open, a journal is held against other holders in this process and
// in others, on this machine; over a network, as far as the file system passes
// locks on. Where the system has no locks that end with their process (plan9,
// wasm, Solaris, AIX), an <id>.lock beside the journal is the lock, which a crash
// leaves behind and somebody has to remove.
//
// Sync waits until file and directory are on the disk. Once a write could not
// be taken back, or a Sync has failed, nothing can be appended any more until
// the journal is opened again: what the disk holds is not known then.
//
// Opening a journal cuts off its torn end: a last line without a newline, or
// one whose checksum does not match. Any other damage is an error of Entries or
// Read that wraps [ErrCorrupt] and names file and line.
//
// Why no embedded database: a journal is only appended to, with one fsync an
// intent, and read from its beginning. A file does that, it can be read without
// a tool of ours, and nobody who uses the client has a database to carry.
func FileStore(dir string) Store {
	if abs, err := filepath.Abs(dir); err == nil && dir != "" {
		dir = abs // it stays the same directory after os.Chdir
	}
	return fileStore{dir: dir}
}

type fileStore struct{ dir string }

// extension of journals.
const extension = ".journal"

func (s fileStore) Open(ctx context.Context, id string) (Journal, error) {
	path, err := s.path(id)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = makeDirectory(s.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("recovery: open journal: %w", err)
	}
	file, err := openHeld(path)
	if err != nil {
		return nil, journalError(path, err)
	}
	journal, err := openHeldJournal(path, id, file)
	if err != nil {
		return nil, errors.Join(journalError(path, err), letGo(file))
	}
	return journal, nil
}

func (s fileStore) Has(ctx context.Context, id string) (bool, error) {
	path, err := s.path(id)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		_, err = os.Stat(path)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err == nil, nil
	}
	return false, fmt.Errorf("recovery: look for journal: %w", err)
}

func openHeldJournal(path, id string, file *os.File) (*fileJournal, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	return openFileJournal(path, id, file, info.Size(), func() error { return letGo(file) })
}

// path is checked although ids are, because a file's name is what it costs to
// be wrong: an id may be a device's name on Windows.
func (s fileStore) path(id string) (string, error) {
	if s.dir == "" {
		return "", errors.New("the directory of the store is not given")
	}
	if err := checkID(id); err != nil {
		return "", err
	}
	name := id + extension
	if !filepath.IsLocal(name) || filepath.Base(name) != name {
		return "", fmt.Errorf("ID %q is no file name here: %w", id, ErrInvalidRequest)
	}
	return filepath.Join(s.dir, name), nil
}

// makeDirectory makes a directory and what is missing above it, such that it
// outlives the machine. One that exists keeps its permissions.
func makeDirectory(dir string) error {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
		}
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDirectory(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDirectory(parent)
}

// syncDirectory makes the names in a directory durable. On Windows and on what
// is no real disk a directory cannot be synced, nor on some file systems.
func syncDirectory(dir string) error {
	switch runtime.GOOS {
	case "windows", "plan9", "js", "wasip1":
		return nil
	}
	d, err := os.Open(dir) //nolint:gosec // the directory is the caller's choice
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// journalError names the file.
func journalError(path string, err error) error {
	return fmt.Errorf("recovery: journal %s: %w", path, err)
}
