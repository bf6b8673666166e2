package celcoin_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// openssl runs it in a directory; the test is skipped where it is not installed.
func openssl(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	version, err := exec.CommandContext(t.Context(), "openssl", "version").Output()
	if err != nil || !bytes.HasPrefix(version, []byte("OpenSSL ")) {
		t.Skip("OpenSSL is not installed here")
	}
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Dir = dir
	return cmd
}

// TestTheCommandsThatErrorsNameConvertTheFile: files as openssl makes them are
// refused, the command of the error is run as it stands, and its files load.
func TestTheCommandsThatErrorsNameConvertTheFile(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p := issued{leaf: authority.certify(t, "fintech", key, time.Now())}
	p.cert = pemOf("CERTIFICATE", p.leaf.Certificate[0])
	pass := "pass:" + passphrase
	for _, tt := range []struct {
		name      string
		make      string // after openssl
		cert, key string // refused
		commands  []string
		converted [2]string
	}{
		{"a traditional encrypted key", "rsa -aes256 -traditional -in locked.pem -out key.pem", "cert.pem", "key.pem",
			[]string{"pkcs8 -topk8 -in key.pem -out key-pkcs8.pem"}, [2]string{"cert.pem", "key-pkcs8.pem"}},
		{"a key under an old scheme", "pkcs8 -topk8 -v1 PBE-SHA1-3DES -in locked.pem -out key.pem", "cert.pem", "key.pem",
			[]string{"pkcs8 -topk8 -in key.pem -out key-pkcs8.pem"}, [2]string{"cert.pem", "key-pkcs8.pem"}},
		{"a .pfx", "pkcs12 -export -inkey locked.pem -in cert.pem -out client.pfx", "client.pfx", "client.pfx",
			[]string{"pkcs12 -in client.pfx -nokeys -out cert.pem", "pkcs12 -in client.pfx -nocerts -out key.pem"}, [2]string{"cert.pem", "key.pem"}},
		{"a binary certificate", "x509 -outform DER -in cert.pem -out client.cer", "client.cer", "locked.pem",
			[]string{"x509 -inform DER -in client.cer -out cert.pem"}, [2]string{"cert.pem", "locked.pem"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			run := func(command string) {
				args := strings.Fields(command)
				if args[0] != "x509" {
					args = append(args, "-passin", pass, "-passout", pass)
				}
				out, err := openssl(t, dir, args...).CombinedOutput()
				require.NoError(t, err, "%s", out)
			}
			require.NoError(t, os.WriteFile(filepath.Join(dir, "cert.pem"), []byte(p.cert), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "locked.pem"), []byte(p.encrypted(t, nil)), 0o600))
			run(tt.make)
			_, err := celcoin.LoadClientCertificate(filepath.Join(dir, tt.cert), filepath.Join(dir, tt.key), passphrase)
			for _, command := range tt.commands {
				require.ErrorContains(t, err, "openssl "+command)
				run(command)
			}
			got, err := celcoin.LoadClientCertificate(filepath.Join(dir, tt.converted[0]), filepath.Join(dir, tt.converted[1]), passphrase)
			require.NoError(t, err)
			assert.Equal(t, p.leaf.Certificate[0], got.Certificate[0])
		})
	}
}

// TestAServerMayAskForTheCertificateByRenegotiation, as those do that ask for it
// on some paths only. Go's own server cannot. openssl's is led through one
// request: it prints what it reads, renegotiates on R, and sends what it is told.
func TestAServerMayAskForTheCertificateByRenegotiation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	own := authority.issue(t, "server")
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"root.pem":   pemOf("CERTIFICATE", authority.cert.Raw),
		"server.pem": pemOf("CERTIFICATE", own.Certificate[0]),
		"server.key": pemOf("PRIVATE KEY", key),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	cmd := openssl(t, dir, "s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cert", "server.pem", "-key", "server.key", "-CAfile", "root.pem")
	input, err := cmd.StdinPipe()
	require.NoError(t, err)
	output, printed := io.Pipe()
	cmd.Stdout, cmd.Stderr = printed, printed
	require.NoError(t, cmd.Start())
	address, done := make(chan string, 1), make(chan struct{})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = printed.Close()
		<-done
	})
	go func() {
		defer close(done)
		defer close(address)
		asked, answered := false, false
		for lines := bufio.NewScanner(output); lines.Scan(); {
			line := lines.Text()
			if at, ok := strings.CutPrefix(line, "ACCEPT "); ok {
				address <- at
			}
			switch {
			case line == "Authorization: Bearer token": // one line of the request, which it reads whole
				asked = true
				_, _ = io.WriteString(input, "R\n")
			case asked && !answered && strings.Contains(line, "fintech"): // the certificate is verified
				answered = true
				body := `{"body":{"totalItems":7},"status":"SUCCESS"}` + "\n" // it sends whole lines
				_, _ = fmt.Fprintf(input, "HTTP/1.1 200 OK\nContent-Length: %d\n\n%s", len(body), body)
			}
		}
	}()
	at := <-address
	require.NotEmpty(t, at, "openssl says where it listens")

	c, err := celcoin.New(withToken, celcoin.WithBaseURL("https://"+at), celcoin.WithClientCertificate(authority.issue(t, "fintech")),
		celcoin.WithAttemptTimeout(time.Minute), celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: -1}))
	require.NoError(t, err)
	got, err := c.CountWebhooks(t.Context(), somewhere)
	require.NoError(t, err)
	assert.Equal(t, 7, got.TotalItems)
}
