package celcoin_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the default transport trust the authority of these tests, as
// WithClientCertificate goes through a clone of it, and looks for goroutines
// that outlive the tests.
func TestMain(m *testing.M) {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		fmt.Fprintln(os.Stderr, "http.DefaultTransport is not an *http.Transport")
		os.Exit(1) //nolint:forbidigo // no test can run
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.cert)
	t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		t.CloseIdleConnections()
		os.Exit(code) //nolint:forbidigo // what VerifyTestMain does without a clean-up
	}))
}
