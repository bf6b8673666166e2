package snippets

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
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
	plain  = regexp.MustCompile("(?ms)^```\\w*\n.*?^```\n")
	link   = regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
)

// pages are the READMEs, in English and in Portuguese.
var pages = []string{"../../README.md", "../../.github/README.pt-BR.md"}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

func TestEverySnippetOfTheREADMEIsCodeThatCompiles(t *testing.T) {
	t.Parallel()
	compiled := map[string]bool{}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if name == "support_test.go" {
			continue
		}
		for _, m := range region.FindAllStringSubmatch(read(t, name), -1) {
			lines := strings.Split(strings.TrimSpace(m[2]), "\n")
			for i := range lines {
				lines[i] = strings.TrimPrefix(lines[i], m[1])
			}
			compiled[strings.TrimSpace(strings.Join(lines, "\n"))] = true
		}
	}
	for _, page := range pages {
		shown := fence.FindAllStringSubmatch(read(t, page), -1)
		assert.Len(t, shown, len(compiled), "%s shows every region once, and nothing else", page)
		for _, m := range shown {
			assert.True(t, compiled[strings.TrimSpace(m[1])], "of %s, not compiled anywhere:\n%s", page, m[1])
		}
	}
}

// What is not Go is kept in step, too: commands and what they print.
func TestBothREADMEsShowTheSameBlocksInTheSameOrder(t *testing.T) {
	t.Parallel()
	english, portuguese := plain.FindAllString(read(t, pages[0]), -1), plain.FindAllString(read(t, pages[1]), -1)
	for i := range min(len(english), len(portuguese)) {
		require.Equal(t, english[i], portuguese[i], "block %d", i+1)
	}
	assert.Len(t, portuguese, len(english))
}

func TestEveryLinkOfThePagesLeadsToAFile(t *testing.T) {
	t.Parallel()
	linked := []string{"../../README.md", "../../internal/bench/README.md"}
	for _, pattern := range []string{"../../.github/*.md", "../../.github/decisions/*.md", "../../celcoin/*/README.md"} {
		more, err := filepath.Glob(pattern)
		require.NoError(t, err)
		linked = append(linked, more...)
	}
	for _, page := range linked {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if !strings.Contains(m[1], ":") {
				_, err := os.Stat(filepath.Join(filepath.Dir(page), m[1]))
				assert.NoError(t, err, "a link of %s", page)
			}
		}
	}
}

func TestEveryTestThatSECURITYNamesExists(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(read(t, "../../.github/SECURITY.md"), -1)
	require.NotEmpty(t, named)
	var tests strings.Builder
	require.NoError(t, filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			tests.WriteString(read(t, path))
		}
		return err
	}))
	for _, m := range named {
		assert.Contains(t, tests.String(), "\nfunc "+m[1]+"(t ", "it was renamed, or is gone")
	}
}
