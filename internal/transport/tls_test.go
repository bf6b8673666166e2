package transport_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// selfSigned is a certificate for a client that expires in an hour.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestACertificateThatExpiredLongAgoIsRefused: a clock may be wrong by less
// than a day, and then it is the server that decides.
func TestACertificateThatExpiredLongAgoIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cert, s := selfSigned(t), &transport.Settings{}
		parsed := cert
		var err error
		parsed.Leaf, err = x509.ParseCertificate(cert.Certificate[0])
		require.NoError(t, err)
		time.Sleep(25 * time.Hour) //nolint:forbidigo // virtual time
		require.NoError(t, s.SetCertificate(cert), "expired for exactly a day")
		time.Sleep(time.Second) //nolint:forbidigo // virtual time
		require.ErrorContains(t, s.SetCertificate(cert), "has expired: it is valid from")
		require.ErrorContains(t, s.SetCertificate(parsed), "2000-01-02 01:00 UTC")
	})
}

// TestAnAlertAboutTheCertificateIsExplainedAndNotRetried: another attempt would
// show the same certificate. Every class of call is alike.
func TestAnAlertAboutTheCertificateIsExplainedAndNotRetried(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		alert    tls.AlertError
		attempts int
		says     string
	}{
		{40, 3, "mutual TLS"}, // may be about anything
		{42, 1, "issued for this environment"},
		{43, 1, "kind of key"},
		{44, 1, "get a new certificate"},
		{45, 1, "check its dates"},
		{46, 1, "refuses the client certificate"},
		{48, 1, "intermediate certificates"},
		{49, 1, "denies it access"},
		{116, 1, "requires a client certificate"},
		{70, 3, "protocol version"},
		{71, 3, "insufficient security"},
		{112, 3, "unrecognized name"},
		{120, 3, "no application protocol"},
	} {
		for _, c := range classes {
			cause := &net.OpError{Op: "remote error", Err: tt.alert}
			out := newClient(hasty(play(fails(fmt.Errorf("net/http says: %w", cause))))).Do(t.Context(), put(t, somewhere, c.class))
			require.ErrorIs(t, out.Err, cause)
			require.ErrorContains(t, out.Err, tt.says)
			assert.Equal(t, tt.attempts, out.Attempts, "%v, %s", tt.alert, c.name)
			assert.False(t, out.InDoubt)
		}
	}
}

func TestARenegotiationThatIsRefusedIsExplained(t *testing.T) {
	t.Parallel()
	cause := &net.OpError{Op: "local error", Err: tls.AlertError(100)}
	out := newClient(hasty(play(fails(cause)))).Do(t.Context(), get(t, somewhere))
	require.ErrorIs(t, out.Err, cause)
	require.ErrorContains(t, out.Err, "asks for a client certificate (mutual TLS) after it has seen the path")
}
