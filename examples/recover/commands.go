package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// command is a line of the table of commands.
type command struct {
	name    string
	example string // what follows the name
	about   string // empty: not in the help
	flags   string // those that it takes
	do      func(*job, context.Context) error
}

// Flags that several commands take.
const (
	flagsFolder = " dir env-file tz json"
	flagsWhere  = " id" + flagsFolder
	flagsWhat   = " from to product entity any-entity margin max-items vendor event"
	flagsPace   = " rate concurrency max-wait delivery-timeout"
	flagsHow    = flagsPace + " canary failure-limit gate pull-to"
	flagsOutput = " html csv"
	flagsRun    = flagsWhat + flagsHow + " overlap yes" + flagsWhere + flagsOutput
	flagsLook   = " every grace lookback auto once on-missing"
	flagsWatch  = " product entity any-entity" + flagsHow + flagsLook + flagsFolder
	flagsServe  = " addr out tls-cert tls-key"
	flagsListen = flagsServe + " max-items env-file tz json"
)

// flagGroups are the headings of the help, with the flags below them.
var flagGroups = [][2]string{
	{"What to recover", flagsWhat},
	{"How", flagsHow + " overlap yes"},
	{"Where, and what is printed", flagsWhere + flagsOutput},
	{"Watching", flagsLook},
	{"Receiving", flagsServe},
}

// commands are all commands, in the order of the help.
func commands() []command {
	return []command{
		{"", "", "the whole story on simulators; needs no credentials", flagsRun, (*job).doDefault},
		{"plan", "-from 2h", "what is missing; nothing is replayed", flagsWhat + flagsPace + flagsWhere, (*job).doPlan},
		{"run", "-from 2h -gate URL", "plan, show, confirm, replay (or pull), look up what arrived", flagsRun, (*job).doRun},
		{"run", "-id ID", "the same for a plan that was made before", flagsRun, (*job).doRun},
		{"resume", "-id ID", "go on with a run that was stopped, or try again", flagsHow + " overlap" + flagsWhere + flagsOutput, (*job).doResume},
		{"verify", "-id ID", "look again; nothing is replayed", flagsPace + flagsWhere + flagsOutput, (*job).doVerify},
		{"report", "-id ID -html FILE", "how it stands by its journal, beside a run too", flagsWhere + flagsOutput, (*job).doReport},
		{"status", "-id ID", "the same in a few lines", flagsWhere, (*job).doReport},
		{"statuses", "-id ID -csv", "what became of the transactions of what cannot be brought back", " csv" + flagsPace + flagsWhere, (*job).doStatuses},
		{"list", "", "the recoveries of the folder", flagsFolder, (*job).doList},
		{"watch", "-every 10m -auto", "look again and again what is missing, and recover it", flagsWatch, (*job).doWatch},
		{"watch", "-once", "look once, for cron: exit code 4 if something is missing", flagsWatch, (*job).doWatch},
		{"listen", "-out FILE", "an emergency receiver: each webhook once, as a line of JSON", flagsListen, (*job).doListen},
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

// isStory tells whether there are neither credentials nor flags that say what to
// recover.
func (j *job) isStory() bool {
	return j.command.name == "" && j.celcoin == nil && j.ceffu == nil && j.from == "" && j.request.ID == "" && j.yes == ""
}

// doDefault plays the story, or shows what would be done, and does it with -yes.
func (j *job) doDefault(ctx context.Context) error {
	switch {
	case j.isStory():
		return j.playStory(ctx)
	case j.yes != "":
		return j.doRun(ctx)
	}
	return j.doPlan(ctx)
}

// doHelp prints what there is.
func (j *job) doHelp(context.Context) error {
	name := strings.Join(j.args, " ")
	of, known := commandOf(name)
	if !known {
		return usagef("unknown command %q", name)
	}
	if name == "" {
		fmt.Fprint(j.stdout, "recover gets back what a receiver of webhooks missed.\n\n")
	}
	for _, c := range commands() {
		if c.about != "" && (name == "" || name == c.name) {
			fmt.Fprintf(j.stdout, "  %-33s %s\n", strings.TrimSpace("recover "+strings.TrimSpace(c.name+" "+c.example)), c.about)
		}
	}
	for _, group := range flagGroups {
		var taken command
		for f := range strings.FieldsSeq(group[1]) {
			if name == "" || of.takes(f) {
				taken.flags += " " + f
			}
		}
		if taken.flags != "" {
			fmt.Fprintf(j.stdout, "\n%s:\n", group[0])
			flags := new(options).flagSet(taken)
			flags.SetOutput(j.stdout)
			flags.PrintDefaults()
		}
	}
	if name != "" {
		return nil
	}
	fmt.Fprint(j.stdout, `
Variables, of the environment or of -env-file. Their values are never shown:
  CELCOIN_CLIENT_ID              of Celcoin, as is
  CELCOIN_CLIENT_SECRET
  CELCOIN_BASE_URL               `+celcoin.SandboxURL+` or
                                 `+celcoin.ProductionURL+`
  CELCOIN_CLIENT_CERT            PEM text or the path of a PEM file; production wants it, and
  CELCOIN_CLIENT_KEY             its key, as PEM text or a path
  CELCOIN_CLIENT_KEY_PASSPHRASE  of a key that is encrypted
  CEFFU_API_KEY                  of Ceffu, as is
  CEFFU_API_SECRET               base64 of a PKCS#8 key
  CEFFU_BASE_URL                 `+ceffu.DefaultBaseURL+`
  CEFFU_WEBHOOK_IDS              ids of digits, with commas
  RECOVER_GATE_URL               instead of -gate, if the URL is a secret
  RECOVER_GATE_USER              Basic auth of -gate, with RECOVER_GATE_PASSWORD
  RECOVER_PULL_USER              Basic auth of -pull-to, with RECOVER_PULL_PASSWORD
  RECOVER_LISTEN_USER            Basic auth that listen wants, with RECOVER_LISTEN_PASSWORD

Times: how long ago (2h, 3d, 6h30m), now, a date of the zone of -tz
("2026-01-31 01:10"), or RFC 3339 (2026-01-31T01:10:00-03:00).

-env-file has a line NAME=value for each variable, perhaps with "export" before
it. A line that begins with # is a comment, and so is what follows a blank and #
behind a value. In 'single' or "double" quotes a value is taken as it is, # and
blanks too; there are no escapes, so give the path of a PEM file, not its text.

Ceffu is asked once for each event type of each webhook. It tells neither how many
there are nor what arrived, and each run asks it again: look at your receiver.

Exit codes: 0 nothing is known to be missing (plan, list: it could look), 2 usage,
3 nothing was replayed (refused, another environment, no network, wrong secret),
4 something is left, or it was stopped, or its output could not be written.
`)
	return nil
}

// doVersion prints what the program was built from.
func (j *job) doVersion(context.Context) error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version + ", " + info.GoVersion // the former has the revision
	}
	fmt.Fprintf(j.stdout, "recover %s\n", version)
	return nil
}
