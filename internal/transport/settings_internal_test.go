package transport

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// roundTripperOf is what settings become, as an http.Transport.
func roundTripperOf(t *testing.T, s Settings) *http.Transport {
	t.Helper()
	tr, ok := s.roundTripper().(*http.Transport)
	require.True(t, ok)
	return tr
}

func TestTheDefaultTransportIsATunedClone(t *testing.T) {
	t.Parallel()
	standard, ok := http.DefaultTransport.(*http.Transport)
	require.True(t, ok)
	before := standard.Clone()

	for name, s := range map[string]Settings{
		"without an http client":           {},
		"with one that has no transport":   {HTTPClient: &http.Client{}},
		"with a certificate":               {Certificate: &tls.Certificate{Certificate: [][]byte{{1}}}},
		"with a certificate and a timeout": {HTTPClient: &http.Client{Timeout: 1}, Certificate: &tls.Certificate{}},
	} {
		tr := roundTripperOf(t, s)
		assert.NotSame(t, standard, tr, name)
		assert.Equal(t, 64, tr.MaxIdleConnsPerHost, name)
		assert.Equal(t, before.MaxIdleConns, tr.MaxIdleConns, name)
		assert.Equal(t, before.IdleConnTimeout, tr.IdleConnTimeout, name)
		assert.Equal(t, before.TLSHandshakeTimeout, tr.TLSHandshakeTimeout, name)
		assert.EqualValues(t, 1<<20, tr.MaxResponseHeaderBytes, name)
		assert.True(t, tr.ForceAttemptHTTP2, name)
		assert.NotNil(t, tr.Proxy, name)
		if s.Certificate != nil {
			assert.NotNil(t, tr.TLSClientConfig.GetClientCertificate, name)
		}
	}

	assert.Equal(t, before.MaxIdleConnsPerHost, standard.MaxIdleConnsPerHost, "the standard one is as it was")
	assert.Equal(t, before.MaxResponseHeaderBytes, standard.MaxResponseHeaderBytes)
	if standard.TLSClientConfig != nil {
		assert.Nil(t, standard.TLSClientConfig.GetClientCertificate)
	}
}

func TestTwoClientsDoNotShareATransport(t *testing.T) {
	t.Parallel()
	one, other := roundTripperOf(t, Settings{}), roundTripperOf(t, Settings{})
	assert.NotSame(t, one, other)
}

func TestTheUsersTransportIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	own := &http.Transport{MaxIdleConnsPerHost: 7}
	assert.Same(t, own, roundTripperOf(t, Settings{HTTPClient: &http.Client{Transport: own}}))
	assert.Equal(t, 7, own.MaxIdleConnsPerHost)
	assert.Zero(t, own.MaxResponseHeaderBytes)
}

// TestAReplacedDefaultTransportIsUsed: a test of the user's, or a proxy, put it
// there. It is not parallel, as it is the whole program's.
func TestAReplacedDefaultTransportIsUsed(t *testing.T) { //nolint:paralleltest // see above
	standard := http.DefaultTransport
	defer func() { http.DefaultTransport = standard }()
	replaced := http.NewFileTransport(http.Dir("."))
	http.DefaultTransport = replaced

	s := &Settings{}
	assert.Equal(t, replaced, s.roundTripper())
	require.NoError(t, s.SetBaseURL("https://vendor.test"))
	require.NoError(t, s.Check())
	s.Certificate = &tls.Certificate{}
	assert.EqualError(t, s.Check(), "client certificate: http.DefaultTransport has been replaced; give an http client that holds the certificate")
}
