package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// command is a line of the table of commands.
type command struct {
	name    string
	example string // what follows the name
	about   string
	flags   string // those that it takes
	do      func(*job, context.Context) (int, error)
}

// Flags that several commands take.
const (
	flagsWhere  = " id dir env-file tz json"
	flagsWhat   = " from to product entity any-entity margin max-items vendor event"
	flagsPace   = " rate concurrency max-wait delivery-timeout"
	flagsHow    = flagsPace + " canary failure-limit gate pull-to"
	flagsWatch  = " every grace lookback auto once on-missing"
	flagsOutput = " html csv"
	flagsRun    = flagsWhat + flagsHow + " overlap yes" + flagsWhere + flagsOutput
)

// commands are all commands, in the order of the help.
func commands() []command {
	return []command{
		{"", "", "the whole story on simulators; needs no credentials", flagsRun, nil},
		{"plan", "-from 2h", "what is missing; nothing is replayed", flagsWhat + flagsPace + flagsWhere, (*job).doPlan},
		{"run", "-from 2h -gate URL", "plan, show, confirm, replay (or pull), prove", flagsRun, (*job).doRun},
		{"run", "-id ID", "the same for a plan that was made before", flagsRun, (*job).doRun},
		{"resume", "-id ID", "go on with a run that was stopped, or try again", flagsHow + " overlap" + flagsWhere + flagsOutput, (*job).doResume},
		{"verify", "-id ID", "look again; nothing is replayed", flagsPace + flagsWhere + flagsOutput, (*job).doVerify},
		{"report", "-id ID -html FILE", "how it stands by its journal, beside a run too", flagsWhere + flagsOutput, (*job).doReport},
		{"status", "-id ID", "the same in a few lines", flagsWhere, (*job).doStatus},
		{"statuses", "-id ID -csv", "what became of the transactions of what cannot be brought back", " csv" + flagsPace + flagsWhere, (*job).doStatuses},
		{"list", "", "the recoveries of the folder", " dir env-file tz json", (*job).doList},
		{"watch", "-every 10m -auto", "look again and again what is missing, and recover it", " product entity any-entity" + flagsHow + flagsWatch + " dir env-file tz json", (*job).doWatch},
		{"watch", "-once", "look once, for cron: exit code 4 if something is missing", flagsHow, (*job).doWatch},
		{"listen", "-out FILE", "an emergency receiver: each webhook once, as a line of JSON", " addr out max-items tls-cert tls-key env-file tz json", (*job).doListen},
		{"completion", "bash|zsh", "a script that completes commands, flags, ids and entities", "", (*job).doCompletion},
		{"complete", "WORD...", "", "", (*job).doComplete}, // what the script calls
		{"help", "[COMMAND]", "this, or the flags of one command", "", (*job).doHelp},
		{"version", "", "what this was built from; also --version", "", (*job).doVersion},
	}
}

func commandOf(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// takes tells whether the command has a flag.
func (c command) takes(name string) bool { return strings.Contains(c.flags+" ", " "+name+" ") }

// doHelp prints what there is.
func (j *job) doHelp(context.Context) (int, error) {
	name := strings.Join(j.args, " ")
	if _, known := commandOf(name); !known {
		return failed(usagef("unknown command %q", name))
	}
	var b strings.Builder
	if name == "" {
		b.WriteString("recover gets back what a receiver of webhooks missed.\n\n")
	}
	for _, c := range commands() {
		if c.about != "" && (name == "" || name == c.name) {
			fmt.Fprintf(&b, "  %-33s %s\n", strings.Join(strings.Fields("recover "+c.name+" "+c.example), " "), c.about)
		}
	}
	c, _ := commandOf(name)
	writeFlags(&b, c, name == "")
	if name == "" {
		writeVariables(&b)
		b.WriteString(`
Times: how long ago (2h, 3d, 6h30m), now, a date of the zone of -tz
("2026-01-31 01:10"), or RFC 3339 (2026-01-31T01:10:00-03:00).

Ceffu is asked once for each event type of each webhook. It tells neither how many
there are nor what arrived, and it is asked anew by each run: look at your receiver.

Exit codes: 0 nothing is known to be missing (plan, list: it could look), 2 usage,
3 nothing was replayed (refused, another environment, no network, wrong secret),
4 something is left, or it was stopped.
`)
	}
	_, err := io.WriteString(j.stdout, b.String())
	return exitDone, err
}

// doVersion prints what the program was built from.
func (j *job) doVersion(context.Context) (int, error) {
	version, revision := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && !strings.Contains(version, s.Value[:min(12, len(s.Value))]) {
				revision = ", revision " + s.Value
			}
		}
		version += ", " + info.GoVersion
	}
	fmt.Fprintf(j.stdout, "recover %s%s\n", version, revision)
	return exitDone, nil
}
