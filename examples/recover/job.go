package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// job is what is to be done, and with whom.
type job struct {
	*options

	getenv     func(string) string
	celcoin    *celcoin.Client // nil: not this vendor
	ceffu      *ceffu.Client   // nil: not this vendor
	webhookIDs []string        // Ceffu's

	recoverer *recovery.Recoverer         // without Celcoin it can only report
	gate      func(context.Context) error // nil: the receiver is not asked
	progress  *progress

	stdin          io.Reader
	stdout, stderr io.Writer
	say            io.Writer // for people; stderr if stdout is for programs
}

// newJob reads all settings. An error is one of usage.
func newJob(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) (*job, error) {
	o, err := readOptions(args, time.Now())
	j := &job{options: o, getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr, say: stdout}
	if o.json || o.csv {
		j.say = stderr
	}
	j.progress = &progress{w: stderr, terminal: isTerminal(stderr), zone: o.zone}
	if err == nil {
		err = j.connect()
	}
	if err == nil && o.command.takes("dir") {
		err = errors.Join(j.prepare(ctx), j.checkHTML())
	}
	if err != nil {
		err = &exitError{err, exitUsage}
	}
	return j, err
}

// defaultDir is where journals are kept, below the working directory.
const defaultDir = "recoveries"

// folder is where the journals are.
func (o *options) folder() string { return cmp.Or(o.dir, defaultDir) }

// recoveries are the IDs in the folder.
func (o *options) recoveries(ctx context.Context) (ids []string, err error) {
	for id, err := range recovery.FileStore(o.folder()).List(ctx, "") {
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// noCelcoin is the client of a report, which asks nothing.
type noCelcoin struct{ recovery.API }

// prepare makes the recoverer of the options.
func (j *job) prepare(ctx context.Context) error {
	store := recovery.FileStore(j.folder())
	if j.command.name == "" && j.yes == "" && j.dir == "" && j.request.ID == "" {
		store = recovery.MemoryStore() // what is only shown leaves nothing behind
	}
	opts := []recovery.Option{
		recovery.WithStore(store), recovery.WithProgress(j.progress.show),
		recovery.WithRate(j.rate, max(1, int(math.Ceil(j.rate)))), recovery.WithConcurrency(j.concurrency),
		recovery.WithCanary(j.canary), recovery.WithFailureLimit(j.failureLimit),
		recovery.WithMaxWait(j.maxWait), recovery.WithDeliveryTimeout(j.deliveryTimeout),
	}
	if j.gateURL == "" && j.command.takes("gate") {
		j.gateURL = j.getenv("RECOVER_GATE_URL")
	}
	var err error
	if j.gateURL != "" {
		if j.gate, err = j.gateOf(j.gateURL); err != nil {
			return err
		}
		opts = append(opts, recovery.WithGate(j.gate))
	}
	if j.pullTo != "" {
		deliver, err := j.deliverer(ctx)
		if err != nil {
			return err
		}
		opts = append(opts, recovery.WithPull(deliver))
	}
	var api recovery.API = noCelcoin{}
	if j.celcoin != nil {
		api = j.celcoin
	}
	j.recoverer, err = recovery.New(api, opts...)
	return err
}

// deliverer POSTs payloads to the URL of -pull-to.
func (j *job) deliverer(ctx context.Context) (func(context.Context, celcoin.Webhook) error, error) {
	user, password, err := j.login("RECOVER_PULL")
	if err != nil {
		return nil, err
	}
	var opts []inbox.PostOption
	if user != "" {
		opts = append(opts, inbox.WithBasicAuth(user, password))
	}
	deliver := inbox.PostTo(j.pullTo, opts...)
	// A webhook without a payload is not sent anywhere: it finds out about the URL alone.
	if err := deliver(ctx, celcoin.Webhook{}); !errors.Is(err, inbox.ErrNoPayload) {
		return nil, errors.New("-pull-to: want an https URL, or an http URL of this machine, without a login: that is in RECOVER_PULL_USER and RECOVER_PULL_PASSWORD")
	}
	return deliver, nil
}

// choose finds the recovery that a command is about: that of -id, or the only
// one in the folder.
func (j *job) choose(ctx context.Context) error {
	if j.request.ID != "" {
		return nil
	}
	ids, err := j.recoveries(ctx)
	if err != nil {
		return err
	}
	if len(ids) != 1 {
		return usagef("-id is missing, and %s is not a folder with one recovery: see %s", j.folder(), j.line("list", ""))
	}
	j.request.ID = ids[0]
	return nil
}

// line is a command of this program's for a recovery, with the flags that say
// where it is.
func (j *job) line(command, id string, more ...string) string {
	words := []string{"recover", command}
	if id != "" {
		words = append(words, "-id", id)
	}
	if j.dir != "" {
		words = append(words, "-dir", quote(j.dir))
	}
	if j.envFile != "" {
		words = append(words, "-env-file", quote(j.envFile))
	}
	return strings.Join(append(words, more...), " ")
}

// quote makes a text one word of a shell.
func quote(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:+,@="
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
