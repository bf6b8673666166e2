package postgrestest

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// unprivileged is whom the server runs as if the test is root's. initdb wants a
// user that has a name.
func unprivileged() (uid, gid uint32, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		id, err1 := strconv.ParseUint(u.Uid, 10, 32)
		group, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && id != 0 {
			return uint32(id), uint32(group), nil
		}
	}
	return 0, 0, errors.New("postgrestest: there is neither a user postgres nor a user nobody to run the server as")
}

// give makes a folder the server's own.
func give(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := unprivileged()
	if err != nil {
		return err
	}
	return os.Chown(dir, int(uid), int(gid))
}

// restrict lets a command run as the unprivileged user, and end with this process.
func restrict(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() != 0 {
		return
	}
	if uid, gid, err := unprivileged(); err == nil {
		command.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
}
