package ceffu_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

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
