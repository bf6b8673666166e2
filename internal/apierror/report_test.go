package apierror_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/apierror"
)

func TestOfStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{
		101: nil, 200: nil, 204: nil, 304: nil, 307: nil,
		400: apierror.ErrInvalidRequest, 402: apierror.ErrInvalidRequest, 405: apierror.ErrInvalidRequest,
		409: apierror.ErrInvalidRequest, 422: apierror.ErrInvalidRequest, 499: apierror.ErrInvalidRequest,
		401: apierror.ErrUnauthorized,
		403: apierror.ErrForbidden,
		404: apierror.ErrNotFound, 410: apierror.ErrNotFound,
		408: apierror.ErrServer, 500: apierror.ErrServer, 503: apierror.ErrServer, 599: apierror.ErrServer,
		429: apierror.ErrRateLimited,
	} {
		assert.Equal(t, want, apierror.OfStatus(status), "%d", status)
	}
}

func TestReportsReadAloud(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		report apierror.Report
		want   string
	}{
		{
			"all there is",
			apierror.Report{
				Package: "celcoin", Op: "replay webhooks", StatusCode: 429, Code: "CBE468", Message: "Too many requests.",
				RequestID: "abc", Attempts: 3, RetryAfter: 90 * time.Second, InDoubt: true, Advice: "ask for less",
			},
			"celcoin: replay webhooks: 429 Too Many Requests, code CBE468: Too many requests, request abc, 3 attempts, retry after 1m30s; ask for less; it is unknown whether it was carried out",
		},
		{
			"the least",
			apierror.Report{Package: "ceffu", Op: "resend webhooks", StatusCode: 500, Attempts: 1},
			"ceffu: resend webhooks: 500 Internal Server Error, 1 attempt",
		},
		{
			"a status without a name",
			apierror.Report{Package: "ceffu", Op: "resend webhooks", StatusCode: 599, Code: "G1", Attempts: 2},
			"ceffu: resend webhooks: 599, code G1, 2 attempts",
		},
		{
			"a message without a code",
			apierror.Report{Package: "ceffu", Op: "resend webhooks", StatusCode: 404, Message: "no Route matched", Attempts: 1},
			"ceffu: resend webhooks: 404 Not Found: no Route matched, 1 attempt",
		},
		{
			"a message that says nothing",
			apierror.Report{Package: "ceffu", Op: "resend webhooks", StatusCode: 400, Message: " ... ", Attempts: 1},
			"ceffu: resend webhooks: 400 Bad Request, 1 attempt",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, tt.report.String())
		})
	}
}

func TestAReportInLogsAndJSON(t *testing.T) {
	t.Parallel()
	r := apierror.Report{
		Package: "celcoin", Op: "replay webhooks", StatusCode: 429, Code: "CBE468", Message: "slow down",
		RequestID: "abc", Attempts: 3, RetryAfter: 1500 * time.Millisecond, InDoubt: true, Advice: "ask for less",
	}
	asJSON, err := json.Marshal(r)
	require.NoError(t, err)
	assert.JSONEq(t, `{"operation":"replay webhooks","status":429,"code":"CBE468","message":"slow down",
		"request_id":"abc","attempts":3,"retry_after_seconds":1.5,"outcome_unknown":true}`, string(asJSON))

	asJSON, err = json.Marshal(apierror.Report{Op: "replay webhooks", StatusCode: 500, Attempts: 1})
	require.NoError(t, err)
	assert.JSONEq(t, `{"operation":"replay webhooks","status":500,"attempts":1}`, string(asJSON))

	assert.Equal(t, "error.operation=\"replay webhooks\" error.status=429 error.code=CBE468 error.message=\"slow down\" "+
		"error.request_id=abc error.attempts=3 error.retry_after=1.5s error.outcome_unknown=true\n", logLine(t, r))
}

// logLine is a value as slog's text handler writes it, without time, level and
// message.
func logLine(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	h := slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
			return slog.Attr{}
		}
		return a
	}})
	slog.New(h).LogAttrs(t.Context(), slog.LevelInfo, "line", slog.Any("error", v))
	return out.String()
}

func TestACauseIsTheTextOfACallWithoutAResponse(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for want, r := range map[string]apierror.Report{
		"celcoin: token: boom, 2 attempts":                                              {Attempts: 2, Cause: boom},
		"celcoin: token: boom, before the first attempt":                                {NotSent: true, Cause: boom},
		"celcoin: token: boom":                                                          {Cause: errors.New("celcoin: boom")},
		"celcoin: token: boom, 2 attempts; the last response was 429 Too Many Requests": {StatusCode: 429, Attempts: 2, Cause: boom},
	} {
		r.Package, r.Op = "celcoin", "token"
		assert.Equal(t, want, r.String())
		assert.Contains(t, logLine(t, r), "boom")
	}
}

func TestACauseIsCleanedAndCanStillBeAskedWhatItIs(t *testing.T) {
	t.Parallel()
	cause := fmt.Errorf("s3cret\nrefused: %w", context.DeadlineExceeded)
	err := apierror.Clean(cause, "s3cret")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		got := fmt.Sprintf(verb, err)
		assert.NotContains(t, got, "s3cret", verb)
		assert.NotContains(t, got, "\n", verb)
	}
	require.NoError(t, errors.Unwrap(err), "whoever prints every error of a chain does not get to it")
	assert.Same(t, context.Canceled, apierror.Clean(context.Canceled, "s3cret"), "what is clean is itself")
	require.NoError(t, apierror.Clean(nil), "there is no cause")
}

func TestOnlyWhatMayPassIsTransient(t *testing.T) {
	t.Parallel()
	for _, err := range []error{apierror.ErrRateLimited, apierror.ErrServer, apierror.ErrUnavailable} {
		assert.True(t, apierror.Transient(fmt.Errorf("x: %w", err)))
		assert.False(t, apierror.Transient(errors.Join(err, apierror.ErrOutcomeUnknown)))
	}
	for _, err := range []error{nil, apierror.ErrForbidden, apierror.ErrInvalidRequest, errors.New("other")} {
		assert.False(t, apierror.Transient(err))
	}
}
