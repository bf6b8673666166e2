package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// listening is a recover listen that runs.
type listening struct {
	url  string
	stop func() played
}

// buffer is written by the program while the test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func listen(t *testing.T, file string, args ...string) *listening {
	t.Helper()
	env := map[string]string{"RECOVER_LISTEN_USER": "celcoin", "RECOVER_LISTEN_PASSWORD": "a password of this test"}
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs buffer
	codes := make(chan int, 1)
	go func() {
		codes <- run(ctx, append([]string{"listen", "-addr", "127.0.0.1:0", "-out", file}, args...),
			func(name string) string { return env[name] }, strings.NewReader(""), &out, &errs)
	}()
	l := &listening{stop: sync.OnceValue(func() played {
		cancel()
		return played{<-codes, out.String(), errs.String()}
	})}
	t.Cleanup(func() { l.stop() })
	address := regexp.MustCompile(`HTTP on (\S+),`)
	require.Eventually(t, func() bool {
		m := address.FindStringSubmatch(out.String() + errs.String())
		if m != nil {
			l.url = "http://" + m[1]
		}
		return m != nil
	}, 10*1e9, 1e6, "%s", errs.String())
	return l
}

func (l *listening) post(t *testing.T, password, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.url+"/any/path", strings.NewReader(body))
	require.NoError(t, err)
	req.SetBasicAuth("celcoin", password)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body) //nolint:errcheck // the status is all that counts
	return resp.StatusCode
}

const right = "a password of this test"

func event(id string) string {
	return `{"entity":"pix-payment-in","status":"CONFIRMED","webhookId":"` + id + `","body":{"amount":1.10,"name":"<José>"}}`
}

func TestListenKeepsEachEventOnceAlsoAfterARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "webhooks.jsonl")
	l := listen(t, file)
	assert.Equal(t, 200, l.post(t, right, event("a")))
	assert.Equal(t, 200, l.post(t, right, event("a")), "a second delivery is done already")
	assert.Equal(t, 200, l.post(t, right, "\n "+event("b")))
	assert.Equal(t, 401, l.post(t, "wrong", event("c")))
	assert.Equal(t, 400, l.post(t, right, "not JSON"))
	p := l.stop()
	assert.Equal(t, exitDone, p.code)
	assert.Contains(t, p.stdout, "has 2 events, 2 of them new")
	assert.NotContains(t, p.stdout+p.stderr, "José", "no payload is printed")

	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	torn := append(bytes.Clone(whole), []byte(`{"key":"pix`+strings.Repeat("x", 1000))...) // never answered with 200
	require.NoError(t, os.WriteFile(file, torn, 0o600))

	l = listen(t, file)
	assert.Equal(t, 200, l.post(t, right, event("b")))
	assert.Equal(t, 200, l.post(t, right, event("c")))
	p = l.stop()
	assert.Contains(t, p.stdout, "has 3 events, 1 of them new")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(text, whole))
	var keys []string
	for one := range strings.Lines(string(text)) {
		var e line
		require.NoError(t, json.Unmarshal([]byte(one), &e), one)
		back, err := inbox.Parse(e.Event)
		require.NoError(t, err)
		assert.Equal(t, e.Key, back.Key())
		assert.Contains(t, string(e.Event), `1.10,"name":"<José>"`, "as it came")
		keys = append(keys, back.WebhookID)
	}
	assert.Equal(t, []string{"a", "b", "c"}, keys)
}

func TestListenLosesNothingThatItAnswers200To(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "webhooks.jsonl")
	changed := strings.Replace(event("a"), "1.10", "99.00", 1)
	for range 2 { // the second time after a restart
		l := listen(t, file)
		for _, body := range []string{event("a"), changed, "\xef\xbb\xbf" + event("b"), " " + event("a")} {
			assert.Equal(t, 200, l.post(t, right, body), "%q", body)
		}
		l.stop()
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(text), `"webhookId":"a","body":{"amount":1.10`))
	assert.Equal(t, 1, strings.Count(string(text), `"webhookId":"a","body":{"amount":99.00`), "the same key, and another payload")
	assert.Equal(t, 1, strings.Count(string(text), `"webhookId":"b"`), "with a byte order mark")
}

func TestListenIsBoundedAndItsFileIsItsOwn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "webhooks.jsonl")
	l := listen(t, file, "-max-items", "2")
	for _, id := range []string{"a", "b", "a"} {
		assert.Equal(t, 200, l.post(t, right, event(id)))
	}
	assert.Equal(t, 500, l.post(t, right, event("c")), "it stays pending at Celcoin")
	second := play(t, map[string]string{"RECOVER_LISTEN_USER": "x", "RECOVER_LISTEN_PASSWORD": "x"}, "listen", "-addr", "127.0.0.1:0", "-out", file)
	assert.Equal(t, exitRefused, second.code)
	assert.Contains(t, second.stderr, "in use")
	p := l.stop()
	assert.Contains(t, p.stderr, "-max-items")

	for _, end := range []string{"\n", ""} {
		foreign := `{"of":"another program"}` + end
		require.NoError(t, os.WriteFile(file, []byte(foreign), 0o600))
		_, err := openLines(file, 0, syncFolder)
		require.ErrorContains(t, err, "line 1")
		left, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, foreign, string(left))
	}
}

func TestAnEventThatIsNotOnDiskIsNotAnswered(t *testing.T) {
	t.Parallel()
	out, err := openLines(filepath.Join(t.TempDir(), "webhooks.jsonl"), 0, syncFolder)
	require.NoError(t, err)
	e, err := inbox.Parse([]byte(event("a")))
	require.NoError(t, err)
	require.NoError(t, out.file.Close()) // as a disk that fails
	require.Error(t, out.process(t.Context(), e))
	assert.Zero(t, out.size())
}

// Without that a crash can lose the name of a new file, and all that is in it.
func TestTheFolderOfTheFileIsSyncedBeforeAnythingIsAnswered(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "webhooks.jsonl")
	synced := 0
	sync := func(dir string) error {
		synced++
		assert.Equal(t, filepath.Dir(file), dir)
		assert.FileExists(t, file, "its name is there already")
		return nil
	}
	out, err := openLines(file, 0, sync)
	require.NoError(t, err)
	assert.Equal(t, 1, synced)
	require.NoError(t, out.close())

	_, err = openLines(file, 0, func(string) error { return os.ErrPermission })
	require.ErrorIs(t, err, os.ErrPermission, "nothing is received if it fails")
	out, err = openLines(file, 0, syncFolder)
	require.NoError(t, err, "and the lock is given back")
	require.NoError(t, out.close())
}

func TestListenPrintsNothingThatATerminalObeys(t *testing.T) {
	t.Parallel()
	l := listen(t, filepath.Join(t.TempDir(), "webhooks.jsonl"), "-json")
	assert.Equal(t, 200, l.post(t, right, `{"entity":"pix\u001b[2J\u009b1m\u202e-in","webhookId":"a"}`))
	assert.Equal(t, 401, l.post(t, "wrong", event("b")))
	p := l.stop()
	assert.Equal(t, exitDone, p.code)
	var first, second struct {
		Entity     string `json:"entity"`
		StatusCode int    `json:"status_code"`
	}
	decoder := json.NewDecoder(strings.NewReader(p.stdout))
	require.NoError(t, decoder.Decode(&first))
	require.NoError(t, decoder.Decode(&second))
	assert.Equal(t, "pix[2J1m-in", first.Entity)
	assert.Equal(t, []int{200, 401}, []int{first.StatusCode, second.StatusCode})
}
