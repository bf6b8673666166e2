package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// explain says what an error means, in one line, with its times in the zone of
// -tz. The clients' own errors say what to do where an answer came.
func (j *job) explain(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	text := j.zoned(err.Error())
	if advice := j.advice(err); advice != "" {
		return text + ". " + advice
	}
	return text
}

var utc = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// zoned puts the times of a text into the zone of -tz.
func (j *job) zoned(text string) string {
	return utc.ReplaceAllStringFunc(text, func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		return j.zone.stamp(t)
	})
}

// advice is what there is to do about a cause, in one sentence; empty if the
// error's own text says it, or nothing is known.
func (j *job) advice(err error) string {
	has := func(targets ...error) bool {
		return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
	}
	_, file := errors.AsType[*fs.PathError](err) // within are errors that could be of a network as well
	_, network := errors.AsType[net.Error](err)
	switch {
	case err == nil, has(context.Canceled, errNotReady, errUnconfirmed, errOutput):
		return ""
	case has(syscall.ENOSPC):
		return "Free space where the journals are (" + j.folder() + ")."
	case has(syscall.EROFS, fs.ErrPermission):
		return "Make " + j.folder() + " a folder that this user may write, or give another with -dir."
	case has(recovery.ErrLocked):
		return "Another process is at work on this recovery: wait for it, or stop it."
	case has(recovery.ErrCorrupt):
		return "Keep the damaged file, and plan anew with another -id: what has arrived is not replayed."
	case has(recovery.ErrTooManyItems):
		return "Raise -max-items, or narrow -from, -to or -entity."
	case has(recovery.ErrPlanChanged):
		return "Plan anew, with another -id."
	case has(recovery.ErrOverlap):
		return "Resume that one, or add -overlap: then some webhooks may arrive twice."
	case has(recovery.ErrOtherEnvironment):
		return "Use the settings that it was planned with (-env-file keeps them apart), or plan anew with another -id."
	case has(recovery.ErrNotFound):
		return "To see what there is: " + j.line("list", "")
	case has(recovery.ErrInvalidRequest) && j.request.ID != "" && j.from != "":
		return "If it was planned before, leave -from out: " + j.line("run", j.request.ID)
	case has(celcoin.ErrUnauthorized, ceffu.ErrUnauthorized) || file:
		return ""
	case has(celcoin.ErrUnavailable, ceffu.ErrUnavailable) || network:
		return "No connection to the vendor: is the network up, and the base URL right?"
	}
	return ""
}
