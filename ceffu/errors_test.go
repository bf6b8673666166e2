package ceffu_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

func TestErrorsReadWell(t *testing.T) {
	t.Parallel()
	said := func(status int, code, message string) answer {
		body, err := json.Marshal(map[string]string{"code": code, "message": message})
		require.NoError(t, err)
		return answer{status: status, body: string(body)}
	}
	const pre = "ceffu: resend webhooks: "
	for name, tt := range map[string]struct {
		answer answer
		want   string
	}{
		"a rate limit": {
			said(429, "G20012", "Rate limit exceeded").with("Retry-After", "7").with("X-Request-Id", "req-1"),
			"429 Too Many Requests, code G20012: Rate limit exceeded, request req-1, 4 attempts, retry after 7s",
		},
		"a refusal inside a 200": {
			said(200, "G20005", "Invalid parameter value"), "200 OK, code G20005: Invalid parameter value, 1 attempt",
		},
		"a code that is not known": {
			said(400, "G29999", "Something new."), "400 Bad Request, code G29999: Something new, 1 attempt",
		},
		"a status that is not known": {
			said(499, "", ""), "499, 1 attempt; this is not Ceffu's JSON; a proxy or gateway may have answered",
		},
		"a clock": {
			said(401, "G20007", "Request timestamp expired"),
			"401 Unauthorized, code G20007: Request timestamp expired, 2 attempts; compare this machine's clock with true time",
		},
		"a signature": {
			said(401, "G20009", "Invalid Sign"),
			"401 Unauthorized, code G20009: Invalid Sign, 1 attempt; check that the secret belongs to this API key, and that nothing on the way changes the body",
		},
		"an API key": {
			said(401, "G20010", "Invalid API Key"), "401 Unauthorized, code G20010: Invalid API Key, 1 attempt; check the API key",
		},
		"an API key that has expired": {
			said(401, "G20028", "API key expired"),
			"401 Unauthorized, code G20028: API key expired, 1 attempt; the API key has expired, make a new one",
		},
		"an address": {
			said(403, "G20011", "Invalid IP address"),
			"403 Forbidden, code G20011: Invalid IP address, 1 attempt; add this machine's address to the API key's IP list",
		},
		"a permission": {
			said(403, "G20016", "No permission access this endpoint"),
			"403 Forbidden, code G20016: No permission access this endpoint, 1 attempt; the API key needs the permission group Enable Wallet Management",
		},
		"a range": {
			said(400, "G20026", "Range too large"), "400 Bad Request, code G20026: Range too large, 1 attempt; choose a later From",
		},
		"an inner error": {
			said(500, "G20001", "Internal system error"),
			"500 Internal Server Error, code G20001: Internal system error, 4 attempts; it is unknown whether it was carried out",
		},
		"a gateway": {
			answer{status: 502, body: "<html>"},
			"502 Bad Gateway, 4 attempts; this is not Ceffu's JSON; a proxy or gateway may have answered; it is unknown whether it was carried out",
		},
		"a page inside a 200": {
			answer{status: 200, body: "<html>"},
			"200 OK, 1 attempt; this is not Ceffu's JSON; a proxy or gateway may have answered; it is unknown whether it was carried out",
		},
		"a redirect": {
			answer{status: 302}.with("Location", "https://login.example/?secret=1"),
			"302 Found, 1 attempt; a redirect is never followed; check WithBaseURL",
		},
		"nothing new": {
			answer{status: 304}, "304 Not Modified, 1 attempt; this is not Ceffu's JSON; a proxy or gateway may have answered",
		},
		"no connection": {unsent, "dial tcp: connection refused, 4 attempts"},
		"a lost answer": {lost, "connection reset by a test, 4 attempts; it is unknown whether it was carried out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := over(t, answering(tt.answer)).ResendWebhooks(t.Context(), testRequest())
				require.EqualError(t, err, pre+tt.want)
				for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
					assert.Equal(t, pre+tt.want, fmt.Sprintf(verb, err), verb)
				}
				assert.Equal(t, fmt.Sprintf("%q", pre+tt.want), fmt.Sprintf("%q", err))
			})
		})
	}
}

