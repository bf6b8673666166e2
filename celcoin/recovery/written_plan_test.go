package recovery_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// plan has the text wherever one may stand.
func plan(text string) *recovery.Plan {
	return &recovery.Plan{
		ID: text, Digest: text, Environment: text, Overlaps: []string{text}, Skew: 95 * time.Second,
		Request: recovery.Request{From: outageStart, To: outageStart.Add(105 * time.Minute), Margin: 3 * time.Hour},
		Items:   12_345, Expired: 1_100, Urgent: 20, WillExpire: 3, LeftOut: 7, Unlisted: 1_312, Refused: 1,
		Calls: 13_412, Duration: 22*time.Minute + 20*time.Second,
		Estimate: recovery.Estimate{
			Rate: 10, Concurrency: 8, Latency: 312 * time.Millisecond, Delivery: 2100 * time.Millisecond, InFlight: 40, HeldBackBy: text,
		},
		Entities: []recovery.EntityPlan{
			{Entity: celcoin.EntityPixPaymentIn, Items: 12_000, Expired: 1_100, WillExpire: 3}, {Entity: celcoin.Entity(text), Items: 345},
		},
		SetAside: append(partial().SetAside, recovery.SetAside{Entity: celcoin.Entity(text), Reason: text}),
	}
}

func TestAPlanSaysWhatARunWillDo(t *testing.T) {
	t.Parallel()
	out := plan("night-shift").With(recovery.Addendum{Steps: []string{"recover run -id x"}}).String()
	for _, want := range []string{
		"plan: 12,345 webhooks to recover\n", "  times               Brasília (UTC-03:00)\n", "pix-payment-in   12,000    1,100            3\n",
		"about 22m20s, held back by the night-shift\n", "about 13,412 calls, at most 10 a second, 8 at once\n", "312ms a call", "2.1s from a replay", "40 replays",
		"Celcoin's clock is 1m35s ahead", "1,312 counted by Celcoin and not listed", "Recovery night-shift", "\n  - recover run -id x\n",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "Run the plan.", "another recovery is at it")
	for line := range strings.Lines(out) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 100, line)
	}
	assert.Contains(t, (&recovery.Plan{Items: 1}).String(), "\n  - Run the plan.\n")
	assert.Contains(t, (&recovery.Plan{}).String(), "\n  - Nothing.\n")
}

func TestAPlanKeepsEveryTextToOneShortLine(t *testing.T) {
	t.Parallel()
	out := plan(hostile).String()
	assert.Equal(t, strings.Count(plan("plain").String(), "\n"), strings.Count(out, "\n")-1, "only the entity's name has a line more")
	assert.NotContains(t, out, "\x1b")
	assert.Less(t, len(out), 5_000)
}
