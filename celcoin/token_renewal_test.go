package celcoin_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestATokenIsRenewedBeforeItExpires(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		expiresIn string
		keeps     time.Duration // still the first token
		renews    time.Duration // a new one; 0: never
	}{
		"the documented 40 minutes":          {`"expires_in":2400,`, 2339 * time.Second, 2340 * time.Second},
		"a string":                           {`"expires_in":"2400",`, 2339 * time.Second, 2340 * time.Second},
		"one second":                         {`"expires_in":1,`, 0, 900 * time.Millisecond},
		"nought does not mean at once":       {`"expires_in":0,`, 1000 * time.Hour, 0},
		"none":                               {``, 1000 * time.Hour, 0},
		"a word":                             {`"expires_in":"soon",`, 1000 * time.Hour, 0},
		"more seconds than a duration holds": {`"expires_in":99999999999999999999,`, 1000 * time.Hour, 0},
		"before it was given out":            {`"expires_in":-5,`, -1, time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				f := &fake{token: []reply{func(r *http.Request) (*http.Response, error) {
					n++
					return says(200, fmt.Sprintf(`{%s"access_token":"token-%d"}`, tc.expiresIn, n))(r)
				}}}
				c := f.client(t)
				begin := time.Now()
				at := func(d time.Duration) string {
					<-time.After(time.Until(begin.Add(d)))
					require.NoError(t, operations[0].do(t, c))
					calls := f.calls()
					return calls[len(calls)-1].Header.Get("Authorization")
				}
				assert.Equal(t, "Bearer token-1", at(0))
				if tc.keeps >= 0 {
					assert.Equal(t, "Bearer token-1", at(tc.keeps))
				}
				if tc.renews > 0 {
					if tc.keeps >= 0 {
						at(tc.renews)
					}
					synctest.Wait() // the renewal runs beside the call
					assert.Equal(t, "Bearer token-2", at(tc.renews))
				}
			})
		})
	}
}

// revoking refuses all tokens but one.
func revoking(valid func() string, body string) reply {
	return func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") != "Bearer "+valid() {
			return says(401, body)(r)
		}
		return says(200, `{"status":"SUCCESS","body":{"totalItems":0}}`)(r)
	}
}

func TestARefusedTokenIsReplacedAndTheCallRepeatedOnce(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		for name, opts := range map[string][]celcoin.CallOption{
			"as it is":        nil,
			"without retries": {celcoin.WithMaxRetries(0)},
		} {
			t.Run(op.name+" "+name, func(t *testing.T) {
				t.Parallel()
				f := &fake{call: []reply{revoking(func() string { return "token-2" }, fixture(t, "error-obe004.json"))}}
				c := f.client(t)
				var resp celcoin.Response
				require.NoError(t, op.do(t, c, append(opts, celcoin.WithResponse(&resp))...))
				assert.Equal(t, 2, resp.Attempts)
				assert.Len(t, f.calls(), 2)
				assert.Len(t, f.tokens(), 2)
				require.NoError(t, op.do(t, c))
				assert.Len(t, f.tokens(), 2, "the new token is kept")
			})
		}
	}
}

var success200 = says(200, `{"status":"SUCCESS","body":{"totalItems":0}}`)

func TestRefusalsOfManyCallsFetchOneToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		valid := "token-1"
		f := &fake{call: []reply{after(time.Second, revoking(func() string {
			mu.Lock()
			defer mu.Unlock()
			return valid
		}, ""))}}
		f.token = []reply{func(r *http.Request) (*http.Response, error) {
			n := len(f.tokens())
			return after(100*time.Millisecond, says(200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":2400}`, n)))(r)
		}}
		c := f.client(t)
		require.NoError(t, operations[0].do(t, c))
		mu.Lock()
		valid = "token-2"
		mu.Unlock()
		for _, err := range together(c, background(t)) {
			require.NoError(t, err)
		}
		assert.Len(t, f.tokens(), 2)
		assert.Len(t, f.calls(), 1+2*callers)
	})
}

// A refusal that arrives late must not throw away the token that has replaced
// the refused one meanwhile.
func TestALateRefusalOfAnOldTokenLeavesTheNewOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{call: []reply{
			after(10*time.Second, says(401, "")), // the late one, with token-1
			says(401, ""), success200,
		}}
		c := f.client(t)
		late := make(chan error)
		go func() { late <- operations[0].do(t, c) }()
		<-time.After(time.Second)
		require.NoError(t, operations[0].do(t, c))
		require.NoError(t, <-late)
		var used []string
		for _, r := range f.calls() {
			used = append(used, r.Header.Get("Authorization"))
		}
		assert.Equal(t, []string{"Bearer token-1", "Bearer token-1", "Bearer token-2", "Bearer token-2"}, used)
		assert.Len(t, f.tokens(), 2)
	})
}
