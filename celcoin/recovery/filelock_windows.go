package recovery

import (
	"errors"
	"os"
	"syscall"
)

// errSharingViolation: somebody has the file open in a way that excludes ours.
const errSharingViolation syscall.Errno = 32

// openHeld opens a file, made if there is none, and holds it: it is shared for
// reading only, so nobody can open it for writing meanwhile, rename it or remove
// it, and the hold ends with the process. LockFileEx would need package unsafe,
// and would keep others from reading what it locks.
func openHeld(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	handle, err := syscall.CreateFile(name,
		syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharingViolation) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

func letGo(file *os.File) error { return file.Close() }
