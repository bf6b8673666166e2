package snippets

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// recoverAll stands for the code that a user of the snippet tests.
func recoverAll(ctx context.Context, client *celcoin.Client, from, to time.Time) error {
	query := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: from, To: to, OnlyPending: new(true)}
	var ids []string
	for webhook, err := range client.Webhooks(ctx, query) {
		if err != nil {
			return err
		}
		ids = append(ids, webhook.ID)
	}
	for _, id := range ids {
		if _, err := client.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: query.Entity, WebhookID: id}); err != nil {
			return err
		}
	}
	return nil
}

var (
	region = regexp.MustCompile(`(?ms)^(\t?)// README \w+\n(.*?)^\t?// README end\n`)
	fence  = regexp.MustCompile("(?ms)^```go\n(.*?)^```\n")
)

func TestEverySnippetOfTheREADMEIsCodeThatCompiles(t *testing.T) {
	t.Parallel()
	compiled := map[string]bool{}
	for _, name := range []string{"ceffu.go", "celcoin.go", "recovery.go", "testing_test.go"} {
		code, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, m := range region.FindAllStringSubmatch(string(code), -1) {
			lines := strings.Split(strings.TrimSpace(m[2]), "\n")
			for i := range lines {
				lines[i] = strings.TrimPrefix(lines[i], m[1])
			}
			compiled[strings.TrimSpace(strings.Join(lines, "\n"))] = true
		}
	}
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	shown := fence.FindAllStringSubmatch(string(readme), -1)
	require.NotEmpty(t, shown)
	assert.Len(t, compiled, len(shown), "the README shows every region, and nothing else")
	for _, m := range shown {
		assert.True(t, compiled[strings.TrimSpace(m[1])], "not compiled anywhere:\n%s", m[1])
	}
}
