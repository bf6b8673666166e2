package ceffu_test

import (
	"net"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// unsent is an attempt that found no connection.
var unsent = answer{err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}

func TestADoubtRemainsWhateverIsSaidLater(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answers    []answer
		categories []error
	}{
		"a refusal after a lost answer":      {[]answer{lost, code(400, "G20005")}, []error{ceffu.ErrInvalidRequest, ceffu.ErrOutcomeUnknown}},
		"a rate limit after an inner error":  {[]answer{code(500, "G20001"), code(429, "G20012")}, []error{ceffu.ErrRateLimited, ceffu.ErrOutcomeUnknown}},
		"no connection after a lost answer":  {[]answer{lost, unsent}, []error{ceffu.ErrOutcomeUnknown}},
		"no doubt after a refused rate only": {[]answer{code(429, "G20012"), code(400, "G20005")}, invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := over(t, answering(tt.answers...)).ResendWebhooks(t.Context(), testRequest())
				assertCategories(t, err, tt.categories)
			})
		})
	}
}

func TestAnAnswerSaysNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	before := answer{status: 500, body: `{"data":true,"code":"G20001","message":"Internal system error"}`}
	synctest.Test(t, func(t *testing.T) {
		_, err := over(t, answering(before, answer{status: 404, body: "{}"})).ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, ceffu.ErrNotFound)
		var e *ceffu.Error
		require.ErrorAs(t, err, &e)
		assert.Empty(t, e.Code)
		assert.Empty(t, e.Message)

		result, err := over(t, answering(before, answer{status: 200, body: `{"code":"000000"}`})).ResendWebhooks(t.Context(), testRequest())
		require.NoError(t, err)
		assert.False(t, result.Accepted)
	})
}
