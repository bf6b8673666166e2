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
			"celcoin: replay webhooks: 429 Too Many Requests, code CBE468: Too many requests, request abc, 3 attempts, retry after 1m30s; ask for less; whether it was carried out is not known",
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

func TestFailuresReadAloud(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset by peer")
	last := errors.New("celcoin: replay webhooks: 503 Service Unavailable, 2 attempts")
	inDoubt := errors.New("celcoin: replay webhooks: 503 Service Unavailable, 2 attempts; whether it was carried out is not known")
	for _, tt := range []struct {
		name    string
		failure *apierror.Failure
		want    string
		is      []error
	}{
		{
			"a lost answer",
			apierror.NewFailure("celcoin", "replay webhooks", 2, reset, true, nil),
			"celcoin: replay webhooks: connection reset by peer, 2 attempts; whether it was carried out is not known",
			[]error{reset, apierror.ErrOutcomeUnknown},
		},
		{
			"no connection",
			apierror.NewFailure("celcoin", "replay webhooks", 1, reset, false, nil),
			"celcoin: replay webhooks: connection reset by peer, 1 attempt",
			[]error{reset},
		},
		{
			"too late",
			apierror.NewFailure("celcoin", "replay webhooks", 0, context.DeadlineExceeded, false, nil),
			"celcoin: replay webhooks: context deadline exceeded, before the first attempt",
			[]error{context.DeadlineExceeded},
		},
		{
			"a wait cut short",
			apierror.NewFailure("celcoin", "replay webhooks", 2, context.Canceled, false, last),
			"celcoin: replay webhooks: context canceled, 2 attempts; the last answer was: celcoin: replay webhooks: 503 Service Unavailable, 2 attempts",
			[]error{context.Canceled, last},
		},
		{
			"a doubt that the last answer tells already",
			apierror.NewFailure("celcoin", "replay webhooks", 2, context.Canceled, true, inDoubt),
			"celcoin: replay webhooks: context canceled, 2 attempts; the last answer was: celcoin: replay webhooks: 503 Service Unavailable, 2 attempts; whether it was carried out is not known",
			[]error{context.Canceled, inDoubt, apierror.ErrOutcomeUnknown},
		},
		{
			"a cause that shows a secret on two lines",
			apierror.NewFailure("celcoin", "token", 1, errors.New("dial s3cret:\nrefused"), false, nil, "s3cret"),
			"celcoin: token: dial [redacted]: refused, 1 attempt",
			nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, tt.failure, tt.want)
			for _, target := range tt.is {
				require.ErrorIs(t, tt.failure, target)
			}
			unknown := errors.Is(tt.failure, apierror.ErrOutcomeUnknown)
			for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
				assert.Equal(t, tt.want, fmt.Sprintf(verb, tt.failure), verb)
			}
			asJSON, err := json.Marshal(tt.failure)
			require.NoError(t, err)
			var text string
			require.NoError(t, json.Unmarshal(asJSON, &text))
			assert.Equal(t, tt.want, text)
			assert.Contains(t, logLine(t, tt.failure), fmt.Sprintf("error.outcome_unknown=%t", unknown))
			assert.Contains(t, logLine(t, tt.failure), fmt.Sprintf("error.message=%q", tt.want))
		})
	}
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 attempts", 1: "1 attempt", 2: "2 attempts", 11: "11 attempts"} {
		assert.Equal(t, want, apierror.Attempts(n))
	}
}
