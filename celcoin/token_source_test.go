package celcoin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

// source is a token source of the user's.
type source func() (*oauth2.Token, error)

func (s source) Token() (*oauth2.Token, error) { return s() }

func TestATokenSourceThatFailsIsToldOfWithoutItsAnswer(t *testing.T) {
	t.Parallel()
	mine := errors.New("the vault is sealed")
	for name, tc := range map[string]struct {
		source source
		text   string
		status int // of the *Error; 0: it is none
		is     error
	}{
		"an error of its own":       {func() (*oauth2.Token, error) { return nil, mine }, "the vault is sealed", 0, mine},
		"no token":                  {func() (*oauth2.Token, error) { return nil, nil }, "gave none", 0, nil},
		"an empty token":            {func() (*oauth2.Token, error) { return &oauth2.Token{}, nil }, "gave none", 0, nil},
		"a token with a line break": {func() (*oauth2.Token, error) { return &oauth2.Token{AccessToken: "a\nb"}, nil }, "no header can carry", 0, nil},
		"an answer of oauth2's":     {retrieve(&http.Response{StatusCode: 401, Status: "401 Unauthorized"}), "401 Unauthorized", 401, celcoin.ErrUnauthorized},
		"a wrapped answer": {func() (*oauth2.Token, error) {
			_, err := retrieve(&http.Response{StatusCode: 500})()
			return nil, fmt.Errorf("mine: %w", err)
		}, "500", 500, celcoin.ErrServer},
		"an answer without an answer": {retrieve(nil), "celcoin: token: ", 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			err := operations[0].do(t, clientOf(t, celcoin.Credentials{TokenSource: tc.source}, f))
			require.ErrorContains(t, err, tc.text)
			assert.Regexp(t, "^celcoin: token: ", err.Error())
			assert.NotContains(t, err.Error(), "planted")
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
			var e *celcoin.Error
			if tc.status != 0 {
				require.ErrorAs(t, err, &e)
				assert.Equal(t, tc.status, e.StatusCode)
				assert.Equal(t, "token", e.Op)
				assert.Contains(t, string(e.Body), "planted", "it is there to be read")
			}
			assert.Empty(t, f.requests)
		})
	}
}

func retrieve(resp *http.Response) source {
	return func() (*oauth2.Token, error) {
		return nil, &oauth2.RetrieveError{Response: resp, Body: []byte(`{"secret":"planted"}`)}
	}
}

// A source mostly asks a server of its own, through an http.Client of its own.
func TestAFailureOfATokenSourcesOwnCallIsNoneOfTheCallers(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"a time-out":     context.DeadlineExceeded,
		"a cancellation": context.Canceled,
		"no connection":  errRefused,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failure := fmt.Errorf("ask the vault: %w", &url.Error{Op: "Post", URL: "https://vault.example/token?secret=planted", Err: &named{cause}})
			c := clientOf(t, celcoin.Credentials{TokenSource: source(func() (*oauth2.Token, error) { return nil, failure })}, &fake{})
			for _, op := range operations {
				err := op.do(t, c)
				require.ErrorContains(t, err, "celcoin: token: "+cause.Error())
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				require.NotErrorIs(t, err, context.Canceled)
				var n *named
				require.ErrorAs(t, err, &n, "the cause can still be looked at")
				for _, text := range renderings(err) {
					assert.NotContains(t, text, "vault.example")
					assert.NotContains(t, text, "planted")
				}
			}
		})
	}
}

type named struct{ error }

func (n *named) Unwrap() error { return n.error }

func TestASlowTokenSourceHoldsUpNobodyLongerThanHisContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var mu sync.Mutex
		running, most, asked := 0, 0, 0
		slow := source(func() (*oauth2.Token, error) {
			mu.Lock()
			running++
			asked++
			most = max(most, running)
			mu.Unlock()
			<-release
			mu.Lock()
			running--
			mu.Unlock()
			return &oauth2.Token{AccessToken: "slow"}, nil
		})
		f := &fake{}
		c := clientOf(t, celcoin.Credentials{TokenSource: slow}, f)
		for range 3 {
			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			_, err := c.CountWebhooks(ctx, somewhere)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 20*time.Millisecond, time.Since(begin))
		}
		close(release)
		require.NoError(t, operations[0].do(t, c))
		assert.Equal(t, 1, most, "never two at once")
		assert.Equal(t, 2, asked, "those that gave up while waiting for their turn do not ask")
		assert.Equal(t, "Bearer slow", f.calls()[0].Header.Get("Authorization"))
	})
}
