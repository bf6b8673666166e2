package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// explain says what an error means, in one line, with its times in the zone of
// -tz. The clients' own errors say what to do where an answer came.
func (j *job) explain(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	text := j.zoned(err.Error())
	if advice := j.advice(err); advice != "" {
		return text + ". " + advice
	}
	return text
}

// advice is what there is to do about a cause, in one sentence; empty if the
// error's own text says it, or nothing is known.
func (j *job) advice(err error) string {
	_, file := errors.AsType[*fs.PathError](err) // within are errors that could be of a network as well
	_, network := errors.AsType[net.Error](err)
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, errNotReady), errors.Is(err, errUnconfirmed):
		return ""
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Sprintf("Free space where the journals are (%s).", j.dir)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("Make %s a folder that this user may write, or give another with -dir.", j.dir)
	case errors.Is(err, recovery.ErrLocked):
		return "Another process is at work on this recovery: wait for it, or stop it."
	case errors.Is(err, recovery.ErrCorrupt):
		return "Keep the damaged file, and plan anew with another -id: what has arrived is not replayed."
	case errors.Is(err, recovery.ErrTooManyItems):
		return "Raise -max-items, or narrow -from, -to or -entity."
	case errors.Is(err, recovery.ErrPlanChanged):
		return "Plan anew, with another -id."
	case errors.Is(err, recovery.ErrOverlap):
		return "Resume that one, or add -overlap: then some webhooks may arrive twice."
	case errors.Is(err, recovery.ErrOtherEnvironment):
		return "Use the settings that it was planned with (-env-file keeps them apart), or plan anew with another -id."
	case errors.Is(err, recovery.ErrInvalidRequest) && j.id != "" && j.from != "":
		return "If it was planned before, leave -from out: " + j.line("run", j.id)
	case errors.Is(err, celcoin.ErrUnauthorized), errors.Is(err, ceffu.ErrUnauthorized), file:
		return ""
	case errors.Is(err, celcoin.ErrUnavailable), errors.Is(err, ceffu.ErrUnavailable), network:
		return "No connection to the vendor: is the network up, and the base URL right?"
	}
	return ""
}
