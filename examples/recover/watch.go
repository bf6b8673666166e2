package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// doWatch looks again and again until it is stopped, or once. The exit code of
// one look is for cron.
func (j *job) doWatch(ctx context.Context) error {
	round, end := context.WithCancel(ctx)
	defer end()
	var last recovery.WatchState
	j.watch.Product, j.watch.Entities = j.request.Product, j.request.Entities
	j.watch.Observe = func(s recovery.WatchState) {
		last = s
		j.tell(j.lookOf(s))
		if j.once && !s.Recovering {
			end()
		}
	}
	j.watch.Notify = func(_ context.Context, s recovery.WatchState) { // whose context may have ended with the round
		if s.Pending > 0 && j.onMissing != "" {
			j.runCommand(ctx, j.lookOf(s))
		}
	}
	j.progress.show(recovery.Progress{Step: "watching: the first look"})
	err := j.recoverer.Watch(round, j.watch)
	switch {
	case last.Time.IsZero():
		return err
	case j.once:
		return lookVerdict(last)
	}
	return nil // stopped, as it is meant to be
}

// lookVerdict is the error, with its exit code, of one look. The recovery of a look
// before, which it went on with, counts also if Celcoin lists nothing as pending
// any more. What there is to say was said with the look.
func lookVerdict(s recovery.WatchState) error {
	switch {
	case s.Report != nil && s.Report.Err() != nil, s.Report == nil && s.Pending > 0:
		return &exitError{errSaid, exitPartial}
	case s.Err != nil:
		return &exitError{errSaid, exitRefused}
	}
	return nil
}

// look is a look of watch in JSON.
type look struct {
	Time        time.Time    `json:"time"`
	Pending     int          `json:"pending"`
	Entities    []lookEntity `json:"entities,omitempty"`
	LastSuccess time.Time    `json:"last_success,omitzero"`
	Recovery    *status      `json:"recovery,omitempty"`
	Error       string       `json:"error,omitempty"`
}

type lookEntity struct {
	Entity  string    `json:"entity"`
	Pending int       `json:"pending"`
	Oldest  time.Time `json:"oldest,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	Error   string    `json:"error,omitempty"`
}

// lookOf is a look with its times in the zone of -tz, and the entities of which
// there is something to say.
func (j *job) lookOf(s recovery.WatchState) look {
	in := j.zone
	l := look{Time: s.Time.In(in), Pending: s.Pending, LastSuccess: s.LastSuccess.In(in), Error: j.explain(s.Err)}
	for _, e := range s.Entities {
		if e.Pending > 0 || e.Err != nil {
			l.Entities = append(l.Entities, lookEntity{string(e.Entity), e.Pending, e.Oldest.In(in), e.Expires.In(in), j.explain(e.Err)})
		}
	}
	if s.Report != nil {
		l.Recovery = j.brief(s.Report, nil)
	}
	return l
}

// tell prints a look: a line, and what there is to say of entities.
func (j *job) tell(l look) {
	j.progress.end()
	if !j.once {
		defer j.progress.show(recovery.Progress{Step: "watching: waiting for the next look", Until: time.Now().Add(j.watch.Every)})
	}
	if j.json {
		encode(j.stdout, l, "") //nolint:errcheck,gosec // the output keeps its errors, and a closed one ends no watch
		return
	}
	text := "nothing is missing"
	switch {
	case l.Pending > 0:
		text = count(l.Pending) + " missing for more than " + j.watch.Grace.String()
	case l.Error != "":
		text = "not everything could be asked"
	}
	fmt.Fprintf(j.stdout, "%s  %s\n", stamp(l.Time, j.zone), text)
	for _, e := range l.Entities {
		if e.Error != "" {
			fmt.Fprintf(j.stdout, "  %s: %s\n", e.Entity, e.Error)
			continue
		}
		fmt.Fprintf(j.stdout, "  %s: %s, the oldest of %s, the first expires %s\n", e.Entity, count(e.Pending), stamp(e.Oldest, j.zone), stamp(e.Expires, j.zone))
	}
	if l.Recovery != nil {
		l.Recovery.write(j.stdout, "  recovery ", "    ")
	}
	if l.Error != "" && len(l.Entities) == 0 {
		fmt.Fprintf(j.stdout, "  %s\n", l.Error)
	}
}

// commandTimeout bounds the command of -on-missing: the next look waits for it.
const commandTimeout = 5 * time.Minute

// runCommand hands a look to the command, as JSON on standard input. The
// command's environment has none of this program's variables.
func (j *job) runCommand(ctx context.Context, l look) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	shell := []string{"sh", "-c"}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/C"}
	}
	c := exec.CommandContext(ctx, shell[0], shell[1], j.onMissing) //nolint:gosec // the command line says what to run
	c.WaitDelay = 5 * time.Second
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return slices.ContainsFunc(variables, func(own string) bool { return strings.HasPrefix(v, own) })
	})
	c.Env = append(c.Env, fmt.Sprintf("RECOVER_PENDING=%d", l.Pending))
	var text bytes.Buffer
	err := encode(&text, l, "")
	c.Stdin, c.Stdout, c.Stderr = &text, j.stderr, j.stderr
	if err = errors.Join(err, c.Run()); err != nil {
		fmt.Fprintf(j.stderr, "recover: the command of -on-missing: %v\n", err)
	}
}
