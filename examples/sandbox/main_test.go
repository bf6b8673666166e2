package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// printed is what a running sandbox printed.
type printed struct {
	text  string
	env   map[string]string
	lines []string // of curl: token, count, details, replay, resend
	http  *http.Client
	end   func() int // ends it and gives the exit code
}

// firstWrite is a writer that hands over what is written first.
type firstWrite chan string

func (w firstWrite) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

// begin runs the program on free ports until the test ends.
func begin(t *testing.T, args ...string) printed {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) //nolint:usetesting // it is to live until the cleanup that waits for the end
	stdout, stderr, code := make(firstWrite, 1), new(bytes.Buffer), make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"-celcoin", "127.0.0.1:0", "-ceffu", "127.0.0.1:0"}, args...), stdout, stderr)
	}()
	p := printed{env: map[string]string{}}
	p.end = func() int {
		cancel()
		ended := <-code
		code <- ended
		return ended
	}
	t.Cleanup(func() { assert.Equal(t, exitDone, p.end()) })
	select {
	case p.text = <-stdout:
	case ended := <-code:
		code <- ended
		require.Fail(t, "the program ended", "%d: %s", ended, stderr)
	}
	p.read(t)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // what curl -k does
	p.http = &http.Client{Transport: transport}
	t.Cleanup(transport.CloseIdleConnections)
	return p
}

// read takes the output apart: comments, settings, command lines, nothing else.
func (p *printed) read(t *testing.T) {
	t.Helper()
	require.True(t, strings.HasSuffix(p.text, "\n"))
	for line := range strings.Lines(p.text) {
		line = strings.TrimSuffix(line, "\n")
		name, value, isSetting := strings.Cut(line, "=")
		switch {
		case line == "", strings.HasPrefix(line, "# "), line == "#":
		case strings.HasPrefix(line, "curl "):
			p.lines = append(p.lines, line)
		case isSetting:
			assert.Regexp(t, `^[A-Z_]+$`, name)
			assert.Regexp(t, `^[A-Za-z0-9+/=:._-]+$`, value, "a shell leaves it as it is")
			p.env[name] = value
		default:
			assert.Fail(t, "this line is neither comment nor setting nor command", line)
		}
	}
	require.Len(t, p.lines, 5)
}

// console sends a request to one of the two consoles and gives the answer's text.
func (p *printed) console(t *testing.T, vendor, path, form string) string {
	t.Helper()
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != "" {
		method, body = http.MethodPost, strings.NewReader(form)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, p.env[vendor+"_BASE_URL"]+"/_sim/"+path, body)
	require.NoError(t, err)
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := p.http.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(text)
}

// refuse runs the program with flags that it does not take.
func refuse(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var out, wrong bytes.Buffer
	code = run(ctx, args, &out, &wrong)
	return code, out.String(), wrong.String()
}
