package ceffu_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

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
