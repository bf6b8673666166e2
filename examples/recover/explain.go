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
		return stamp(t, j.zone)
	})
}

// advice is what there is to do about a cause, in one sentence; empty if the
// error's own text says it, or nothing is known.
func (j *job) advice(err error) string {
	_, file := errors.AsType[*fs.PathError](err) // within are errors that could be of a network as well
	_, network := errors.AsType[net.Error](err)
	for _, known := range []struct {
		is     bool
		advice string
	}{
		{isAny(err, nil, context.Canceled, errNotReady, errUnconfirmed, errOutput), ""},
		{isAny(err, syscall.ENOSPC), "Free space where the journals are (" + j.folder() + ")."},
		{isAny(err, syscall.EROFS, fs.ErrPermission), "Make " + j.folder() + " a folder that this user may write, or give another with -dir."},
		{isAny(err, recovery.ErrLocked), "Another process is at work on this recovery: wait for it, or stop it."},
		{isAny(err, recovery.ErrCorrupt), "Keep the damaged file, and plan anew with another -id: what has arrived is not replayed."},
		{isAny(err, recovery.ErrTooManyItems), "Raise -max-items, or narrow -from, -to or -entity."},
		{isAny(err, recovery.ErrPlanChanged), "Plan anew, with another -id."},
		{isAny(err, recovery.ErrOverlap), "Resume that one, or add -overlap: then some webhooks may arrive twice."},
		{isAny(err, recovery.ErrOtherEnvironment), "Use the settings that it was planned with (-env-file keeps them apart), or plan anew with another -id."},
		{isAny(err, recovery.ErrNotFound), "To see what there is: " + j.line("list", "")},
		{isAny(err, recovery.ErrInvalidRequest) && j.request.ID != "" && j.from != "", "If it was planned before, leave -from out: " + j.line("run", j.request.ID)},
		{isAny(err, celcoin.ErrUnauthorized, ceffu.ErrUnauthorized) || file, ""},
		{isAny(err, celcoin.ErrUnavailable, ceffu.ErrUnavailable) || network, "No connection to the vendor: is the network up, and the base URL right?"},
	} {
		if known.is {
			return known.advice
		}
	}
	return ""
}

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
