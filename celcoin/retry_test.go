package celcoin_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

// cut sends half of an answer.
func cut(r *http.Request) (*http.Response, error) {
	resp, err := success200(r)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"status":"SUCC`), brokenReader{}))
	return resp, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestARetriedRequestIsTheSameRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{call: []reply{fails(errRefused), says(429, ""), says(503, "", "Retry-After", "3"), success200}}
		req := one
		req.Filter.Account = "124"
		_, err := f.client(t).ReplayWebhooks(t.Context(), req)
		require.NoError(t, err)
		require.Len(t, f.calls(), 4)
		for _, r := range f.calls() {
			assert.Equal(t, f.calls()[0], r)
			assert.Equal(t, `{"filter":{"account":"124"}}`, r.Body)
		}
	})
}

// The other ends of a context are in internal/transport.
func TestAReplayThatIsCancelledWhileItWaitsForTheTokenIsNotInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{token: []reply{hangs}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := f.client(t).ReplayWebhooks(ctx, one)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assertCategories(t, err, celcoin.ErrUnavailable)
	})
}

func TestAnEarlierAnswerIsNotTheErrorOfALostOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{call: []reply{says(429, ""), fails(errReset)}}
		err := operations[0].do(t, f.client(t))
		require.ErrorIs(t, err, errReset)
		assertCategories(t, err)
		var e *celcoin.Error
		require.ErrorAs(t, err, &e)
		assert.Zero(t, e.StatusCode)
		assert.True(t, celcoin.Retryable(err))
	})
}