func TestAServersTextStaysOnOneLineAndShort(t *testing.T) {
	t.Parallel()
	body, err := json.Marshal(map[string]string{
		"code":    "G2\r\nlevel=ERROR msg=forged" + strings.Repeat("x", 100),
		"message": "first\nsecond\x1b[2J\u202e\u2028third\x00 " + strings.Repeat("é", 2000),
	})
	require.NoError(t, err)
	_, err = over(t, answering(answer{status: 400, body: string(body)}.with("X-Request-Id", "req\x85"+strings.Repeat("y", 1000)))).
		ResendWebhooks(t.Context(), testRequest())
	var e *ceffu.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "G2  level=ERROR msg=forged", e.Code[:26])
	assert.LessOrEqual(t, len(e.Code), 64+len("…"))
	assert.Equal(t, "first second [2J  third  é", e.Message[:27])
	assert.LessOrEqual(t, len(e.Message), 1024+len("…"))
	assert.LessOrEqual(t, len(e.RequestID), 128+len("…"))
	for _, r := range err.Error() {
		assert.True(t, r >= ' ' && r != '\u007f' && r != '\u202e' && r != '\u2028', "%q", r)
	}
}

func TestAnErrorInLogsAndJSON(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := answering(code(500, "G20001").with("Retry-After", "2").with("X-Request-Id", "req-1"))
		_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest())

		want := map[string]any{
			"operation": "resend webhooks", "status": 500., "code": "G20001", "message": "Said by a test",
			"request_id": "req-1", "attempts": 4., "outcome_unknown": true,
		}
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).ErrorContext(t.Context(), "failed", slog.Any("err", err))
		var logged struct {
			Err map[string]any `json:"err"`
		}
		require.NoError(t, json.Unmarshal(out.Bytes(), &logged))
		assert.EqualValues(t, 2*time.Second, logged.Err["retry_after"])
		delete(logged.Err, "retry_after")
		assert.Equal(t, want, logged.Err)

		text, err := json.Marshal(err)
		require.NoError(t, err)
		var marshalled map[string]any
		require.NoError(t, json.Unmarshal(text, &marshalled))
		assert.EqualValues(t, 2, marshalled["retry_after_seconds"])
		delete(marshalled, "retry_after_seconds")
		assert.Equal(t, want, marshalled)
	})
}

func TestACallWithoutAResponseIsAnErrorThatWrapsItsCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := over(t, answering(lost)).ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, errReset)
		var e *ceffu.Error
		require.ErrorAs(t, err, &e)
		assert.Zero(t, e.StatusCode)

		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).ErrorContext(t.Context(), "failed", slog.Any("err", err))
		assert.Contains(t, out.String(), `err.message="connection reset by a test"`)
		assert.Contains(t, out.String(), "err.outcome_unknown=true")
	})
}

func TestAnErrorOfTheCallersOwnMakingIsUsable(t *testing.T) {
	t.Parallel()
	err := error(&ceffu.Error{Op: "resend webhooks", StatusCode: 429, Code: "G20012", Attempts: 1})
	require.ErrorIs(t, err, ceffu.ErrRateLimited)
	require.NotErrorIs(t, err, ceffu.ErrOutcomeUnknown)
	require.NotErrorIs(t, err, uncomparable{"x"})
	require.EqualError(t, err, "ceffu: resend webhooks: 429 Too Many Requests, code G20012, 1 attempt")
	assert.ErrorIs(t, fmt.Errorf("recover: %w", errors.Join(errReset, err)), ceffu.ErrRateLimited)
}

// uncomparable is an error that == panics on.
type uncomparable []string

func (uncomparable) Error() string { return "uncomparable" }
