package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log" //nolint:depguard // net/http.Server wants one
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// step plays one attempt of a scripted server.
type step func(*http.Request) (*http.Response, error)

// arrival is a request as it left the client.
type arrival struct {
	method, url string
	header      http.Header
	body        string
	at          time.Time
}

// script plays its steps in turn, the last one again and again.
type script struct {
	steps []step

	mu       sync.Mutex
	arrivals []arrival
}

func play(steps ...step) *script { return &script{steps: steps} }

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	a := arrival{method: req.Method, url: req.URL.String(), header: req.Header.Clone(), at: time.Now()}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		a.body = string(body)
	}
	s.mu.Lock()
	next := s.steps[min(len(s.arrivals), len(s.steps)-1)]
	s.arrivals = append(s.arrivals, a)
	s.mu.Unlock()
	return next(req)
}

func (s *script) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.arrivals)
}

// gaps are the times between the attempts.
func (s *script) gaps() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var gaps []time.Duration
	for i := 1; i < len(s.arrivals); i++ {
		gaps = append(gaps, s.arrivals[i].at.Sub(s.arrivals[i-1].at))
	}
	return gaps
}

// answers gives a status, a body and pairs of header names and values.
func answers(status int, body string, header ...string) step {
	return func(*http.Request) (*http.Response, error) {
		return response(status, strings.NewReader(body), int64(len(body)), header...), nil
	}
}

func response(status int, body io.Reader, length int64, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Header: h, ContentLength: length, Body: io.NopCloser(body),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// means gives an answer that the codec reads as the kind of that name.
func means(kind string) step { return answers(http.StatusOK, "{}", "X-Kind", kind) }

// fails gives no answer.
func fails(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// hangs until the attempt is given up. A trace, if there is one, is told of the
// connection as far as it came.
func hangs(connected bool) step {
	return func(req *http.Request) (*http.Response, error) {
		ctx := req.Context()
		if trace := httptrace.ContextClientTrace(ctx); trace != nil {
			trace.GetConn(req.URL.Host)
			if connected {
				trace.GotConn(httptrace.GotConnInfo{})
			}
		}
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
}

// failingBody begins a success, and then fails to read on.
func failingBody(err error) step {
	return func(*http.Request) (*http.Response, error) {
		return response(http.StatusOK, io.MultiReader(strings.NewReader(`{"half":`), broken{err}), 20), nil
	}
}

// broken is a reader that only fails.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

var (
	errReset   = error(syscall.ECONNRESET)
	errRefused = error(syscall.ECONNREFUSED)
)

// codec is a vendor in a few lines: it sends what authorize says and takes the
// kind of a response from its X-Kind, or else from its status.
type codec struct {
	authorize func(context.Context, http.Header) ([]byte, error)
	classify  func(*transport.Response) transport.Classification
}

func (codec) Ready(context.Context) error { return nil }

func (c codec) Authorize(ctx context.Context, h http.Header) ([]byte, error) {
	if c.authorize == nil {
		return nil, nil
	}
	return c.authorize(ctx, h)
}

var kinds = map[string]transport.Kind{
	"succeeded":    transport.Succeeded,
	"refused":      transport.Refused,
	"rate limited": transport.RateLimited,
	"server error": transport.ServerError,
	"malformed":    transport.Malformed,
	"reauthorize":  transport.Reauthorize,
	"retry now":    transport.RetryNow,
}

func (c codec) Classify(r *transport.Response, _ *struct{}) transport.Classification {
	if c.classify != nil {
		return c.classify(r)
	}
	if k, ok := kinds[r.Header.Get("X-Kind")]; ok {
		return transport.Classification{Kind: k}
	}
	if r.OK() && !r.TooLarge {
		return transport.Classification{Kind: transport.Succeeded}
	}
	return transport.Classification{Kind: transport.KindOfStatus(r)}
}

// errFailed is the error of every call that does not succeed.
var errFailed = fmt.Errorf("the call failed: %w", apierror.ErrUnavailable)

func (codec) Failure(string, *transport.Outcome) error { return errFailed }

// call is a call with its codec.
type call struct {
	transport.Call

	codec codec
}

// client makes calls.
type client struct{ *transport.Client }

func newClient(s *transport.Settings) client {
	c, err := transport.New(s)
	if err != nil {
		panic(err) //nolint:forbidigo // only for a wrapper that returns nil, which has a test of its own
	}
	return client{c}
}

func (c client) Do(ctx context.Context, call *call) transport.Outcome {
	_, out, _ := transport.Do(ctx, c.Client, call.Call, call.codec)
	return out
}

// settings have two retries and the defaults else.
func settings(rt http.RoundTripper) *transport.Settings {
	return &transport.Settings{
		HTTPClient: &http.Client{Transport: rt},
		Policy:     transport.Policy{MaxRetries: 2},
	}
}

// hasty settings wait for next to nothing between attempts, for tests in real time.
func hasty(rt http.RoundTripper) *transport.Settings {
	s := settings(rt)
	s.Policy.MinWait, s.Policy.MaxWait = time.Nanosecond, time.Nanosecond
	return s
}

// get and put are calls to a URL.
func get(t *testing.T, rawURL string) *call {
	t.Helper()
	u, err := url.Parse(rawURL)
	require.NoError(t, err)
	return &call{Call: transport.Call{
		Operation: "read things", Method: http.MethodGet, Template: "/things/{id}", URL: u, Class: transport.Safe,
	}}
}

func put(t *testing.T, rawURL string, class transport.Class) *call {
	t.Helper()
	c := get(t, rawURL)
	c.Operation, c.Method, c.Class = "write things", http.MethodPut, class
	c.codec = codec{authorize: sends(`{"thing":1}`)}
	return c
}

func sends(body string) func(context.Context, http.Header) ([]byte, error) {
	return func(context.Context, http.Header) ([]byte, error) { return []byte(body), nil }
}

// TestMain sees that no test leaves a goroutine behind: neither the retry loop,
// nor an attempt that timed out, nor the reading of an endless answer.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const somewhere = "https://vendor.test/base/things/1?q=query-canary"

var classes = []struct {
	name  string
	class transport.Class
}{{"a read", transport.Safe}, {"a repeatable call", transport.Idempotent}, {"a once call", transport.NonIdempotent}}

// errBoom is a cause of its own.
var errBoom = errors.New("boom")

// discard keeps a server's complaints about its clients out of the output.
func discard() *log.Logger { return log.New(io.Discard, "", 0) }

// bubble runs a subtest in virtual time.
func bubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}
