package postgrestest

import (
	"os"
	"os/exec"
	"syscall"
)

// noRights is the user and the group "nobody", as every distribution has them.
const noRights = 65534

// own gives a folder to whom the server runs as: a user without rights, if the test is root's.
func own(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	return os.Chown(dir, noRights, noRights)
}

// restrict lets a command run as that user, and end with this process.
func restrict(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() == 0 {
		command.SysProcAttr.Credential = &syscall.Credential{Uid: noRights, Gid: noRights}
	}
}
