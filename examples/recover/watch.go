package main

import (
	"bytes"
	"context"
	"encoding/json"
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
func (j *job) doWatch(ctx context.Context) (int, error) {
	if err := j.needCelcoin(); err != nil {
		return failed(err)
	}
	r, err := j.recoverer()
	if err != nil {
		return failed(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var last recovery.WatchState
	j.progress.step(step{name: "watching: the first look"})
	err = r.Watch(ctx, recovery.WatchConfig{
		Every: j.every, Grace: j.grace, Lookback: j.lookback, Product: j.product.Product, Entities: j.entities, Auto: j.auto,
		Observe: func(s recovery.WatchState) {
			last = s
			j.tellLook(s)
			if s.Pending == 0 && s.Err == nil && s.Report == nil && !s.Recovering && j.once {
				cancel()
			}
		},
		Notify: func(ctx context.Context, s recovery.WatchState) {
			if j.onMissing != "" && s.Pending > 0 {
				j.runCommand(ctx, s)
			}
			if j.once && !s.Recovering {
				cancel()
			}
		},
	})
	switch {
	case last.Time.IsZero():
		return failed(err)
	case !j.once:
		return exitDone, nil // stopped, as it is meant to be
	}
	return lookCode(last), nil
}

// lookCode is the exit code of one look. The recovery of a look before, which it
// went on with, counts also if Celcoin lists nothing as pending any more.
func lookCode(s recovery.WatchState) int {
	switch {
	case s.Report != nil && s.Report.Err() != nil, s.Report == nil && s.Pending > 0:
		return exitPartial
	case s.Err != nil:
		return exitRefused
	}
	return exitDone
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

// lookOf is a look with its times in the zone of -tz.
func (j *job) lookOf(s recovery.WatchState) look {
	in := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.In(j.zone.Location)
	}
	l := look{Time: in(s.Time), Pending: s.Pending, LastSuccess: in(s.LastSuccess)}
	for _, e := range s.Entities {
		one := lookEntity{Entity: string(e.Entity), Pending: e.Pending, Oldest: in(e.Oldest), Expires: in(e.Expires)}
		if e.Err != nil {
			one.Error = j.explain(e.Err)
		}
		if e.Pending > 0 || e.Err != nil {
			l.Entities = append(l.Entities, one)
		}
	}
	if r := s.Report; r != nil {
		l.Recovery = &status{ID: r.ID, State: r.State, Reason: j.zoned(r.Reason), From: in(r.From), To: in(r.To), Totals: r.Totals}
	}
	if s.Err != nil {
		l.Error = j.explain(s.Err)
	}
	return l
}

// tellLook prints a look: a line, and what there is to say of entities.
func (j *job) tellLook(s recovery.WatchState) {
	l := j.lookOf(s)
	if !j.once {
		defer j.progress.step(step{name: "watching: waiting for the next look", until: time.Now().Add(j.every)})
	}
	j.progress.end()
	if j.json {
		j.writeJSONLine(l) //nolint:errcheck,gosec // a closed output ends no watch
		return
	}
	text := "nothing is missing"
	switch {
	case l.Pending > 0:
		text = count(l.Pending) + " missing for more than " + j.grace.String()
	case l.Error != "":
		text = "not everything could be asked"
	}
	fmt.Fprintf(j.stdout, "%s  %s\n", j.zone.stamp(s.Time), text)
	for _, e := range l.Entities {
		if e.Error != "" {
			fmt.Fprintf(j.stdout, "  %s: %s\n", e.Entity, e.Error)
			continue
		}
		fmt.Fprintf(j.stdout, "  %s: %s, the oldest of %s, the first expires %s\n", e.Entity, count(e.Pending), j.zone.stamp(e.Oldest), j.zone.stamp(e.Expires))
	}
	if r := l.Recovery; r != nil {
		fmt.Fprintf(j.stdout, "  recovery %s: %s\n", r.ID, r.State)
		for _, line := range append(totals(r.Totals), r.Reason) {
			if line != "" {
				fmt.Fprintf(j.stdout, "    %s\n", line)
			}
		}
	}
	if l.Error != "" && len(l.Entities) == 0 {
		fmt.Fprintf(j.stdout, "  %s\n", l.Error)
	}
}

// commandTimeout bounds the command of -on-missing: the next look waits for it.
const commandTimeout = 5 * time.Minute

// runCommand hands a look to the command, as JSON on standard input. The
// command's environment has none of this program's variables.
func (j *job) runCommand(ctx context.Context, s recovery.WatchState) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	shell := []string{"sh", "-c"}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/C"}
	}
	c := exec.CommandContext(ctx, shell[0], append(shell[1:], j.onMissing)...) //nolint:gosec // the command line says what to run
	c.WaitDelay = 5 * time.Second
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.ContainsFunc(variables, func(own [2]string) bool { return own[0] == name })
	})
	c.Env = append(c.Env, fmt.Sprintf("RECOVER_PENDING=%d", s.Pending))
	text, err := json.Marshal(j.lookOf(s))
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(append(text, '\n')), j.stderr, j.stderr
	if err = errors.Join(err, c.Run()); err != nil {
		fmt.Fprintf(j.stderr, "recover: the command of -on-missing: %v\n", err)
	}
}
