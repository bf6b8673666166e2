package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sandbox is one that runs, and what it printed.
type instance struct {
	env   map[string]string
	panel string
	lines []string // of curl: token, count, details, replay, resend
	http  *http.Client
}

type firstWrite chan string

func (w firstWrite) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

// begin runs the program on free ports until the test ends.
func begin(t *testing.T, args ...string) *instance {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // it lives until the cleanup that waits for its end
	stdout, stderr, code := make(firstWrite, 1), new(bytes.Buffer), make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"-panel", "127.0.0.1:0", "-celcoin", "127.0.0.1:0", "-ceffu", "127.0.0.1:0"}, args...), stdout, stderr)
	}()
	s := &instance{env: map[string]string{}}
	select {
	case text := <-stdout:
		s.read(t, text)
	case ended := <-code:
		cancel()
		require.Fail(t, "the program ended", "%d: %s", ended, stderr)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // what curl -k does
	s.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		assert.Zero(t, <-code)
	})
	return s
}

// read takes the output apart: comments, settings, command lines, nothing else.
func (s *instance) read(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		name, value, isSetting := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "# Look inside"):
			_, s.panel, _ = strings.Cut(line, "replay: ")
		case line == "", strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "curl "):
			s.lines = append(s.lines, line)
		default:
			assert.True(t, isSetting, line)
			assert.Regexp(t, `^[A-Za-z0-9+/=:._-]+$`, value, "a shell leaves it as it is")
			s.env[name] = value
		}
	}
	require.Len(t, s.lines, 5)
}

// paste gives a line to a shell that knows nothing else, as a person would.
func paste(t *testing.T, shell, line string, env ...string) string {
	t.Helper()
	for _, program := range []string{shell, "curl", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed, so that the lines cannot be pasted into anything", program)
		}
	}
	command := exec.CommandContext(t.Context(), shell)
	command.Env = append(os.Environ(), env...)
	command.Stdin = strings.NewReader(line + "\n")
	answer, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", line, answer)
	return string(answer)
}

// answers are what the five lines come to, in their order.
var answers = []string{
	`^{"access_token":"[^"]+","expires_in":2400,"token_type":"bearer"}\n$`,
	`"onlyPending":true,"entity":"pix-payment-in",.*"totalItems":2}`,
	`"webhookDetails":\[{.*"totalItems":2}`,
	`"onlyPending":false,"entity":"pix-payment-in",.*"totalItems":1}`,
	`^{"data":true,"code":"000000","message":"Success"}\n$`,
}

func TestTheLinesWorkWhenTheyArePasted(t *testing.T) {
	t.Parallel()
	nothing := []string{answers[0], `"totalItems":0}`, `CBE238`, `"totalItems":0}`, answers[4]}
	tests := []struct {
		name, shell string
		args, wants []string
	}{
		{"as it starts", "sh", []string{"-missed", "7"}, answers},
		{"in bash", "bash", []string{"-missed", "7"}, answers},
		{"over TLS", "sh", []string{"-missed", "7", "-tls"}, answers},
		{"days later", "sh", []string{"-missed", "7", "-outage", "72h"}, answers},
		{"if nothing was missed", "sh", []string{"-missed", "0"}, nothing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, test.args...)
			for i, line := range s.lines {
				assert.Regexp(t, test.wants[i], paste(t, test.shell, line), line)
			}
		})
	}
}

func TestCelcoinAsksForACertificateOfTheCA(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))

	s := begin(t, "-missed", "7", "-client-ca", certFile)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.env["CELCOIN_BASE_URL"], http.NoBody)
	require.NoError(t, err)
	response, err := s.http.Do(r)
	if err == nil {
		require.NoError(t, response.Body.Close())
	}
	require.ErrorContains(t, err, "certificate required")
	for i, line := range s.lines {
		assert.Regexp(t, answers[i], paste(t, "sh", line, "CELCOIN_CLIENT_CERT="+certFile, "CELCOIN_CLIENT_KEY="+keyFile), line)
	}
}

// Each fault strikes the call that it names.
func TestAFaultOfTheFlagStrikes(t *testing.T) {
	t.Parallel()
	s := begin(t, "-fault", "celcoin:count:match=pix-payment-in,status=429,retry-after=60,times=-1", "-fault", "ceffu:*:status=503,body=busy", "-assume", "token-lifetime=90s")
	assert.Contains(t, paste(t, "sh", s.lines[0]), `"expires_in":90`)
	client, err := celcoin.New(celcoin.Credentials{ClientID: s.env["CELCOIN_CLIENT_ID"], ClientSecret: s.env["CELCOIN_CLIENT_SECRET"]},
		celcoin.WithBaseURL(s.env["CELCOIN_BASE_URL"]), celcoin.WithHTTPClient(s.http))
	require.NoError(t, err)
	query := func(entity celcoin.Entity) celcoin.Query {
		return celcoin.Query{Entity: entity, From: time.Now().Add(-time.Hour), To: time.Now()}
	}
	count := func(entity celcoin.Entity) error {
		_, err := client.CountWebhooks(t.Context(), query(entity), celcoin.WithMaxRetries(0))
		return err
	}
	// First, as the Retry-After of the one that strikes holds the client back.
	require.NoError(t, count(celcoin.EntityPixPaymentOut))
	_, err = client.ListWebhooks(t.Context(), query(celcoin.EntityPixPaymentIn), celcoin.PageOptions{}, celcoin.WithMaxRetries(0))
	require.NoError(t, err)
	var failure *celcoin.Error
	require.ErrorAs(t, count(celcoin.EntityPixPaymentIn), &failure)
	assert.Equal(t, time.Minute, failure.RetryAfter)
	_, body := s.send(t, http.MethodPost, s.env["CEFFU_BASE_URL"]+"/open-api/entity/webhook/resend", "{}")
	assert.Equal(t, "busy", body)
}

