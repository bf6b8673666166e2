package ceffu_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// outcomes are what ResendAll yields, and the error that ended it.
func outcomes(ctx context.Context, c *ceffu.Client, req ceffu.ResendAllRequest, opts ...ceffu.CallOption) (all []ceffu.ResendOutcome, end error) {
	for outcome, err := range c.ResendAll(ctx, req, opts...) {
		if err != nil {
			end = err
			continue // nothing may follow
		}
		if end != nil {
			return all, errors.New("an outcome after the end")
		}
		all = append(all, outcome)
	}
	return all, end
}

func statuses(all []ceffu.ResendOutcome) (s []ceffu.ResendStatus) {
	for _, o := range all {
		s = append(s, o.Status)
	}
	return s
}

func resendAll(ids ...string) ceffu.ResendAllRequest {
	return ceffu.ResendAllRequest{WebhookIDs: ids, From: testRequest().From}
}

func TestEveryEventTypeOfEveryWebhookIsResent(t *testing.T) {
	t.Parallel()
	only := resendAll("1", "2", "1") // the same webhook twice is the same request
	only.EventTypes = []ceffu.EventType{"4", "9"}
	for name, c := range map[string]struct {
		request ceffu.ResendAllRequest
		want    []string
	}{
		"all event types, as none is given":  {resendAll("1", "2"), []string{"1 1", "1 2", "1 3", "1 4", "2 1", "2 2", "2 3", "2 4"}},
		"those given, and each request once": {only, []string{"1 4", "1 9", "2 4", "2 9"}},
	} {
		vendor := answering(accepted)
		all, err := outcomes(t.Context(), over(t, vendor), c.request)
		require.NoError(t, err, name)
		var sent, told []string
		for i, r := range vendor.requests() {
			b := r.body(t)
			sent = append(sent, b.WebhookID+" "+b.EventType)
			told = append(told, all[i].WebhookID+" "+string(all[i].EventType))
			assert.Equal(t, ceffu.ResendAccepted, all[i].Status)
			require.NoError(t, all[i].Err)
		}
		assert.Equal(t, c.want, sent)
		assert.Equal(t, c.want, told)
	}
}

func TestResendAllGoesOnPastACallThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		null := answer{status: 200, body: `{"data":null,"code":"000000"}`}
		lost := answer{err: io.ErrUnexpectedEOF}
		vendor := answering(accepted, code(400, "G20005"), code(403, "G20013"), null, lost, code(500, "G20001"), accepted)
		all, err := outcomes(t.Context(), over(t, vendor), resendAll("1", "2"), ceffu.WithMaxRetries(0))
		require.NoError(t, err)
		assert.Equal(t, []ceffu.ResendStatus{
			ceffu.ResendAccepted, ceffu.ResendRefused, ceffu.ResendRefused, ceffu.ResendNotAccepted,
			ceffu.ResendOutcomeUnknown, ceffu.ResendOutcomeUnknown, ceffu.ResendAccepted, ceffu.ResendAccepted,
		}, statuses(all))
		require.ErrorIs(t, all[1].Err, ceffu.ErrInvalidRequest)
		require.ErrorIs(t, all[2].Err, ceffu.ErrForbidden)
		require.NoError(t, all[3].Err, "it is what Ceffu said")
		require.ErrorIs(t, all[4].Err, ceffu.ErrOutcomeUnknown)
		require.ErrorIs(t, all[5].Err, ceffu.ErrServer)
	})
}

func TestResendAllEndsWhereNoOtherCallWouldFareBetter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer answer
		is     error
	}{
		"a wrong signature":                    {code(400, "G20009"), ceffu.ErrInvalidSignature},
		"an unknown key":                       {code(200, "G20010"), ceffu.ErrUnauthorized},
		"an address that is not on the list":   {code(403, "G20011"), ceffu.ErrForbidden},
		"a key without this permission":        {code(200, "G20016"), ceffu.ErrForbidden},
		"a 401 of something on the way":        {answer{status: http.StatusUnauthorized}, ceffu.ErrUnauthorized},
		"a Retry-After of a year, with a code": {code(401, "G20028").with("Retry-After", "31536000"), ceffu.ErrUnauthorized},
	} {
		vendor := answering(accepted, c.answer)
		all, err := outcomes(t.Context(), over(t, vendor), resendAll("1", "2"))
		require.ErrorIs(t, err, c.is, name)
		assert.Equal(t, []ceffu.ResendStatus{ceffu.ResendAccepted, ceffu.ResendRefused}, statuses(all))
		assert.Len(t, vendor.requests(), 2)
	}
}

func TestResendAllChecksEverythingBeforeItSends(t *testing.T) {
	t.Parallel()
	noTime, noEvent := resendAll("1"), resendAll("1")
	noTime.From, noEvent.EventTypes = time.Time{}, []ceffu.EventType{"1", ""}
	for name, request := range map[string]ceffu.ResendAllRequest{
		"no webhook": resendAll(), "an empty id": resendAll("1", ""), "a control character": resendAll("1", "2\n"),
		"no time": noTime, "an empty event type": noEvent,
	} {
		vendor := answering(accepted)
		all, err := outcomes(t.Context(), over(t, vendor), request)
		require.ErrorIs(t, err, ceffu.ErrInvalidRequest, name)
		assert.Empty(t, all)
		assert.Empty(t, vendor.requests())
	}
}

func TestResendAllSlowsDownWithEachRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limited := code(429, "G20012")
		vendor := answering(accepted, limited, limited, accepted, limited, accepted)
		all, err := outcomes(t.Context(), over(t, vendor), resendAll("1", "2"), ceffu.WithMaxRetries(0))
		require.NoError(t, err)
		assert.Equal(t, ceffu.ResendRefused, all[1].Status)
		require.ErrorIs(t, all[1].Err, ceffu.ErrRateLimited)
		var pauses []time.Duration
		for _, r := range vendor.requests() {
			pauses = append(pauses, r.At.Sub(vendor.requests()[0].At))
		}
		s := time.Second
		assert.Equal(t, []time.Duration{0, 0, 1 * s, 3 * s, 5 * s, 9 * s, 13 * s, 17 * s}, pauses)

		// A pause that would outlive the deadline is not begun.
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		all, err = outcomes(ctx, over(t, answering(limited)), resendAll("1"), ceffu.WithMaxRetries(0))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, ctx.Err(), "it need not be waited for")
		assert.Len(t, all, 1)
		ctx, cancel = context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		all, err = outcomes(ctx, over(t, answering(limited.with("Retry-After", "60"))), resendAll("1"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Len(t, all, 2, "the second one was held back, as all others would be")
	})
}

func TestAResendInFlightWhenTheContextEndsIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := answering(accepted, accepted, accepted, accepted.after(time.Hour)) // the last one
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		all, err := outcomes(ctx, over(t, vendor), resendAll("1"))
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, ceffu.ResendOutcomeUnknown, all[3].Status)
		assert.Len(t, vendor.requests(), 4)

		all, err = outcomes(ctx, over(t, vendor), resendAll("1"))
		require.ErrorIs(t, err, context.Canceled)
		assert.Empty(t, all, "nothing was begun")
		assert.Len(t, vendor.requests(), 4)
	})
}

func TestBreakingOutOfResendAllSendsNothingMore(t *testing.T) {
	t.Parallel()
	vendor := answering(accepted)
	for _, err := range over(t, vendor).ResendAll(t.Context(), resendAll("1", "2")) {
		require.NoError(t, err)
		break
	}
	assert.Len(t, vendor.requests(), 1)
}
