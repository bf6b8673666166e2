package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"regexp"
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
	_, file := errors.AsType[*fs.PathError](err) // within are errors that could be of a network as well
	_, network := errors.AsType[net.Error](err)
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, errNotReady), errors.Is(err, errUnconfirmed), errors.Is(err, errOutput):
		return ""
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Sprintf("Free space where the journals are (%s).", j.folder())
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("Make %s a folder that this user may write, or give another with -dir.", j.folder())
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
	case errors.Is(err, recovery.ErrNotFound):
		return fmt.Sprintf("Is it in %s? To see: %s. To go on with planning that was stopped: %s", j.folder(), j.line("list", ""), j.line("run", j.request.ID))
	case errors.Is(err, recovery.ErrInvalidRequest) && j.request.ID != "" && j.from != "":
		return "If it was planned before, leave -from out: " + j.line("run", j.request.ID)
	case errors.Is(err, celcoin.ErrUnauthorized), errors.Is(err, ceffu.ErrUnauthorized), file:
		return ""
	case errors.Is(err, celcoin.ErrUnavailable), errors.Is(err, ceffu.ErrUnavailable), network:
		return "No connection to the vendor: is the network up, and the base URL right?"
	}
	return ""
}
