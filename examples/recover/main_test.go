package main

import (
	"bytes"
	"context"
	"flag"
	"maps"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

func TestWithoutCredentialsEverythingComesBack(t *testing.T) {
	t.Parallel()
	p := play(t, nil)
	assert.Equal(t, exitDone, p.code, p.stderr)
	assert.Contains(t, p.stdout, "It refused the last 60 webhooks a moment ago")
	for entity, n := range map[celcoin.Entity]string{"pix-payment-in": "700", "pix-payment-out": "450", "pix-reversal-in": "90"} {
		assert.Regexp(t, `Celcoin +`+string(entity)+strings.Repeat(" +"+n, 3)+` +0 +0 +0 +`+n+` sent\n`, p.stdout)
	}
	for _, event := range ceffu.EventTypes() {
		assert.Regexp(t, `Ceffu +`+event.String()+` +60 +60 +60 +0 +0 +0 +60 at the receiver\n`, p.stdout)
	}
	m := regexp.MustCompile(`The report as a page: (.*)\n`).FindStringSubmatch(p.stdout)
	require.NotNil(t, m)
	page, err := os.ReadFile(m[1])
	require.NoError(t, err)
	require.NoError(t, os.Remove(m[1]))
	for _, part := range []string{"<svg", "1,240", "Ceffu", "withdrawal failed"} {
		assert.Contains(t, string(page), part)
	}
	assert.NoDirExists(t, defaultDir, "a checkout stays as it is")
}

func TestWithoutCredentialsVendorsCannotBeAsked(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-from", "2h"}, {"plan", "-from", "2h"}, {"run", "-from", "2h", "-yes"}, {"run", "-id", "x"}, {"resume", "-id", "x"}, {"verify", "-id", "x"},
	} {
		p := play(t, nil, args...)
		assert.Equal(t, exitUsage, p.code, args)
		assert.Empty(t, p.stdout)
		assert.Contains(t, p.stderr, "CELCOIN_BASE_URL")
		assert.Equal(t, 1, strings.Count(p.stderr, "\n"))
	}
}

func since() string { return time.Now().Add(-2 * time.Hour).Format(time.RFC3339) }

func TestWithoutACommandItOnlyShowsWhatItWouldDoUnlessYesIsGiven(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	args := []string{"-from", since(), "-entity", "pix-payment-in", "-rate", "1000", "-delivery-timeout", "100ms"}
	p := play(t, w.env, args...)
	assert.Equal(t, exitDone, p.code)
	assert.Contains(t, p.stdout, "25 webhooks to recover")
	assert.Equal(t, 25, w.celcoin.Pending(celcoin.EntityPixPaymentIn))
	assert.Empty(t, w.ceffu.Requests(), "Ceffu has no call that only asks")
	assert.Zero(t, w.replays())
	assert.NoDirExists(t, defaultDir)

	p = play(t, w.env, append(args, "-dir", w.dir, "-yes")...)
	assert.Equal(t, exitDone, p.code, p.stdout+p.stderr)
	assert.Zero(t, w.celcoin.Pending(""))
	assert.Len(t, w.ceffu.Requests(), len(ceffu.EventTypes()))
	assert.Equal(t, 25, w.receiver.arrived())
}

func TestEachMissingOrMalformedSettingIsOneLineThatNamesIt(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	w.env["CELCOIN_CLIENT_CERT"], w.env["CELCOIN_CLIENT_KEY"] = "no such file", "no such file"
	good := maps.Clone(w.env)
	delete(good, "CELCOIN_CLIENT_CERT")
	delete(good, "CELCOIN_CLIENT_KEY")
	for name := range w.env {
		for what, value := range map[string]string{"missing": "", "malformed": "\x00,:"} {
			t.Run(name+" is "+what, func(t *testing.T) {
				t.Parallel()
				if what == "malformed" && strings.HasSuffix(name, "_ID") {
					value = "a\x01b"
				}
				broken := maps.Clone(good)
				if strings.HasPrefix(name, "CELCOIN_CLIENT_CERT") || strings.HasPrefix(name, "CELCOIN_CLIENT_KEY") {
					broken = maps.Clone(w.env)
				}
				broken[name] = value
				p := play(t, broken, "plan", "-from", since(), "-dir", t.TempDir())
				assert.Equal(t, exitUsage, p.code)
				assert.Empty(t, p.stdout)
				assert.Contains(t, p.stderr, name)
				assert.Equal(t, 1, strings.Count(p.stderr, "\n"))
				if name == "CELCOIN_BASE_URL" && what == "missing" {
					assert.Contains(t, p.stderr, celcoin.SandboxURL)
					assert.Contains(t, p.stderr, celcoin.ProductionURL)
				}
			})
		}
	}
}

