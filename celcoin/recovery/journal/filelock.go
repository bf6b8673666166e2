package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// recoveryLock is held shared by whoever has a log of the recovery open, and
// exclusively by Delete. No log's lock has this name.
const recoveryLock = ".recovery"

const lockExtension = ".lock"

func (s *fileStore) locks(recovery string) string { return filepath.Join(s.dir, locksFolder, recovery) }

// lockLog holds a log, and its recovery against being deleted.
func (s *fileStore) lockLog(recovery, name string) (unlock func() error, err error) {
	folder := s.locks(recovery)
	if err := makeFolder(folder); err != nil {
		return nil, err
	}
	whole := flock.New(filepath.Join(folder, recoveryLock))
	one := flock.New(filepath.Join(folder, fileName(name)+lockExtension))
	if err := locked(whole.TryRLock()); err != nil {
		return nil, err
	}
	if err := locked(one.TryLock()); err != nil {
		return nil, errors.Join(err, whole.Close())
	}
	return func() error { return errors.Join(one.Close(), whole.Close()) }, nil
}

func locked(ok bool, err error) error {
	if err == nil && !ok {
		err = ErrLocked
	}
	return err
}

// Delete renames the folder before it removes it, so that nobody finds a part of
// a recovery.
func (s *fileStore) Delete(ctx context.Context, recovery string) error {
	err := s.check(ctx, recovery)
	if err == nil {
		err = s.delete(recovery)
	}
	if err != nil {
		return fmt.Errorf("journal: delete recovery: %w", err)
	}
	return nil
}

func (s *fileStore) delete(recovery string) error {
	// On some file systems another recovery's folder answers to this name, too.
	entries, err := readFolder(s.dir)
	if err != nil || !hasFolder(entries, recovery) {
		return err
	}
	if err := makeFolder(s.locks(recovery)); err != nil {
		return err
	}
	whole := flock.New(filepath.Join(s.locks(recovery), recoveryLock))
	if err := locked(whole.TryLock()); err != nil {
		return err
	}
	deleted := filepath.Join(s.dir, deletedFolder)
	err = errors.Join(makeFolder(deleted), os.RemoveAll(filepath.Join(deleted, recovery)))
	if err == nil {
		err = os.Rename(filepath.Join(s.dir, recovery), filepath.Join(deleted, recovery))
	}
	if err == nil {
		err = errors.Join(syncFolder(s.dir), os.RemoveAll(filepath.Join(deleted, recovery)), s.removeLocks(recovery))
	}
	return errors.Join(err, whole.Close())
}

// removeLocks removes the locks of logs. That of the recovery stays: another may
// be waiting for it.
func (s *fileStore) removeLocks(recovery string) error {
	entries, err := readFolder(s.locks(recovery))
	for _, e := range entries {
		if e.Name() != recoveryLock {
			err = errors.Join(err, os.Remove(filepath.Join(s.locks(recovery), e.Name())))
		}
	}
	return err
}
