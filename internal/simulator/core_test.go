package simulator_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

func TestEveryWayInGivesTheSameAnswer(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, way := range ways() {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t, func(cfg *simulator.Config) { cfg.Clock = func() time.Time { return noon } })
			response, err := buy(t, way.client(t, core), core, "X-Call", "a")
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)

			assert.Equal(t, way.proto, response.ProtoMajor)
			assert.Equal(t, "200 OK", response.Status)
			assert.Equal(t, trueAnswer, string(body))
			assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
			assert.EqualValues(t, len(trueAnswer), response.ContentLength)
			assert.Equal(t, "Sun, 01 Mar 2026 12:00:00 GMT", response.Header.Get("Date"))

			records := core.Requests()
			require.Len(t, records, 1)
			got := records[0]
			assert.Equal(t, noon, got.Time)
			assert.Equal(t, "buy", got.Operation)
			assert.Equal(t, http.MethodPost, got.Method)
			assert.Equal(t, "/buy?size=L", got.URL)
			assert.Equal(t, `{"n":1}`, string(got.Body))
			assert.Equal(t, "a", got.Header.Get("X-Call"))
			assert.Equal(t, "7", got.Header.Get("Content-Length"))
			assert.Equal(t, "gzip", got.Header.Get("Accept-Encoding"))
			assert.NotEmpty(t, got.Header.Get("User-Agent"))
			assert.Equal(t, strings.TrimPrefix(strings.TrimPrefix(core.URL, "https://"), "http://"), got.Host)
			assert.Equal(t, way.name == "Transport", got.RemoteAddr == "")
			assert.Equal(t, map[int]string{1: "HTTP/1.1", 2: "HTTP/2.0"}[way.proto], got.Proto)
			assert.Equal(t, 1, got.Attempt)
			assert.Equal(t, simulator.VerdictOK, got.Verdict)
			assert.Equal(t, http.StatusOK, got.Status)
			assert.True(t, got.Processed)
			assert.Empty(t, got.Fault)
			if way.name == "Transport" {
				assert.Zero(t, core.Connections())
			} else {
				assert.Equal(t, 1, core.Connections())
			}
		})
	}
}

func TestDateSkewShowsInTheAnswerOnly(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	core, _ := open(t, func(cfg *simulator.Config) { cfg.Clock = func() time.Time { return noon } })
	require.NoError(t, core.Inject(simulator.Fault{DateSkew: -time.Hour}))
	response, err := buy(t, &http.Client{Transport: core.Transport()}, core)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, "Sun, 01 Mar 2026 11:00:00 GMT", response.Header.Get("Date"))
	assert.Equal(t, noon, core.Requests()[0].Time)
}

func TestAnAnswerCanLackItsDate(t *testing.T) {
	t.Parallel()
	for _, way := range ways() {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			require.NoError(t, core.Inject(simulator.Fault{NoDate: true}))
			for _, want := range []bool{false, true} {
				response, err := buy(t, way.client(t, core), core)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				assert.Equal(t, want, response.Header.Get("Date") != "")
			}
		})
	}
}

func TestConnectionsAreKeptAndCounted(t *testing.T) {
	t.Parallel()
	for _, way := range ways()[:4] {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			client := way.client(t, core)
			statuses(t, client, core, 5)
			assert.Equal(t, 1, core.Connections())
			client.CloseIdleConnections()
			statuses(t, client, core, 1)
			assert.Equal(t, 2, core.Connections())
		})
	}
}

func TestOnlyLoopbackAddressesAreListenedOn(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		_, err := simulator.Start(simulator.Config{Vendor: &shop{}, Addr: addr})
		require.EqualError(t, err, `listen: "`+addr+`" is not a loopback address`)
	}
	_, err := simulator.Start(simulator.Config{Vendor: &shop{}, Addr: "127.0.0.1"})
	require.ErrorContains(t, err, "missing port")

	for _, addr := range []string{"127.0.0.1:0", "localhost:0", "127.9.8.7:0"} {
		core, _ := open(t, func(cfg *simulator.Config) { cfg.Addr = addr })
		at, err := url.Parse(core.URL)
		require.NoError(t, err)
		assert.NotEqual(t, "0", at.Port())
		assert.True(t, net.ParseIP(at.Hostname()).IsLoopback())
	}
}

func TestATakenAddressIsAnError(t *testing.T) {
	t.Parallel()
	core, _ := open(t)
	at, err := url.Parse(core.URL)
	require.NoError(t, err)
	_, err = simulator.Start(simulator.Config{Vendor: &shop{}, Addr: at.Host})
	require.ErrorContains(t, err, "listen: ")
}

func TestTheVendorGetsTheSimulatorBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	var attached *simulator.Core
	core, _ := open(t, func(cfg *simulator.Config) { cfg.Attach = func(c *simulator.Core) { attached = c } })
	assert.Same(t, core, attached)
}

func TestAClosedSimulatorAnswersNobody(t *testing.T) {
	t.Parallel()
	for _, way := range ways() {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			core, _ := way.open(t)
			client := way.client(t, core)
			statuses(t, client, core, 1)
			core.Close()
			core.Close()
			client.CloseIdleConnections() // or the first it hears is that they ended
			_, _, err := bought(t, client, core)
			require.ErrorContains(t, err, "connection refused")
		})
	}
}

func TestHTTPClientTrustsTheServer(t *testing.T) {
	t.Parallel()
	core, _ := open(t, withTLS)
	response, err := buy(t, core.HTTPClient(), core)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 2, response.ProtoMajor)
	assert.Equal(t, core.Certificate(), response.TLS.PeerCertificates[0])

	_, _, err = bought(t, &http.Client{Transport: &http.Transport{}}, core)
	require.ErrorContains(t, err, "certificate")
}

func TestMutualTLSAsksForACertificate(t *testing.T) {
	t.Parallel()
	pair, pool := clientCertificate(t)
	core, _ := open(t, func(cfg *simulator.Config) { cfg.ClientCAs = pool })
	assert.True(t, strings.HasPrefix(core.URL, "https://"))

	_, _, err := bought(t, core.HTTPClient(), core)
	require.Error(t, err, "the alert, or that the connection is gone: whichever the client sees first")
	assert.Empty(t, core.Requests())

	known, ok := core.HTTPClient().Transport.(*http.Transport)
	require.True(t, ok)
	transport := known.Clone()
	transport.TLSClientConfig.Certificates = []tls.Certificate{pair}
	t.Cleanup(transport.CloseIdleConnections)
	assert.Equal(t, []int{200}, statuses(t, &http.Client{Transport: transport}, core, 1))
}

func clientCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestAPathThatIsNoCallIsTheVendors(t *testing.T) {
	t.Parallel()
	core, _ := open(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, core.URL+"/other", http.NoBody)
	require.NoError(t, err)
	response, err := core.HTTPClient().Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	assert.Equal(t, "no such call", core.Requests()[0].Verdict)
	assert.False(t, core.Requests()[0].Processed)
}

func BenchmarkStart(b *testing.B) {
	for _, secure := range []bool{false, true} {
		name := map[bool]string{false: "plain", true: "TLS"}[secure]
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				core, err := simulator.Start(simulator.Config{Vendor: &shop{}, TLS: secure})
				require.NoError(b, err)
				core.Close()
			}
		})
	}
}
