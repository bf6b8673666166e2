// Package subject has the clients that are compared: net/http by hand, this
// library, and what else a Go programmer would take. All make the same three
// calls with the same arguments and end with the same values.
package subject

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Subject makes the calls. It is safe for concurrent use. A call that does not
// end with what the server is known to answer is an error.
type Subject interface {
	Resend(ctx context.Context) error  // of Ceffu, signed
	Details(ctx context.Context) error // of Celcoin, a page of 200 webhooks
	Replay(ctx context.Context) error  // of Celcoin
}

// Call names one of the three.
type Call string

// The calls.
const (
	Resend  Call = "resend"
	Details Call = "details"
	Replay  Call = "replay"
)

// Calls are all three.
func Calls() []Call { return []Call{Resend, Details, Replay} }

// Of gives a subject's call.
func (c Call) Of(s Subject) func(context.Context) error {
	switch c {
	case Resend:
		return s.Resend
	case Details:
		return s.Details
	case Replay:
		return s.Replay
	}
	return func(context.Context) error { return fmt.Errorf("there is no call %q", c) }
}

// The names of the subjects.
const (
	Floor         = "net/http by hand"
	Ours          = "reenvio-go"
	Retryablehttp = "go-retryablehttp"
	RestyV2       = "resty v2"
	RestyV3       = "resty v3"
)

// Names are all subjects, the floor first.
func Names() []string { return []string{Floor, Ours, Retryablehttp, RestyV2, RestyV3} }

// New makes a subject that calls t.
func New(name string, t *Target) (Subject, error) {
	switch name {
	case Floor:
		return newFloor(t)
	case Ours:
		return newOurs(t)
	case Retryablehttp:
		return newRetrying(t), nil
	case RestyV2:
		return newRestyV2(t), nil
	case RestyV3:
		return newRestyV3(t), nil
	}
	return nil, fmt.Errorf("there is no subject %q", name)
}

// Target is where the calls go, and with which credentials.
type Target struct {
	URL    string
	Roots  *x509.CertPool // nil: plain HTTP
	Key    *rsa.PrivateKey
	Secret string // Key as Ceffu hands it out
}

// NewTarget makes a key for a target. It protects nothing.
func NewTarget(url string, roots *x509.CertPool) (*Target, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return &Target{URL: url, Roots: roots, Key: key, Secret: base64.StdEncoding.EncodeToString(der)}, nil
}

// At is the same target in another place.
func (t *Target) At(url string, roots *x509.CertPool) *Target {
	other := *t
	other.URL, other.Roots = url, roots
	return &other
}

// tlsConfig trusts the target; nil over plain HTTP.
func (t *Target) tlsConfig() *tls.Config {
	if t.Roots == nil {
		return nil
	}
	return &tls.Config{RootCAs: t.Roots, MinVersion: tls.VersionTLS12}
}

// tuned is the standard library's transport with as many idle connections as
// there are goroutines, which is what a careful programmer sets.
func (t *Target) tuned() (*http.Transport, error) {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("http.DefaultTransport has been replaced")
	}
	tuned := standard.Clone()
	tuned.MaxIdleConnsPerHost = 64
	tuned.TLSClientConfig = t.tlsConfig()
	return tuned, nil
}

// The arguments of the calls.
const (
	apiKey      = "key-for-benchmarks-only" //nolint:gosec // as it says
	clientID    = "id-for-benchmarks-only"
	credential  = "secret-for-benchmarks-only"
	bearerToken = "token-for-benchmarks-only"

	ceffuWebhook   = "1721442311151521794"
	celcoinWebhook = "f933b0b1-86fa-4acd-b198-bdb9135da5ec"

	resendPath  = "/open-api/entity/webhook/resend"
	replayPath  = "/common/v1/webhook/replay/PIX/pix-payment-in"
	detailsPath = replayPath + "/details"
	pageSize    = 200
)

var errAnswer = errors.New("the answer is not the server's")

// window is what is asked for.
func window() (from, to time.Time) {
	brasilia := time.FixedZone("-03", -3*60*60)
	return time.Date(2026, 11, 8, 6, 30, 0, 0, brasilia), time.Date(2026, 11, 8, 7, 30, 0, 0, brasilia)
}
