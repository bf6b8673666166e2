package ceffu_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

func TestAnOptionThatMakesNoSenseIsAnErrorOfNew(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]ceffu.Option{
		"a base URL without TLS":     ceffu.WithBaseURL("http://open-api.ceffu.com"),
		"no http client":             ceffu.WithHTTPClient(nil),
		"a negative wait":            ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: -1}),
		"a negative attempt timeout": ceffu.WithAttemptTimeout(-1),
		"a rate of 0":                ceffu.WithRateLimit(0, 1),
		"no logger":                  ceffu.WithLogger(nil),
		"no observer":                ceffu.WithObserver(nil),
		"no transport":               ceffu.WithTransport(nil),
		"an empty user agent":        ceffu.WithUserAgent(" "),
	} {
		_, err := ceffu.New(testCredentials(), option)
		require.ErrorContains(t, err, "ceffu: ", name)
	}
}

func TestEveryOptionHasItsEffect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor, wrapped := answering(accepted.after(time.Minute), accepted), 0
		c := over(t, vendor, nil,
			ceffu.WithBaseURL("https://proxy.example/base"),
			ceffu.WithAttemptTimeout(5*time.Second),
			ceffu.WithRateLimit(0.1, 1),
			ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: 1}),
			ceffu.WithUserAgent("payments/2.1"),
			ceffu.WithTransport(func(base http.RoundTripper) http.RoundTripper {
				wrapped++
				return base
			}))
		var response ceffu.Response
		_, err := c.ResendWebhooks(t.Context(), testRequest(), nil, ceffu.WithResponse(&response))
		require.NoError(t, err)
		require.Len(t, vendor.requests(), 2)
		first, second := vendor.requests()[0], vendor.requests()[1]
		assert.InDelta(t, 10, second.At.Sub(first.At).Seconds(), 0.001, "5 s of an attempt, and the turn of the rate limit")
		assert.Equal(t, "proxy.example", first.Host)
		assert.Equal(t, "/base"+resendPath, first.Path)
		assert.Regexp(t, `^payments/2\.1 \S`, first.Header.Get("User-Agent"))
		assert.Equal(t, 1, wrapped)
		assert.Equal(t, 2, response.Attempts)
		assert.JSONEq(t, success, string(response.Body))

		_, err = c.ResendWebhooks(t.Context(), testRequest(), ceffu.WithMaxRetries(0))
		require.NoError(t, err)
	})
}

// observer writes down what it is told.
type observer struct {
	calls    []ceffu.Call
	attempts []ceffu.Attempt
}

func (o *observer) CallStart(ctx context.Context, _ ceffu.Call) context.Context       { return ctx }
func (o *observer) AttemptStart(ctx context.Context, _ ceffu.Attempt) context.Context { return ctx }
func (o *observer) CallDone(_ context.Context, c ceffu.Call)                          { o.calls = append(o.calls, c) }
func (o *observer) AttemptDone(_ context.Context, a ceffu.Attempt) {
	o.attempts = append(o.attempts, a)
}

func TestAnObserverAndTheLogAreToldOfEachAttemptAndOfTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o := &observer{}
		c := over(t, answering(code(200, "G20012").with("Retry-After", "7"), accepted.after(time.Second)),
			ceffu.WithObserver(o), ceffu.WithLogger(logger))
		_, err := c.ResendWebhooks(t.Context(), testRequest())
		require.NoError(t, err)
		require.Len(t, o.attempts, 2)
		host := o.calls[0].Host
		assert.Equal(t, ceffu.Attempt{
			Operation: ceffu.OperationResend, Number: 1, Method: "POST", Host: host, PathTemplate: resendPath,
			StatusCode: 200, Code: "G20012", Outcome: ceffu.OutcomeStatus, Wait: 7 * time.Second,
		}, o.attempts[0])
		assert.Equal(t, []ceffu.Call{{
			Operation: ceffu.OperationResend, Method: "POST", Host: host, PathTemplate: resendPath,
			Attempts: 2, Outcome: ceffu.OutcomeOK, Duration: 8 * time.Second,
		}}, o.calls)
		assert.Equal(t, 2, strings.Count(out.String(), "\n"), "one line of the attempt that failed, one of the call")
	})
}
