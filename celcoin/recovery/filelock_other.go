//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package recovery

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// openHeld opens a file, made if there is none, and holds it by a second file
// that must not exist yet. This is weaker than a lock: a crash leaves that file
// behind, and somebody who knows that nothing runs any more has to remove it.
func openHeld(path string) (*os.File, error) {
	lock, err := os.OpenFile(lockName(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w; if it crashed, remove %s", ErrLocked, lockName(path))
	}
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(lock, "held by process %d\n", os.Getpid())
	if err = errors.Join(err, lock.Close()); err == nil {
		var file *os.File
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // FileStore has checked the name
		if err == nil {
			return file, nil
		}
	}
	return nil, errors.Join(err, os.Remove(lock.Name()))
}

// letGo closes the file before it removes the lock: the next holder finds what
// this one wrote.
func letGo(file *os.File) error {
	return errors.Join(file.Close(), os.Remove(lockName(file.Name())))
}

func lockName(path string) string { return strings.TrimSuffix(path, extension) + ".lock" }
