package main

import (
	"context"
	"io"
	"math"
	"strings"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// job is what is to be done, and with whom.
type job struct {
	*options

	getenv     func(string) string
	celcoin    *celcoin.Client // nil: not this vendor
	ceffu      *ceffu.Client   // nil: not this vendor
	webhookIDs []string        // Ceffu's

	store    journal.Store
	progress *progress

	stdin          io.Reader
	stdout, stderr io.Writer
	say            io.Writer // for people; stderr if stdout is for programs
}

func newJob(o *options, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) *job {
	j := &job{options: o, getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr, say: stdout}
	if o.json || o.csv {
		j.say = stderr
	}
	j.store = recovery.FileStore(o.dir)
	j.progress = newProgress(stderr, isTerminal(stderr), o.zone)
	return j
}

// recoverer is made for each command, of the options.
func (j *job) recoverer() (*recovery.Recoverer, error) {
	opts := []recovery.Option{
		recovery.WithStore(j.store), recovery.WithProgress(j.progress.told),
		recovery.WithRate(j.rate, max(1, int(math.Ceil(j.rate)))), recovery.WithConcurrency(j.concurrency),
		recovery.WithCanary(j.canary), recovery.WithFailureLimit(j.failureLimit),
		recovery.WithMaxWait(j.maxWait), recovery.WithDeliveryTimeout(j.deliveryWait),
	}
	if j.gate != "" {
		opts = append(opts, recovery.WithGate(j.receiverIsUp))
	}
	if j.pullTo != "" {
		user, password, _ := j.login(pullLogin)
		var login []inbox.PostOption
		if user != "" {
			login = append(login, inbox.WithBasicAuth(user, password))
		}
		opts = append(opts, recovery.WithPull(inbox.PostTo(j.pullTo, login...)))
	}
	var api recovery.API = nobody{}
	if j.celcoin != nil {
		api = j.celcoin
	}
	r, err := recovery.New(api, opts...)
	if err != nil {
		return nil, usageError{err}
	}
	return r, nil
}

// nobody is the client of a report, which asks nothing.
type nobody struct{ recovery.API }

// needCelcoin refuses what only Celcoin's part has.
func (j *job) needCelcoin() error {
	if j.celcoin == nil {
		return usagef("no credentials: set %s, %s and %s", celcoin.EnvClientID, celcoin.EnvClientSecret, celcoinBaseURL)
	}
	return nil
}

// request is what the flags ask for.
func (j *job) request() recovery.Request {
	margin := j.margin
	if margin == 0 {
		margin = -1 // none, where 0 means the default
	}
	return recovery.Request{
		ID: j.id, Product: j.product.Product, Entities: j.entities, From: j.since, To: j.until,
		Margin: margin, MaxItems: j.maxItems, AllowOverlap: j.overlap,
	}
}

// command is a command of this program's for a recovery, with the flags that say
// where it is.
func (j *job) line(command, id string, more ...string) string {
	words := []string{"recover", command}
	if id != "" {
		words = append(words, "-id", id)
	}
	for _, f := range []struct{ name, value string }{{"dir", j.dir}, {"env-file", j.envFile}} {
		if j.given[f.name] {
			words = append(words, "-"+f.name, quote(f.value))
		}
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

// choose finds the recovery that a command is about: that of -id, or the only
// one in the folder.
func (j *job) choose(ctx context.Context) error {
	if j.id != "" {
		return nil
	}
	var ids []string
	for id, err := range j.store.List(ctx, "") {
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	switch len(ids) {
	case 0:
		return usagef("-id is missing, and there is no recovery in %s", j.dir)
	case 1:
		j.id = ids[0]
		return nil
	}
	return usagef("-id is missing, and in %s there are %s: %s shows them", j.dir, count(len(ids)), j.line("list", ""))
}
