package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

func TestCeffuIsAskedOnceForEachEventTypeOfEachWebhook(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	hook, err := w.ceffu.AddWebhook(ceffutest.Webhook{URL: "http://127.0.0.1/other"})
	require.NoError(t, err)
	env := w.only("CEFFU")
	env["CEFFU_WEBHOOK_IDS"] += ", " + hook.ID
	require.NoError(t, w.ceffu.Inject(ceffutest.Fault{Code: "G20005", Skip: 2})) // one is refused

	p := play(t, env, w.on("run", "-from", "3h", "-id", "outage", "-yes")...)
	assert.Equal(t, exitPartial, p.code)
	assert.Contains(t, p.stderr, "G20005")
	assert.Contains(t, p.stderr, "deposit failed of webhook ")
	assert.Regexp(t, `Ceffu +deposit success +\? +2 +\? +\?\n`, p.stdout)
	assert.Regexp(t, `Ceffu +deposit failed +\? +1 +\? +\?\n`, p.stdout)
	assert.Contains(t, p.stdout, "recover resume -id outage")
	require.Len(t, w.ceffu.Requests(), 8, "one that is refused holds up no other")
	assert.Equal(t, exitPartial, play(t, nil, w.on("report")...).code)

	p = play(t, env, w.on("resume")...)
	assert.Equal(t, exitDone, p.code, p.stderr)
	assert.Regexp(t, `Ceffu +deposit failed +\? +2 +\? +\?\n`, p.stdout)
	assert.Len(t, w.ceffu.Requests(), 9, "only what was not accepted is asked for again")

	p = play(t, env, w.on("run", "-id", "outage")...)
	assert.Equal(t, exitDone, p.code, "with nothing left there is nothing to confirm")
	assert.Len(t, w.ceffu.Requests(), 9)
	assert.Equal(t, exitUsage, play(t, env, w.on("verify")...).code)
}

func TestCeffusPartBelongsToItsWebhooks(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	env := w.only("CEFFU")
	p := play(t, env, w.on("plan", "-from", "3h")...)
	require.Equal(t, exitDone, p.code, p.stderr)
	digest := digestOf(t, p.stdout)
	assert.Equal(t, exitUsage, play(t, env, w.on("resume", "-vendor", "celcoin", "-json")...).code)

	env["CEFFU_WEBHOOK_IDS"] += ",17"
	other := play(t, env, w.on("plan", "-from", "3h")...)
	require.Equal(t, exitDone, other.code)
	assert.NotEqual(t, digest, digestOf(t, other.stdout))

	require.Equal(t, exitDone, play(t, env, w.on("plan", "-from", "3h", "-id", "mine")...).code)
	p = play(t, w.only("CEFFU"), w.on("run", "-id", "mine", "-yes")...)
	assert.Equal(t, exitUsage, p.code)
	assert.Contains(t, p.stderr, "CEFFU_WEBHOOK_IDS")
	assert.Empty(t, w.ceffu.Requests())
}

func TestARefusedKeyEndsCeffusPart(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	require.NoError(t, w.ceffu.Inject(ceffutest.Fault{Code: "G20010", Times: -1}))
	p := play(t, w.only("CEFFU"), w.on("run", "-from", "3h", "-yes")...)
	assert.Equal(t, exitPartial, p.code)
	assert.Contains(t, p.stderr, "G20010")
	assert.Len(t, w.ceffu.Requests(), 1)
}
