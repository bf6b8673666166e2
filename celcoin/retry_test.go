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

// The table of the package comment, cell by cell: each failure lasts for ever,
// so that the number of requests tells whether it is retried, 1 or 4.
func TestWhatIsRetriedIsAsThePackageCommentSays(t *testing.T) {
	t.Parallel()
	cie999 := fixture(t, "error-cie999.json")
	type outcome struct {
		requests int
		is       []error
	}
	unsent := outcome{4, []error{celcoin.ErrUnavailable}}
	for name, tc := range map[string]struct {
		reply               reply
		read, replay, twice outcome // twice: the replay with WithAtLeastOnce
	}{
		"not sent: the connection is refused": {
			fails(errRefused),
			unsent, unsent, unsent,
		},
		"not sent: the name is not found": {
			fails(&net.DNSError{Err: "no such host", Name: "celcoin.example", IsNotFound: true}),
			unsent, unsent, unsent,
		},
		"429": {
			says(429, ""),
			outcome{4, []error{celcoin.ErrRateLimited}}, outcome{4, []error{celcoin.ErrRateLimited}}, outcome{4, []error{celcoin.ErrRateLimited}},
		},
		"503 with Retry-After": {
			says(503, "", "Retry-After", "1"),
			outcome{4, []error{celcoin.ErrServer}}, outcome{4, []error{celcoin.ErrServer}}, outcome{4, []error{celcoin.ErrServer}},
		},
		"503 without a hint": {
			says(503, ""),
			outcome{4, []error{celcoin.ErrServer}}, outcome{1, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
			outcome{4, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
		},
		"500": {
			says(500, ""),
			outcome{4, []error{celcoin.ErrServer}}, outcome{1, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
			outcome{4, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
		},
		"504": {
			says(504, "<html></html>"),
			outcome{4, []error{celcoin.ErrServer}}, outcome{1, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
			outcome{4, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
		},
		"408": {
			says(408, ""),
			outcome{4, []error{celcoin.ErrServer}}, outcome{1, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
			outcome{4, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
		},
		"CIE999 with 400": {
			says(400, cie999),
			outcome{4, []error{celcoin.ErrServer}}, outcome{1, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
			outcome{4, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
		},
		"a lost answer": {
			fails(errReset),
			outcome{4, nil}, outcome{1, []error{celcoin.ErrOutcomeUnknown}}, outcome{4, []error{celcoin.ErrOutcomeUnknown}},
		},
		"a cut body": {
			cut,
			outcome{4, nil}, outcome{1, []error{celcoin.ErrOutcomeUnknown}}, outcome{4, []error{celcoin.ErrOutcomeUnknown}},
		},
		"an attempt that hangs": {
			hangs,
			outcome{4, nil}, outcome{1, []error{celcoin.ErrOutcomeUnknown}}, outcome{4, []error{celcoin.ErrOutcomeUnknown}},
		},
		"a 200 of HTML": {
			says(200, "<html></html>"),
			outcome{1, []error{celcoin.ErrServer}}, outcome{1, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
			outcome{1, []error{celcoin.ErrServer, celcoin.ErrOutcomeUnknown}},
		},
		"400": {
			says(400, ""),
			outcome{1, []error{celcoin.ErrInvalidRequest}}, outcome{1, []error{celcoin.ErrInvalidRequest}}, outcome{1, []error{celcoin.ErrInvalidRequest}},
		},
		"403": {
			says(403, ""),
			outcome{1, []error{celcoin.ErrForbidden}}, outcome{1, []error{celcoin.ErrForbidden}}, outcome{1, []error{celcoin.ErrForbidden}},
		},
		"401": {
			says(401, ""),
			outcome{2, []error{celcoin.ErrUnauthorized}}, outcome{2, []error{celcoin.ErrUnauthorized}}, outcome{2, []error{celcoin.ErrUnauthorized}},
		},
	} {
		for _, op := range operations {
			check := func(t *testing.T, want outcome, opts ...celcoin.CallOption) {
				t.Helper()
				synctest.Test(t, func(t *testing.T) {
					f := &fake{call: []reply{tc.reply}}
					err := op.do(t, f.client(t), opts...)
					assert.Len(t, f.calls(), want.requests)
					assertCategories(t, err, want.is...)
					assert.Regexp(t, "^celcoin: "+op.name+": ", err.Error())
					assert.Contains(t, err.Error(), map[int]string{1: "1 attempt", 2: "2 attempts", 4: "4 attempts"}[want.requests])
				})
			}
			if !op.replay {
				t.Run(op.name+", "+name, func(t *testing.T) {
					t.Parallel()
					check(t, tc.read)
				})
				t.Run(op.name+" at least once, "+name, func(t *testing.T) {
					t.Parallel()
					check(t, tc.read, celcoin.WithAtLeastOnce())
				})
				continue
			}
			t.Run(op.name+", "+name, func(t *testing.T) {
				t.Parallel()
				check(t, tc.replay)
			})
			t.Run(op.name+" at least once, "+name, func(t *testing.T) {
				t.Parallel()
				check(t, tc.twice, celcoin.WithAtLeastOnce())
			})
		}
	}
}

func TestAReplayThatMayBeRepeatedRemembersWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		replies []reply
		is      []error // nil: it succeeds
	}{
		"a lost answer, then a refusal":           {[]reply{fails(errReset), says(400, "")}, []error{celcoin.ErrInvalidRequest, celcoin.ErrOutcomeUnknown}},
		"a lost answer, then no connection":       {[]reply{fails(errReset), fails(errRefused)}, []error{celcoin.ErrOutcomeUnknown}},
		"an error, then a rate limit to the end":  {[]reply{says(500, ""), says(429, "")}, []error{celcoin.ErrRateLimited, celcoin.ErrOutcomeUnknown}},
		"an error, then a token that is refused":  {[]reply{says(500, ""), says(401, "")}, []error{celcoin.ErrUnauthorized, celcoin.ErrOutcomeUnknown}},
		"a lost answer, then a success":           {[]reply{fails(errReset), success200}, nil},
		"every kind of trouble, then a success":   {[]reply{fails(errReset), says(500, ""), cut, success200}, nil},
		"no connection and a limit, then success": {[]reply{fails(errRefused), says(429, ""), success200}, nil},
		"only what was certainly not carried out": {[]reply{fails(errRefused), says(429, ""), says(400, "")}, []error{celcoin.ErrInvalidRequest}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{call: tc.replies}
				err := operations[2].do(t, f.client(t), celcoin.WithAtLeastOnce())
				if tc.is == nil {
					require.NoError(t, err)
					return
				}
				assertCategories(t, err, tc.is...)
			})
		})
	}
}

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

func TestACancelledReplayIsInDoubtOnlyIfItHadLeft(t *testing.T) {
	t.Parallel()
	t.Run("cancelled before it begins", func(t *testing.T) {
		t.Parallel()
		f := &fake{}
		ctx, cancel := contextWithCause(t)
		cancel(errShutdown)
		_, err := f.client(t).ReplayWebhooks(ctx, one)
		require.ErrorIs(t, err, context.Canceled)
		assertCategories(t, err, celcoin.ErrUnavailable)
		assert.Empty(t, f.requests)
	})
	t.Run("cancelled while it waits for the token", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &fake{token: []reply{hangs}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := f.client(t).ReplayWebhooks(ctx, one)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assertCategories(t, err, celcoin.ErrUnavailable)
		})
	})
	t.Run("cancelled while it waits for the answer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &fake{call: []reply{hangs}}
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errShutdown)
			defer cancel()
			_, err := f.client(t).ReplayWebhooks(ctx, one)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, errShutdown)
			assertCategories(t, err, celcoin.ErrOutcomeUnknown)
			var e *celcoin.Error
			require.ErrorAs(t, err, &e)
			assert.Zero(t, e.StatusCode)
		})
	})
	t.Run("cancelled while it waits for a retry", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &fake{call: []reply{says(429, "", "Retry-After", "60")}}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := f.client(t).ReplayWebhooks(ctx, one)
			require.ErrorIs(t, err, context.Canceled)
			assertCategories(t, err, celcoin.ErrRateLimited)
			var e *celcoin.Error
			require.ErrorAs(t, err, &e, "the last answer")
			assert.Equal(t, 429, e.StatusCode)
		})
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