func TestHelpNamesEveryCommandAndFlagAndThoseOfOneCommand(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}} {
		p := play(t, nil, args...)
		assert.Equal(t, exitDone, p.code)
		assert.Empty(t, p.stderr)
		for _, name := range commandNames() {
			assert.Contains(t, p.stdout, "  recover "+name)
		}
		new(options).flagSet(command{flags: flagsRun + flagsWatch + flagsListen}).VisitAll(func(f *flag.Flag) { assert.Contains(t, p.stdout, "\n  -"+f.Name) })
	}
	for _, group := range flagGroups {
		assert.Contains(t, play(t, nil, "help").stdout, "\n"+group[0]+":\n  -")
	}
	for _, c := range commands() {
		if c.name == "" || c.about == "" {
			continue
		}
		p := play(t, nil, "help", c.name)
		assert.Equal(t, exitDone, p.code)
		var named []string
		for _, m := range regexp.MustCompile(`(?m)^  -(\S+)`).FindAllStringSubmatch(p.stdout, -1) {
			named = append(named, m[1])
		}
		assert.ElementsMatch(t, strings.Fields(c.flags), named, c.name)
		if c.flags != "" {
			assert.Equal(t, p.stdout, play(t, nil, c.name, "-h").stdout)
		}
	}
	assert.Contains(t, play(t, nil, "--version").stdout, "go1.")
}

func TestEveryFlagOfACommandIsDefined(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		flags := new(options).flagSet(c)
		for name := range strings.FieldsSeq(c.flags) {
			assert.NotNil(t, flags.Lookup(name), "%s of %s", name, c.name)
		}
	}
}

// full is an output that takes so many bytes, as a disk that is full.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	}
	f.left -= len(p)
	return len(p), nil
}

func TestAnOutputThatCannotBeWrittenIsNotASuccess(t *testing.T) {
	t.Parallel()
	w := vendors(t, 3, nil)
	env := w.only("CELCOIN")
	require.Equal(t, exitDone, play(t, env, w.on("run", "-from", "3h", "-id", "outage", "-yes")...).code)
	plan := []string{"-from", since(), "-to", time.Now().Format(time.RFC3339), "-id", "other"}
	for _, args := range [][]string{
		{"help"}, {"version"}, {"completion", "zsh"}, {"complete", ""},
		w.on("plan", plan...), w.on("plan", append(plan, "-json")...),
		w.on("run", "-id", "other", "-yes"), w.on("run", "-id", "other", "-yes", "-json"), w.on("verify", "-id", "outage", "-json"),
		w.on("report", "-id", "outage"), w.on("report", "-id", "outage", "-json"), w.on("report", "-id", "outage", "-csv"),
		w.on("status", "-id", "outage"), w.on("status", "-id", "outage", "-json"), w.on("list"), w.on("list", "-json"),
		w.on("statuses", "-id", "outage"), w.on("statuses", "-id", "outage", "-csv"),
		w.on("watch", "-once"), w.on("watch", "-once", "-json"),
	} {
		for _, room := range []int{0, 10} {
			var errs bytes.Buffer
			code := run(t.Context(), args, func(name string) string { return env[name] }, strings.NewReader(""), &full{room}, &errs)
			assert.Equal(t, exitPartial, code, args)
			assert.Contains(t, errs.String(), "the output is not complete", args)
			assert.NotContains(t, errs.String(), "journals", "their disk has room")
		}
	}
}

// A second Ctrl-C by habit must not cost the report.
func TestASecondSignalEndsAtOnceOnlyASecondAfterTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		signals, codes := make(chan os.Signal), make(chan int, 1)
		var says bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		go interrupt(signals, cancel, &says, func(code int) { codes <- code })
		defer close(signals)
		require.NoError(t, ctx.Err())
		signals <- syscall.SIGINT
		synctest.Wait()
		require.Error(t, ctx.Err())
		time.Sleep(secondSignal - time.Millisecond)
		signals <- syscall.SIGINT
		synctest.Wait()
		require.Empty(t, codes)
		time.Sleep(time.Millisecond)
		signals <- syscall.SIGTERM
		synctest.Wait()
		require.Len(t, codes, 1)
		assert.Equal(t, exitPartial, <-codes)
	})
}
