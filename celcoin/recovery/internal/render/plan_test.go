package render

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func planText(t *testing.T, p *Plan, o Options) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, PlanText(&b, p, o))
	return b.String()
}

func TestAPlanSaysWhatARunWillDo(t *testing.T) {
	t.Parallel()
	out := planText(t, plan(), Options{Steps: []string{"recover run -id x"}})
	for _, want := range []string{
		"plan: 12,345 webhooks to recover\n", "  times               Brasília (UTC-03:00)\n", "pix-payment-in   12,000    1,100            3\n",
		"about 22m20s, held back by the rate\n", "about 13,412 calls, at most 10 a second, 8 at once\n", "312ms a call", "2.1s from a replay", "40 replays",
		"Celcoin's clock is 1m35s ahead", "1,312 counted by Celcoin and not listed", "Recovery night-shift", "\n  - recover run -id x\n",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "Run the plan.", "another recovery is at it")
	for line := range strings.Lines(out) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 100, line)
	}
	assert.Contains(t, planText(t, &Plan{Items: 1}, Options{}), "\n  - Run the plan.\n")
	assert.Contains(t, planText(t, &Plan{}, Options{}), "\n  - Nothing.\n")
}

func TestAPlanKeepsEveryTextToOneShortLine(t *testing.T) {
	t.Parallel()
	planted := func(text string) *Plan {
		p := plan()
		p.ID, p.Digest, p.Environment, p.Overlaps, p.Estimate.HeldBackBy = text, text, text, []string{text}, text
		p.Entities[0].Entity, p.SetAside = celcoin.Entity(text), []SetAside{{Entity: celcoin.Entity(text), Reason: text}}
		return p
	}
	out := planText(t, planted(hostile), Options{})
	assert.Equal(t, strings.Count(planText(t, planted("plain"), Options{}), "\n"), strings.Count(out, "\n")-1, "only the entity's name has a line more")
	assert.NotContains(t, out, "\x1b")
	assert.Less(t, len(out), 5_000)
}
