package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

func TestCeffuIsAskedOnceForEachEventTypeOfEachWebhook(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	hook, err := w.ceffu.AddWebhook(ceffutest.Webhook{URL: "http://127.0.0.1/other"})
	require.NoError(t, err)
	env := w.only("CEFFU")
	env["CEFFU_WEBHOOK_IDS"] += ", " + hook.ID + ", " + hook.ID
	require.NoError(t, w.ceffu.Inject(ceffutest.Fault{Code: "G20005", Skip: 2})) // one is refused

	p := play(t, env, w.on("run", "-from", "3h", "-yes")...)
	assert.Equal(t, exitPartial, p.code)
	assert.Contains(t, p.stdout, "7 of 8 calls accepted")
	assert.Contains(t, p.stdout, "G20005")
	require.Len(t, w.ceffu.Requests(), 8, "one that is refused holds up no other")

	// The command that is shown asks for that event type alone.
	m := regexp.MustCompile(`To ask Ceffu for the rest: recover (run .*)`).FindStringSubmatch(p.stdout)
	require.NotNil(t, m, p.stdout)
	p = play(t, env, append(strings.Fields(m[1]), "-yes")...)
	assert.Equal(t, exitDone, p.code, p.stderr)
	assert.Len(t, w.ceffu.Requests(), 10)
	assert.Equal(t, exitUsage, play(t, env, w.on("verify")...).code)
}

// Ceffu may answer data:null beside its code of success. That is what it said:
// it is not an error, not a reason to ask again, and not a success.
func TestWhatCeffuDoesNotAcceptIsReportedAndNotAskedAgain(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	require.NoError(t, w.ceffu.Inject(ceffutest.Fault{Body: []byte(`{"code":"000000","data":null}`), ContentType: "application/json"}))
	p := play(t, w.only("CEFFU"), w.on("run", "-from", "3h", "-yes", "-json")...)
	assert.Equal(t, exitPartial, p.code, p.stderr)
	var o output
	require.NoError(t, json.Unmarshal([]byte(p.stdout), &o))
	assert.Equal(t, ceffu.ResendNotAccepted, o.Ceffu.Calls[0].Outcome)
	assert.Empty(t, o.Next)
	assert.Len(t, w.ceffu.Requests(), 4)

	require.NoError(t, w.ceffu.Inject(ceffutest.Fault{Body: []byte(`{"code":"000000","data":null}`), ContentType: "application/json"}))
	require.NoError(t, w.ceffu.Inject(ceffutest.Fault{Code: "G20005"}))
	p = play(t, w.only("CEFFU"), w.on("run", "-from", "3h", "-yes", "-json")...)
	o = output{}
	require.NoError(t, json.Unmarshal([]byte(p.stdout), &o))
	require.Len(t, o.Next, 1)
	assert.Contains(t, o.Next[0], "-event deposit-failed")
	assert.NotContains(t, o.Next[0], "deposit-success")
}

func TestARefusedKeyEndsCeffusPart(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	require.NoError(t, w.ceffu.Inject(ceffutest.Fault{Code: "G20010", Times: -1}))
	p := play(t, w.only("CEFFU"), w.on("run", "-from", "3h", "-yes")...)
	assert.Equal(t, exitRefused, p.code)
	assert.Contains(t, p.stdout+p.stderr, "G20010")
	assert.Len(t, w.ceffu.Requests(), 1)
}

func TestCeffusPlanIsConfirmedByADigestOfItsCalls(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	env := w.only("CEFFU")
	digest := func(args ...string) string {
		return digestOf(t, play(t, env, append([]string{"plan", "-from", "2026-01-31 01:10"}, args...)...).stdout)
	}
	all := digest()
	assert.Equal(t, all, digest())
	assert.NotEqual(t, all, digest("-event", "deposit-success"))
	env["CEFFU_WEBHOOK_IDS"] += ",17"
	assert.NotEqual(t, all, digest())
	p := play(t, env, "run", "-from", "2026-01-31 01:10", "-yes="+all)
	assert.Equal(t, exitRefused, p.code)
	assert.Empty(t, w.ceffu.Requests())
}

func TestAfterTheLastCallTheGateDoesNotMatter(t *testing.T) {
	t.Parallel()
	w := vendors(t, 1, nil)
	health := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		if len(w.ceffu.Requests()) == len(ceffu.EventTypes()) {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(health.Close)
	p := play(t, w.only("CEFFU"), w.on("run", "-from", "3h", "-yes", "-gate", health.URL, "-max-wait", "100ms")...)
	assert.Equal(t, exitDone, p.code, p.stdout+p.stderr)
	assert.Contains(t, p.stdout, "4 of 4 calls accepted")
}
