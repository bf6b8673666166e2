package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

func TestWithoutCredentialsEverythingComesBack(t *testing.T) {
	t.Parallel()
	p := play(t, nil)
	assert.Equal(t, exitDone, p.code)
	assert.NotContains(t, p.stderr, "recover:", "a slow machine is shown how far it is, and no error")
	assert.Contains(t, p.stdout, "the last 60 webhooks were sent to it just now, in vain")
	assert.Regexp(t, `Celcoin +pix-payment-in +700 +700 +700 +0\n`, p.stdout)
	assert.Regexp(t, `Celcoin +pix-payment-out +450 +450 +450 +0\n`, p.stdout)
	assert.Regexp(t, `Celcoin +pix-reversal-in +90 +90 +90 +0\n`, p.stdout)
	for _, event := range ceffu.EventTypes() {
		assert.Regexp(t, `Ceffu +`+event.String()+` +60 +1 +60 +0\n`, p.stdout)
	}

	m := regexp.MustCompile(`The report as a page: (.*)\n`).FindStringSubmatch(p.stdout)
	require.NotNil(t, m)
	page, err := os.ReadFile(m[1])
	require.NoError(t, err)
	require.NoError(t, os.Remove(m[1]))
	assert.Contains(t, string(page), "<svg")
	assert.Contains(t, string(page), "1,240")
	assert.NotEqual(t, ".", filepath.Dir(m[1]), "a checkout stays as it is")
}

func TestWithoutCredentialsVendorsCannotBeAsked(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-from", "2h", "-yes"}, {"plan", "-from", "2h"}, {"run", "-from", "2h", "-yes"}, {"run", "-id", "x"},
	} {
		p := play(t, nil, args...)
		assert.Equal(t, exitUsage, p.code, args)
		assert.Empty(t, p.stdout)
		assert.Contains(t, p.stderr, "CELCOIN_CLIENT_ID")
		assert.Equal(t, 1, strings.Count(p.stderr, "\n"))
	}
}

func since() string { return time.Now().Add(-2 * time.Hour).Format(time.RFC3339) }

func TestWithoutACommandItOnlyShowsWhatItWouldDo(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	p := play(t, w.env, "-from", since(), "-entity", "pix-payment-in", "-rate", "1000")
	assert.Equal(t, exitDone, p.code)
	assert.NotContains(t, p.stderr, "recover:", "a slow machine is shown how far it is, and no error")
	assert.Contains(t, p.stdout, "Nothing was: add -yes for that.")
	assert.Regexp(t, `Celcoin +pix-payment-in +25 +0 +0 +25\n`, p.stdout)
	assert.Regexp(t, `Ceffu +deposit failed +\? +0 +\? +\?\n`, p.stdout)
	assert.Equal(t, 25, w.celcoin.Pending(celcoin.EntityPixPaymentIn))
	assert.Empty(t, w.ceffu.Requests(), "Ceffu has no call that only asks")
	assert.Zero(t, w.replays())
	assert.NoDirExists(t, defaultStore)
}

func TestWithYesAndWithoutACommandItAsksAgain(t *testing.T) {
	t.Parallel()
	w := vendors(t, 25, nil)
	p := play(t, w.env, "-from", since(), "-entity", "pix-payment-in", "-rate", "1000", "-settle", "100ms", "-store", w.store, "-yes")
	assert.Equal(t, exitDone, p.code, p.stdout+p.stderr)
	assert.NotContains(t, p.stderr, "recover:", "a slow machine is shown how far it is, and no error")
	assert.Regexp(t, `Celcoin +pix-payment-in +25 +25 +25 +0\n`, p.stdout)
	assert.Contains(t, p.stdout, "look at your receiver")
	assert.Zero(t, w.celcoin.Pending(""))
	assert.Len(t, w.ceffu.Requests(), len(ceffu.EventTypes()))
	assert.Equal(t, 25, w.receiver.arrived("pix-payment-in"))
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
				p := play(t, broken, "-from", since())
				assert.Equal(t, exitUsage, p.code)
				assert.Empty(t, p.stdout)
				assert.Contains(t, p.stderr, name)
				assert.Equal(t, 1, strings.Count(p.stderr, "\n"))
			})
		}
	}
}

func TestHelpIsOnStandardOutput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"help"}, {"-h"}, {"run", "-help"}} {
		p := play(t, nil, args...)
		assert.Equal(t, played{exitDone, usage, ""}, p)
	}
}
