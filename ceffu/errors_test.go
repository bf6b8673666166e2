package ceffu_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

func TestAnErrorInTextAndJSON(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := answering(code(500, "G20001").with("Retry-After", "2").with("X-Request-Id", "req-1"))
		_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest())
		require.EqualError(t, err, "ceffu: resend webhooks: 500 Internal Server Error, code G20001: Said by a test, request req-1, "+
			"4 attempts, retry after 2s; it is unknown whether it was carried out")
		assert.True(t, ceffu.Retryable(err))
		text, err2 := json.Marshal(err)
		require.NoError(t, err2)
		assert.JSONEq(t, `{"operation":"resend webhooks","status":500,"code":"G20001","message":"Said by a test",
			"request_id":"req-1","attempts":4,"retry_after_seconds":2,"outcome_unknown":true}`, string(text))
	})
}

func TestACallWithoutAResponseIsAnErrorThatWrapsItsCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := over(t, answering(lost)).ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, errReset)
		require.ErrorIs(t, err, ceffu.ErrOutcomeUnknown)
		var e *ceffu.Error
		require.ErrorAs(t, err, &e)
		assert.Zero(t, e.StatusCode)
		assert.True(t, ceffu.Retryable(err))

		_, err = over(t, answering(unsent)).ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, ceffu.ErrUnavailable)
		assert.True(t, ceffu.Retryable(err))
	})
}

// A base URL of another vendor, or a wrong one, is named where it may be the reason.
func TestAnErrorSaysWhereTheBaseURLMayBeWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ base, says, not string }{
		{ceffu.DefaultBaseURL, "", "the base URL is"},
		{"https://sandbox.openfinance.celcoin.dev", "; the base URL is Celcoin's, not Ceffu's", "the base URL is not"},
		{"https://proxy.example", "; the base URL is not " + ceffu.DefaultBaseURL, "Celcoin"},
	} {
		for _, status := range []int{307, 404} {
			c := over(t, answering(answer{status: status}), ceffu.WithBaseURL(tt.base))
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			require.ErrorContains(t, err, "check WithBaseURL"+tt.says)
			assert.NotContains(t, err.Error(), tt.not)
		}
	}
}
