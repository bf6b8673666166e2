package ceffu_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// line is a log line as JSON, without its time.
type line map[string]any

// logging returns an option, and what has been logged with it.
func logging(tb testing.TB, level slog.Level) (ceffu.Option, func() []line) {
	tb.Helper()
	var out bytes.Buffer
	handler := slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: level})
	return ceffu.WithLogger(slog.New(handler)), func() []line {
		var all []line
		for text := range strings.Lines(out.String()) {
			var l line
			require.NoError(tb, json.Unmarshal([]byte(text), &l))
			delete(l, "time")
			all = append(all, l)
		}
		return all
	}
}

func TestEachAttemptIsLogged(t *testing.T) {
	t.Parallel()
	// What every line has; durations are in nanoseconds.
	with := func(l line) line {
		l["operation"], l["method"], l["path"] = "resend webhooks", "POST", resendPath
		return l
	}
	const second = 1e9
	tests := map[string]struct {
		answers []answer
		want    []line
	}{
		"a success": {
			[]answer{accepted.with("X-Request-Id", "req-1").after(time.Second)},
			[]line{
				{"level": "DEBUG", "msg": "answer", "status": 200., "code": "000000", "request_id": "req-1", "attempt": 1., "duration": 1 * second},
			},
		},
		"a success after a rate limit": {
			[]answer{code(429, "G20012").with("Retry-After", "7"), accepted},
			[]line{
				{"level": "WARN", "msg": "answer", "status": 429., "code": "G20012", "request_id": "", "attempt": 1., "duration": 0.},
				{"level": "INFO", "msg": "retry", "wait": 7 * second, "attempt": 1.},
				{"level": "DEBUG", "msg": "answer", "status": 200., "code": "000000", "request_id": "", "attempt": 2., "duration": 0.},
			},
		},
		"a refusal": {
			[]answer{code(200, "G20005")},
			[]line{
				{"level": "WARN", "msg": "answer", "status": 200., "code": "G20005", "request_id": "", "attempt": 1., "duration": 0.},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				option, lines := logging(t, slog.LevelDebug)
				_, _ = over(t, answering(tt.answers...), option).ResendWebhooks(t.Context(), testRequest()) // the lines tell
				for i := range tt.want {
					with(tt.want[i])
				}
				assert.Equal(t, tt.want, lines())
			})
		})
	}
}

func TestAFailureIsLoggedByWhatBecameOfTheRequest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		failure answer
		want    string
	}{
		"no connection": {unsent, "not sent"},
		"a lost answer": {lost, "no answer"},
		"a time-out":    {accepted.after(time.Hour), "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				option, lines := logging(t, slog.LevelInfo)
				_, err := over(t, answering(tt.failure, accepted), option).ResendWebhooks(t.Context(), testRequest())
				require.NoError(t, err)
				got := lines()
				require.Len(t, got, 2, "the success has level debug")
				assert.Equal(t, tt.want, got[0]["msg"])
				assert.Equal(t, "WARN", got[0]["level"])
				assert.NotContains(t, got[0], "status")
				assert.Equal(t, "retry", got[1]["msg"])
			})
		})
	}
}

func TestACallThatIsNotBegunIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		option, lines := logging(t, slog.LevelDebug)
		creds := testCredentials()
		creds.APISecret, creds.Signer = "", &held{err: errReset}
		c, err := ceffu.New(creds, option)
		require.NoError(t, err)
		_, err = c.ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, errReset)
		require.Len(t, lines(), 1)
		assert.Equal(t, "not begun", lines()[0]["msg"])
		assert.Zero(t, lines()[0]["attempt"])
	})
}

func TestNothingButTheAllowedAttributesIsLogged(t *testing.T) {
	t.Parallel()
	allowed := []string{
		"level", "msg", "operation", "method", "path", "status", "code", "request_id", "attempt", "duration", "wait",
	}
	synctest.Test(t, func(t *testing.T) {
		option, lines := logging(t, slog.LevelDebug)
		c := over(t, answering(lost, unsent, code(429, "G20012"), code(400, "G20007"), code(500, "G29999"), answer{status: 404}), option,
			ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: 9}))
		_, err := c.ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, ceffu.ErrNotFound)
		require.Len(t, lines(), 11)
		for _, l := range lines() {
			for name := range l {
				assert.Contains(t, allowed, name)
			}
			assert.Equal(t, resendPath, l["path"], "the path without the base URL's prefix")
		}
	})
}

func TestTheCallersContextReachesTheLogger(t *testing.T) {
	t.Parallel()
	type key struct{}
	handler := &contextual{Handler: slog.DiscardHandler}
	c := over(t, answering(accepted), ceffu.WithLogger(slog.New(handler)))
	_, err := c.ResendWebhooks(context.WithValue(t.Context(), key{}, "trace-1"), testRequest())
	require.NoError(t, err)
	require.Len(t, handler.seen, 1)
	assert.Equal(t, "trace-1", handler.seen[0].Value(key{}))
}

// contextual keeps the contexts that a logger is handed.
type contextual struct {
	slog.Handler

	seen []context.Context
}

func (c *contextual) Enabled(context.Context, slog.Level) bool { return true }

func (c *contextual) Handle(ctx context.Context, _ slog.Record) error {
	c.seen = append(c.seen, ctx)
	return nil
}