func TestEveryAssumptionOfTheHelpIsTaken(t *testing.T) {
	t.Parallel()
	usage, err := files.ReadFile("usage.txt")
	require.NoError(t, err)
	_, list, _ := strings.Cut(string(usage), "Assumptions")
	named := map[string]bool{"client-ca": true, "tls": true} // which have flags of their own
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "  ") {
			continue
		}
		pair := strings.Fields(line)[0]
		name, _, _ := strings.Cut(pair, "=")
		named[name] = true
		if name == "announced-cas" || name == "shifted-dates" { // needs a file; excludes true-dates
			continue
		}
		t.Run(pair, func(t *testing.T) {
			t.Parallel()
			begin(t, "-missed", "1", "-assume", pair)
		})
	}
	for _, names := range []map[string]any{celcoinAssumptions, ceffuAssumptions} {
		for name := range names {
			assert.True(t, named[name], name)
		}
	}
}

func TestEveryFaultOfTheHelpIsTaken(t *testing.T) {
	t.Parallel()
	s := begin(t, "-missed", "1")
	usage, err := files.ReadFile("usage.txt")
	require.NoError(t, err)
	_, list, _ := strings.Cut(string(usage), "Faults:")
	list, _, _ = strings.Cut(list, "Assumptions")
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "  ") {
			continue
		}
		status, body := s.send(t, http.MethodPost, s.panel+"/celcoin/fail", url.Values{"fault": {"*:" + strings.Fields(line)[0]}}.Encode(), "Content-Type", form)
		assert.Equal(t, http.StatusOK, status, body)
	}
}

func TestMistakesAreOneLine(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a loopback socket opens at once
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, taken.Close()) })
	tests := []struct {
		name, says string
		code       int
		args       []string
	}{
		{"an unknown flag", "-mised", 2, []string{"-mised", "3"}},
		{"an argument", `"now"`, 2, []string{"now"}},
		{"a negative number", "-1", 2, []string{"-missed", "-1"}},
		{"too many", "1000001", 2, []string{"-missed", "1000001"}},
		{"a receiver that is not a URL", "localhost:9000", 2, []string{"-deliver-to", "localhost:9000"}},
		{"a fault without a vendor", "celcoin or ceffu", 2, []string{"-fault", "replay:reset"}},
		{"a fault of a call that there is not", "token count", 2, []string{"-fault", "celcoin:resend:reset"}},
		{"a fault of a key that there is not", "statsu=3: there is no such name", 2, []string{"-fault", "celcoin:replay:statsu=3"}},
		{"a fault without keys", "name=value", 2, []string{"-fault", "celcoin:replay"}},
		{"a fault without its value", "status: want int", 2, []string{"-fault", "celcoin:replay:status"}},
		{"a fault that contradicts itself", "Hang and Status exclude each other", 2, []string{"-fault", "celcoin:replay:hang,status=500"}},
		{"an assumption that there is not", "nice: there is no such name", 2, []string{"-assume", "nice"}},
		{"an assumption with a value too many", "synchronous=no", 2, []string{"-assume", "synchronous=no"}},
		{"assumptions that exclude each other", "exclude each other", 2, []string{"-assume", "true-dates,shifted-dates"}},
		{"a CA that is not a file", "no such file", 2, []string{"-client-ca", "nowhere.pem"}},
		{"an address in use", "address already in use", 1, []string{"-celcoin", taken.Addr().String()}},
		{"the panel's address in use", "-panel", 1, []string{"-panel", taken.Addr().String()}},
		{"an address that others reach", "loopback", 2, []string{"-ceffu", "0.0.0.0:0"}},
		{"a panel that others reach", "loopback", 2, []string{"-panel", ":0"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // ends what should not have started
			defer cancel()
			var stdout, stderr bytes.Buffer
			args := append([]string{"-panel", "127.0.0.1:0", "-celcoin", "127.0.0.1:0", "-ceffu", "127.0.0.1:0"}, test.args...)
			assert.Equal(t, test.code, run(ctx, args, &stdout, &stderr))
			assert.Empty(t, stdout.String())
			assert.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
			assert.Contains(t, stderr.String(), test.says)
		})
	}
}

func TestHelpIsPrinted(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	assert.Zero(t, run(t.Context(), []string{"-h"}, &stdout, &stderr))
	assert.Empty(t, stderr.String())
	for _, name := range []string{"-panel", "-celcoin", "-ceffu", "-missed", "-outage", "-deliver-to", "-tls", "-client-ca", "-fault", "-assume"} {
		assert.Contains(t, stdout.String(), "  "+name)
	}
}

// send asks something of the sandbox, with header names and values in turn.
func (s *instance) send(t *testing.T, method, target, body string, header ...string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Host = r.Header.Get("Host")
	response, err := s.http.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}
