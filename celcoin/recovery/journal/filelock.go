package journal

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often another process's lock is tried. The system has no wait
// for it that ctx could end.
const lockPoll = 2 * time.Millisecond

// recoveriesFolder has the locks that are held shared by whoever has a log of
// the recovery open, and exclusively by Delete.
const recoveriesFolder = ".recoveries"

// lock takes the lock of a name.
func (s *fileStore) lock(take func(*flock.Flock) (bool, error), folder, name string) (*flock.Flock, error) {
	if s.dir == "" {
		return nil, errNoFolder
	}
	folder = filepath.Join(s.dir, locksFolder, folder)
	if err := makeFolder(folder); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(folder, fileName(name)+".lock"))
	ok, err := take(lock)
	if err == nil && !ok {
		err = ErrLocked
	}
	return lock, err
}

// lockLog holds a log, and its recovery against being deleted.
func (s *fileStore) lockLog(recovery, name string) (unlock func() error, err error) {
	whole, err := s.lock((*flock.Flock).TryRLock, recoveriesFolder, recovery)
	if err != nil {
		return nil, err
	}
	one, err := s.lock((*flock.Flock).TryLock, recovery, name)
	if err != nil {
		return nil, errors.Join(err, whole.Close())
	}
	return func() error { return errors.Join(one.Close(), whole.Close()) }, nil
}

// Delete renames the folder before it removes it: a part of a recovery must not
// pass for all of it.
func (s *fileStore) Delete(ctx context.Context, recovery string) (err error) {
	defer wrap(&err, "delete %.100q", recovery)
	if err := s.check(ctx, recovery); err != nil {
		return err
	}
	// On some file systems another recovery's folder answers to this name, too.
	entries, err := readFolder(s.dir)
	if err != nil || !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && e.Name() == recovery }) {
		return err
	}
	whole, err := s.lock((*flock.Flock).TryLock, recoveriesFolder, recovery)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, whole.Close()) }()
	deleted := filepath.Join(s.dir, deletedFolder, recovery)
	err = errors.Join(makeFolder(filepath.Dir(deleted)), os.RemoveAll(deleted)) // of a Delete that was killed
	if err == nil {
		err = os.Rename(filepath.Join(s.dir, recovery), deleted)
	}
	if err == nil {
		err = errors.Join(syncFolder(s.dir), os.RemoveAll(deleted), os.RemoveAll(filepath.Join(s.dir, locksFolder, recovery)))
	}
	return err
}

// Update holds the document's lock while f runs. In this process those who want
// it go one after the other, so that only one of them tries the lock.
func (s *fileStore) Update(ctx context.Context, name string, f func(now time.Time, old []byte) ([]byte, error)) (err error) {
	var refused error
	defer func() {
		if wrap(&err, "update %.200q", name); err == nil {
			err = refused
		}
	}()
	if err := errors.Join(CheckName(name), ctx.Err()); err != nil {
		return err
	}
	entry, _ := s.turns.LoadOrStore(name, make(chan struct{}, 1))
	turn, _ := entry.(chan struct{})
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	wait := func(l *flock.Flock) (bool, error) { return l.TryLockContext(ctx, lockPoll) }
	lock, err := s.lock(wait, documentsFolder, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	path := filepath.Join(s.dir, documentsFolder, fileName(name)+".json")
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	old, err := os.ReadFile(path) //nolint:gosec // the name is encoded
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var changed []byte
	changed, refused = f(time.Now(), bytes.Clone(old))
	if refused != nil || changed == nil || old != nil && bytes.Equal(old, changed) {
		return nil
	}
	return replace(path, changed)
}
