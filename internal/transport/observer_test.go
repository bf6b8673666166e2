package transport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// recorder is an observer that writes down what it is told, and marks the
// contexts that it returns.
type recorder struct {
	name     string
	calls    []transport.CallInfo
	attempts []transport.AttemptInfo
	order    []string
}

type markKey struct{ of string }

func (r *recorder) observer() transport.Observer {
	return transport.Observer{CallStart: r.CallStart, CallDone: r.CallDone, AttemptStart: r.AttemptStart, AttemptDone: r.AttemptDone}
}

func (r *recorder) CallStart(ctx context.Context, _ transport.CallInfo) context.Context {
	r.order = append(r.order, "call")
	return context.WithValue(ctx, markKey{r.name}, "call")
}

func (r *recorder) CallDone(ctx context.Context, c transport.CallInfo) {
	r.order = append(r.order, fmt.Sprint("call done in ", ctx.Value(markKey{r.name})))
	r.calls = append(r.calls, c)
}

func (r *recorder) AttemptStart(ctx context.Context, a transport.AttemptInfo) context.Context {
	r.order = append(r.order, fmt.Sprint("attempt ", a.Number, " in ", ctx.Value(markKey{r.name})))
	return context.WithValue(ctx, markKey{r.name}, "attempt")
}

func (r *recorder) AttemptDone(ctx context.Context, a transport.AttemptInfo) {
	r.order = append(r.order, fmt.Sprint("attempt done in ", ctx.Value(markKey{r.name})))
	r.attempts = append(r.attempts, a)
}

func TestAnObserverLearnsWhatBecameOfAnAttempt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		step step
	}{
		{"ok", answers(200, "{}")},
		{"status", answers(400, "")},
		{"malformed", means("malformed")},
		{"refused", fails(&net.OpError{Op: "dial", Err: errRefused})},
		{"dns", fails(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host"}})},
		{"tls", fails(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})},
		{"tls", fails(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "vendor.test"})}, // of a user's VerifyConnection
		{"tls", fails(tls.RecordHeaderError{Msg: "oversized record received with length 20527"})},
		{"timeout", hangs(true)},
		{"reset", fails(&net.OpError{Op: "read", Err: errReset})},
	} {
		want, s := tt.want, tt.step
		bubble(t, want, func(t *testing.T) {
			r := &recorder{}
			set := settings(play(s))
			set.AttemptTimeout, set.Policy.MaxRetries = time.Minute, -1
			set.Observers = append(set.Observers, r.observer())
			newClient(set).Do(t.Context(), put(t, somewhere, transport.Idempotent))
			require.Len(t, r.attempts, 1)
			assert.Equal(t, want, r.attempts[0].Outcome)
			require.Len(t, r.calls, 1)
			assert.Equal(t, want, r.calls[0].Outcome, "the call ends as its last attempt")
		})
	}
}

func TestAnObserverFollowsACallThroughItsAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one, other := &recorder{name: "one"}, &recorder{name: "other"}
		var seen []any
		s := settings(play(answers(429, "", "Retry-After", "2"), func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.Context().Value(markKey{"one"}), r.Context().Value(markKey{"other"}))
			time.Sleep(time.Second) //nolint:forbidigo // virtual time
			return answers(200, "{}")(r)
		}))
		s.Observers = append(s.Observers, one.observer())
		s.Observers = append(s.Observers, other.observer())
		require.NoError(t, newClient(s).Do(t.Context(), get(t, somewhere)).Err)
		assert.Equal(t, []any{"attempt", "attempt"}, seen, "the request has the context of every observer")
		for _, r := range []*recorder{one, other} {
			assert.Equal(t, []string{
				"call", "attempt 1 in call", "attempt done in attempt", "attempt 2 in call", "attempt done in attempt", "call done in call",
			}, r.order)
			assert.Equal(t, 429, r.attempts[0].StatusCode)
			assert.Equal(t, 2*time.Second, r.attempts[0].Wait)
			assert.Equal(t, time.Second, r.attempts[1].Duration)
			assert.Equal(t, transport.CallInfo{
				Operation: "read things", Method: "GET", Host: "vendor.test", PathTemplate: "/things/{id}",
				Attempts: 2, Outcome: "ok", Duration: 3 * time.Second,
			}, r.calls[0])
		}
	})
}

func TestAnObserverLearnsOfACallThatMadeNoAttempt(t *testing.T) {
	t.Parallel()
	for want, makeCall := range map[string]func(ctx context.Context, c client, call *call){
		"canceled": func(ctx context.Context, c client, call *call) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			c.Do(ctx, call)
		},
		"not_sent": func(ctx context.Context, c client, call *call) {
			call.codec.authorize = func(context.Context, http.Header) ([]byte, error) { return nil, errBoom }
			c.Do(ctx, call)
		},
	} {
		r := &recorder{}
		s := settings(play(answers(200, "{}")))
		s.Observers = append(s.Observers, r.observer())
		makeCall(t.Context(), newClient(s), get(t, somewhere))
		assert.Empty(t, r.attempts)
		require.Len(t, r.calls, 1)
		assert.Equal(t, want, r.calls[0].Outcome)
		assert.Equal(t, "unavailable", r.calls[0].Category)
	}
}

// TestTheLogHasALineACallAndOneAFailedAttempt, from a list of attributes of
// which none can hold a query, a credential, a body or the text of an error.
func TestTheLogHasALineACallAndOneAFailedAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := settings(play(answers(429, "canary", "Retry-After", "2", "X-Canary", "canary"), fails(errors.New("error-canary")),
			answers(307, "canary", "Location", "https://canary.test")))
		s.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		call := put(t, somewhere, transport.Idempotent)
		call.codec = codec{
			authorize: func(_ context.Context, h http.Header) ([]byte, error) {
				h.Set("Signature", "signature-canary")
				return []byte("body-canary"), nil
			},
			classify: func(r *transport.Response) transport.Classification {
				c := codec{}.Classify(r, nil)
				c.RequestID = "abc"
				return c
			},
		}
		newClient(s).Do(t.Context(), call)
		assert.NotContains(t, out.String(), "canary")
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		want := []string{
			"level=WARN attempt=1 outcome=status status=429 request_id=abc wait=2s",
			"level=WARN attempt=2 outcome=reset status=0",
			"level=WARN attempt=3 outcome=status status=307 request_id=abc wait=0s",
			"level=WARN attempts=3 outcome=status status=307 request_id=abc",
		}
		require.Len(t, lines, len(want))
		for i, line := range lines {
			assert.Contains(t, line, `operation="write things" method=PUT path=/things/{id}`)
			for attr := range strings.FieldsSeq(want[i]) {
				assert.Contains(t, line+" ", attr+" ")
			}
		}
	})
}

// TestNothingIsLoggedUnasked, neither to stderr nor to slog's default, which a
// nil logger of the retry library would do. It is not parallel, as it replaces
// that default.
func TestNothingIsLoggedUnasked(t *testing.T) { //nolint:paralleltest // see above
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	defer slog.SetDefault(before)
	for _, s := range []step{answers(500, ""), fails(errReset), answers(200, "{}")} {
		newClient(hasty(play(s))).Do(t.Context(), get(t, somewhere))
	}
	assert.Empty(t, out.String())
}
