package main

import (
	"bytes"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// play runs the program as main does.
func play(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, func(name string) string { return env[name] }, &out, &errs)
	return code, out.String(), errs.String()
}

func TestWithoutCredentialsEverythingComesBack(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := play(t, nil)
	assert.Equal(t, exitDone, code)
	assert.Empty(t, stderr)
	assert.Regexp(t, `Celcoin +pix-payment-in +700 +700 +700 +0\n`, stdout)
	assert.Regexp(t, `Celcoin +pix-payment-out +450 +450 +450 +0\n`, stdout)
	assert.Regexp(t, `Celcoin +pix-reversal-in +90 +90 +90 +0\n`, stdout)
	for _, event := range ceffu.EventTypes() {
		assert.Regexp(t, `Ceffu +`+event.String()+` +60 +1 +60 +0\n`, stdout)
	}
}

// vendors starts both simulators, with 25 missed webhooks of one entity, and
// says how to reach them.
func vendors(t *testing.T, receiver *receiver) (*celcointest.Server, *ceffutest.Server, map[string]string) {
	t.Helper()
	c := celcointest.NewServer(t, celcointest.WithReceiver(receiver))
	now := time.Now()
	require.NoError(t, c.AddMissed(celcoin.EntityPixPaymentIn, 25, now.Add(-2*time.Hour), now.Add(-time.Hour)))
	f := ceffutest.NewServer(t, ceffutest.WithReceiver(receiver))
	hook, err := f.AddWebhook(ceffutest.Webhook{URL: "http://127.0.0.1/ceffu"})
	require.NoError(t, err)
	return c, f, map[string]string{
		"CELCOIN_CLIENT_ID":     c.Credentials().ClientID,
		"CELCOIN_CLIENT_SECRET": c.Credentials().ClientSecret,
		"CELCOIN_BASE_URL":      c.URL,
		"CEFFU_API_KEY":         f.Credentials().APIKey,
		"CEFFU_API_SECRET":      f.Credentials().APISecret,
		"CEFFU_BASE_URL":        f.URL,
		"CEFFU_WEBHOOK_IDS":     hook.ID,
	}
}

func since() string { return time.Now().Add(-2 * time.Hour).Format(time.RFC3339) }

func TestWithCredentialsItOnlyShowsWhatItWouldDo(t *testing.T) {
	t.Parallel()
	c, f, env := vendors(t, newReceiver())
	code, stdout, stderr := play(t, env, "-from", since(), "-entity", "pix-payment-in")
	assert.Equal(t, exitDone, code)
	assert.Empty(t, stderr)
	assert.Regexp(t, `Celcoin +pix-payment-in +25 +0 +0 +25\n`, stdout)
	assert.Equal(t, 25, c.Pending(celcoin.EntityPixPaymentIn))
	assert.Empty(t, f.Requests(), "Ceffu has no call that only asks")
	for _, r := range c.Requests() {
		assert.NotEqual(t, "PUT", r.Method)
	}
}

func TestWithYesItAsksAgain(t *testing.T) {
	t.Parallel()
	r := newReceiver()
	r.up.Store(true)
	c, f, env := vendors(t, r)
	code, stdout, stderr := play(t, env, "-from", since(), "-entity", "pix-payment-in", "-yes")
	assert.Equal(t, exitDone, code)
	assert.Empty(t, stderr)
	assert.Regexp(t, `Celcoin +pix-payment-in +25 +25 +25 +0\n`, stdout)
	assert.Zero(t, c.Pending(""))
	assert.Len(t, f.Requests(), len(ceffu.EventTypes()))
	assert.Equal(t, 25, r.arrived("pix-payment-in"))
}

func TestEachMissingOrMalformedSettingIsOneLineThatNamesIt(t *testing.T) {
	t.Parallel()
	_, _, env := vendors(t, newReceiver())
	for name := range env {
		for what, value := range map[string]string{"missing": "", "malformed": "\x00,:"} {
			t.Run(name+" is "+what, func(t *testing.T) {
				t.Parallel()
				if what == "malformed" && strings.HasSuffix(name, "_ID") {
					value = "a\x01b"
				}
				broken := maps.Clone(env)
				broken[name] = value
				code, stdout, stderr := play(t, broken, "-from", since())
				assert.Equal(t, exitUsage, code)
				assert.Empty(t, stdout)
				assert.Contains(t, stderr, name)
				assert.Equal(t, 1, strings.Count(stderr, "\n"))
			})
		}
	}
}

func TestFlagsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	_, _, env := vendors(t, newReceiver())
	for name, args := range map[string][]string{
		"no -from":              nil,
		"a date without offset": {"-from", "2026-01-31T03:00:00"},
		"-from after -to":       {"-from", "2026-01-31T03:00:00Z", "-to", "2026-01-30T03:00:00Z"},
		"an argument":           {"-from", "2026-01-31T03:00:00Z", "now"},
		"an unknown flag":       {"-form", "2026-01-31T03:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := play(t, env, args...)
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, stdout)
			assert.NotEmpty(t, stderr)
		})
	}
}
