package ceffutest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	path   = "/open-api/entity/webhook/resend"
	hookID = "1721442311151521794"
)

// noon is when tests with a clock of their own begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that tests set. It is for tests in which one goroutine does everything.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{noon} }
func (c *clock) option() ceffutest.Option {
	return ceffutest.WithClock(func() time.Time { return c.now })
}
func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }
func (c *clock) millis() string          { return strconv.FormatInt(c.now.UnixMilli(), 10) }

// answer is what came back for a raw request.
type answer struct {
	status int
	body   string
	header http.Header
}

// success is the documented answer.
const success = `{"data":true,"code":"000000","message":"Success"}`

func refused(code, message string) string {
	return fmt.Sprintf(`{"data":null,"code":%q,"message":%q}`, code, message)
}

// sign is RSASSA-PKCS1-v1_5 with SHA-512 by the key that Ceffu would hand out.
func sign(t *testing.T, server *ceffutest.Server, body string) string {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(server.Credentials().APISecret)
	require.NoError(t, err)
	key, err := x509.ParsePKCS8PrivateKey(der)
	require.NoError(t, err)
	private, ok := key.(*rsa.PrivateKey)
	require.True(t, ok)
	digest := sha512.Sum512([]byte(body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA512, digest[:])
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(signature)
}

// post sends a body, signed, with headers changed in pairs; an empty value removes one.
func post(t *testing.T, server *ceffutest.Server, body string, change ...string) answer {
	t.Helper()
	header := http.Header{
		"Open-Apikey":  {server.Credentials().APIKey},
		"Signature":    {sign(t, server, body)},
		"Content-Type": {"application/json"},
	}
	for i := 0; i < len(change); i += 2 {
		header.Set(change[i], change[i+1])
		if change[i+1] == "" {
			header.Del(change[i])
		}
	}
	return send(t, &http.Client{Transport: server.Transport()}, http.MethodPost, server.URL+path, body, header)
}

func send(t *testing.T, client *http.Client, method, url, body string, header http.Header) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header = header
	response, err := client.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, string(raw), response.Header}
}

// resend is the documented body.
func resend(eventType string, from, timestamp int64) string {
	return fmt.Sprintf(`{"webhookId":%q,"eventType":%q,"resendFromDateTime":%d,"timestamp":%d}`, hookID, eventType, from, timestamp)
}

// open starts a server on a clock, with one webhook that delivers to a receiver.
func open(t *testing.T, receiver http.HandlerFunc, opts ...ceffutest.Option) (*ceffutest.Server, *clock) {
	t.Helper()
	clock := newClock()
	opts = append([]ceffutest.Option{clock.option(), ceffutest.WithReceiver(receiver)}, opts...)
	server := ceffutest.NewServer(t, opts...)
	_, err := server.AddWebhook(ceffutest.Webhook{ID: hookID})
	require.NoError(t, err)
	return server, clock
}

// up is a receiver that takes everything; down is one that takes nothing.
func up(http.ResponseWriter, *http.Request) {}

func down(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

func addFailed(t *testing.T, server *ceffutest.Server, eventType ceffu.EventType, count int, from, to time.Time) {
	t.Helper()
	require.NoError(t, server.AddFailed(ceffutest.Batch{
		WebhookID: hookID, EventType: eventType, Count: count, From: from, To: to,
	}))
}

// tally counts notifications by status.
func tally(server *ceffutest.Server) map[ceffutest.Status]int {
	counts := make(map[ceffutest.Status]int)
	for _, n := range server.Notifications() {
		counts[n.Status]++
	}
	return counts
}
