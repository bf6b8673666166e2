package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Version is that of the library, for the User-Agent.
const Version = "0.1.0"

// Settings are what the options of a vendor package fill in. Each Set method
// checks its argument; its errors never show a URL, which may hold a password.
type Settings struct {
	BaseURL        *url.URL
	HTTPClient     *http.Client
	Certificate    *tls.Certificate
	Policy         Policy
	AttemptTimeout time.Duration // 0: none
	RatePerSecond  float64       // 0: no limit
	Burst          int
	Logger         *slog.Logger
	App            string // the user's part of the User-Agent
	Observers      []Observer
	Wrappers       []func(http.RoundTripper) http.RoundTripper
}

// SetBaseURL takes an https URL, or an http one of this very machine, with or
// without a path prefix.
func (s *Settings) SetBaseURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Opaque != "", u.Hostname() == "":
		return errors.New("base URL: want https://host, with or without a path")
	case u.User != nil:
		return errors.New("base URL: must not hold a user name or password")
	case u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return errors.New("base URL: must not have a query or fragment")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("base URL: the scheme must be https")
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		return errors.New("base URL: must be https, as credentials go there; http only to a loopback address")
	case !validPort(u.Port()):
		return errors.New("base URL: the port is above 65535")
	case slices.ContainsFunc(strings.Split(u.Path, "/"), func(s string) bool { return s == "." || s == ".." }):
		return errors.New("base URL: must not have . or .. in its path")
	}
	if u.Path == "" {
		u.Path = "/" // URL.JoinPath leaves a path without one relative
	}
	s.BaseURL = u
	return nil
}

// validPort takes the digits of a port, or none.
func validPort(port string) bool {
	_, err := strconv.ParseUint("0"+port, 10, 16)
	return err == nil
}

// Loopback tells whether a host is this very machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// SetPolicy takes waits that are not negative and in order.
func (s *Settings) SetPolicy(p Policy) error {
	if p.MinWait < 0 || p.MaxWait < 0 || p.MaxRetryAfter < 0 {
		return errors.New("retry policy: a wait must not be negative")
	}
	if p.MaxWait != 0 && p.MinWait > p.MaxWait {
		return fmt.Errorf("retry policy: MinWait (%v) is above MaxWait (%v)", p.MinWait, p.MaxWait)
	}
	s.Policy = p
	return nil
}

// SetAttemptTimeout takes 0 for none.
func (s *Settings) SetAttemptTimeout(d time.Duration) error {
	if d < 0 {
		return errors.New("attempt timeout: must not be negative")
	}
	s.AttemptTimeout = d
	return nil
}

// SetRateLimit takes a finite rate above 0 and a burst of at least 1.
func (s *Settings) SetRateLimit(perSecond float64, burst int) error {
	if !(perSecond > 0) || math.IsInf(perSecond, 0) || burst < 1 {
		return errors.New("rate limit: want a rate above 0 a second and a burst of at least 1")
	}
	s.RatePerSecond, s.Burst = perSecond, burst
	return nil
}

// SetHTTPClient takes the client whose transport, cookie jar and timeout are used.
func (s *Settings) SetHTTPClient(c *http.Client) error {
	if c == nil {
		return errors.New("http client: is nil")
	}
	s.HTTPClient = c
	return nil
}

// SetCertificate takes the client certificate of mutual TLS.
func (s *Settings) SetCertificate(cert tls.Certificate) error {
	if err := checkCertificate(&cert, time.Now()); err != nil {
		return err
	}
	s.Certificate = &cert
	return nil
}

// AddWrapper takes what wraps the transport.
func (s *Settings) AddWrapper(wrap func(http.RoundTripper) http.RoundTripper) error {
	if wrap == nil {
		return errors.New("transport: the function is nil")
	}
	s.Wrappers = append(s.Wrappers, wrap)
	return nil
}

// SetApp takes what stands before the library's own name in the User-Agent.
func (s *Settings) SetApp(app string) error {
	if strings.TrimSpace(app) == "" {
		return errors.New("user agent: is empty")
	}
	if strings.ContainsFunc(app, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("user agent: only printable ASCII can be sent")
	}
	s.App = app
	return nil
}

// check finds settings that are each right and do not go together.
func (s *Settings) check() error {
	if s.Certificate == nil {
		return nil
	}
	if s.HTTPClient != nil && s.HTTPClient.Transport != nil {
		return errors.New("client certificate: the transport of your http client is used as it is; put the certificate into its transport")
	}
	if _, ok := http.DefaultTransport.(*http.Transport); !ok {
		return errors.New("client certificate: http.DefaultTransport has been replaced; give an http client that holds the certificate")
	}
	return nil
}

// maxIdlePerHost lets this many goroutines keep their connections; the
// standard library's 2 would open one for nearly every request.
const maxIdlePerHost = 64

// Tuned is a clone of the default transport, tuned to many calls to one host.
func Tuned() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport // somebody replaced it, and wants it used
	}
	t := standard.Clone()
	t.MaxIdleConnsPerHost = maxIdlePerHost
	t.MaxResponseHeaderBytes = maxErrorBody
	return t
}

// roundTripper is the user's transport as it is, or a tuned one.
func (s *Settings) roundTripper() http.RoundTripper {
	if s.HTTPClient != nil && s.HTTPClient.Transport != nil {
		return s.HTTPClient.Transport
	}
	base := Tuned()
	if t, ok := base.(*http.Transport); ok && s.Certificate != nil {
		t.TLSClientConfig = clientTLS(t.TLSClientConfig, s.Certificate)
	}
	return base
}

func (s *Settings) userAgent() string {
	own := "reenvio-go/" + Version + " " + runtime.Version()
	if s.App == "" {
		return own
	}
	return s.App + " " + own
}
