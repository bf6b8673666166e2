package main

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answers are what the five lines come to, in their order.
var answers = []string{
	`^{"access_token":"[^"]+","expires_in":2400,"token_type":"bearer"}$`,
	`^{"body":{"onlyPending":true,"entity":"pix-payment-in",.*"totalItems":3},"status":"SUCCESS","version":"1.0.0"}$`,
	`^{"body":{"limit":0,"currentPage":1,"limitPerPage":200,"totalPages":1,"webhookDetails":\[{.*"totalItems":3},"status":"SUCCESS"`,
	`^{"body":{"onlyPending":false,"entity":"pix-payment-in",.*"totalItems":1},"status":"SUCCESS"`,
	`^{"data":true,"code":"000000","message":"Success"}$`,
}

// nothing is what they come to if nothing was missed.
var nothing = []string{
	answers[0],
	`"totalItems":0},"status":"SUCCESS"`,
	`"errorCode":"CBE238"`,
	`"totalItems":0},"status":"SUCCESS"`,
	answers[4],
}

func TestTheLinesWorkWhenTheyArePasted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		args  []string
		wants []string
	}{
		{"as it starts", []string{"-missed", "7"}, answers},
		{"over TLS", []string{"-missed", "7", "-tls"}, answers},
		{"in three days", []string{"-missed", "7", "-clock", "+72h"}, answers},
		{"an hour ago", []string{"-missed", "7", "-clock", "-1h"}, answers},
		{"if nothing was missed", []string{"-missed", "0"}, nothing},
	}
	for _, shell := range []string{"sh", "bash"} {
		for _, program := range []string{shell, "curl", "openssl"} {
			if _, err := exec.LookPath(program); err != nil {
				t.Skipf("%s is not installed, so that the lines cannot be pasted into anything", program)
			}
		}
		for _, test := range tests {
			t.Run(shell+", "+test.name, func(t *testing.T) {
				t.Parallel()
				p := begin(t, test.args...)
				for i, line := range p.lines {
					assert.Regexp(t, test.wants[i], paste(t, shell, line), line)
				}
				p.arrived(t, test.args[1] != "0")
			})
		}
	}
}

// paste gives a line to a shell that knows nothing else, as a person would.
func paste(t *testing.T, shell, line string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), shell)
	command.Stdin = strings.NewReader(line + "\n")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	require.NoError(t, command.Run(), "%s\n%s", line, stderr.String())
	assert.Empty(t, stderr.String(), line)
	assert.True(t, strings.HasSuffix(stdout.String(), "\n"), "the prompt is on a line of its own")
	return strings.TrimSpace(stdout.String())
}

// arrived checks that one webhook and the notifications of a type came through.
func (p *printed) arrived(t *testing.T, missed bool) {
	t.Helper()
	if missed {
		p.settles(t, "CELCOIN", "sent", 1)
		p.settles(t, "CEFFU", "delivered", 2)
	}
	for _, vendor := range []string{"CELCOIN", "CEFFU"} {
		var requests struct {
			Items []struct {
				Verdict   string `json:"verdict"`
				Operation string `json:"operation"`
			} `json:"items"`
		}
		require.NoError(t, json.Unmarshal([]byte(p.console(t, vendor, "requests.json", "")), &requests))
		for _, r := range requests.Items {
			assert.Equal(t, "ok", r.Verdict, r.Operation)
		}
	}
}

func TestTheConsolesLinesWorkWhenTheyArePasted(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed, so that the lines cannot be pasted into anything", program)
		}
	}
	for _, tls := range []string{"-tls=false", "-tls"} {
		p := begin(t, "-missed", "7", tls)
		for _, vendor := range []string{"CELCOIN", "CEFFU"} {
			lines := regexp.MustCompile(`<pre>(curl .*/_sim/[a-z-]+&?#?3?9?;?)</pre>`).FindAllStringSubmatch(p.console(t, vendor, "", ""), -1)
			assert.GreaterOrEqual(t, len(lines), 9)
			for _, line := range lines {
				line := strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&").Replace(line[1])
				command := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "curl ", "curl -sSf ", 1)) //nolint:gosec // the page's own
				answer, err := command.CombinedOutput()
				assert.NoError(t, err, "%s\n%s", line, answer)
			}
		}
	}
}

// The same requests without curl, openssl or our own clients.
func TestTheSameRequestsInPlainGo(t *testing.T) {
	t.Parallel()
	for _, tls := range []string{"-tls=false", "-tls"} {
		t.Run(tls, func(t *testing.T) {
			t.Parallel()
			p := begin(t, "-missed", "7", tls)
			form := url.Values{
				"client_id": {p.env["CELCOIN_CLIENT_ID"]}, "client_secret": {p.env["CELCOIN_CLIENT_SECRET"]},
				"grant_type": {"client_credentials"},
			}
			token := p.send(t, http.MethodPost, p.env["CELCOIN_BASE_URL"]+"/v5/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
			assert.Regexp(t, answers[0], token)
			var bearer struct {
				AccessToken string `json:"access_token"`
			}
			require.NoError(t, json.Unmarshal([]byte(token), &bearer))
			for i, method := range []string{http.MethodGet, http.MethodGet, http.MethodPut} {
				target := regexp.MustCompile(`'(https?://[^']+/common/[^']+)'`).FindStringSubmatch(p.lines[i+1])
				require.NotNil(t, target, p.lines[i+1])
				answer := p.send(t, method, target[1], "", "Authorization", "Bearer "+bearer.AccessToken)
				assert.Regexp(t, answers[i+1], answer)
			}
			assert.Regexp(t, answers[4], p.resend(t))
			p.arrived(t, true)
		})
	}
}

// resend signs a request with the secret that was printed.
func (p *printed) resend(t *testing.T) string {
	t.Helper()
	from := regexp.MustCompile(`"resendFromDateTime":(\d+),`).FindStringSubmatch(p.lines[4])
	require.NotNil(t, from)
	body := fmt.Sprintf(`{"webhookId":"%s","eventType":"1","resendFromDateTime":%s,"timestamp":%d}`,
		p.env["CEFFU_WEBHOOK_IDS"], from[1], time.Now().UnixMilli())
	der, err := base64.StdEncoding.DecodeString(p.env["CEFFU_API_SECRET"])
	require.NoError(t, err)
	key, err := x509.ParsePKCS8PrivateKey(der)
	require.NoError(t, err)
	private, ok := key.(*rsa.PrivateKey)
	require.True(t, ok)
	digest := sha512.Sum512([]byte(body))
	signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA512, digest[:])
	require.NoError(t, err)
	return p.send(t, http.MethodPost, p.env["CEFFU_BASE_URL"]+"/open-api/entity/webhook/resend", body,
		"open-apikey", p.env["CEFFU_API_KEY"], "signature", base64.StdEncoding.EncodeToString(signature), "Content-Type", "application/json")
}

func (p *printed) send(t *testing.T, method, target, body string, header ...string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := p.http.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(answer)
}
