//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package recovery

import (
	"errors"
	"os"
	"syscall"
)

// openHeld opens a file, made if there is none, and holds it. flock belongs to
// the open file: a second opening in this process is refused as well, and the
// lock ends with the process, however that ends.
func openHeld(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // FileStore has checked the name
	if err != nil {
		return nil, err
	}
	err = flock(file, syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrLocked
	}
	return nil, errors.Join(err, file.Close())
}

// letGo unlocks before it closes: a process that is being started at this moment
// has the open file too, until it becomes another program.
func letGo(file *os.File) error {
	return errors.Join(flock(file, syscall.LOCK_UN), file.Close())
}

func flock(file *os.File, how int) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var lockErr error
	err = conn.Control(func(fd uintptr) {
		for {
			lockErr = syscall.Flock(int(fd), how)
			if !errors.Is(lockErr, syscall.EINTR) {
				return
			}
		}
	})
	if err == nil && lockErr != nil {
		err = &os.PathError{Op: "flock", Path: file.Name(), Err: lockErr}
	}
	return err
}
