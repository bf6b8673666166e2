package celcoin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
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
func TestAFailureOfATokenSourcesOwnCallIsNotTheEndOfTheCallers(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{context.DeadlineExceeded, context.Canceled, errRefused} {
		failure := fmt.Errorf("ask the vault: %w", &url.Error{Op: "Post", URL: "https://vault.example/token?secret=planted", Err: &named{cause}})
		c := clientOf(t, celcoin.Credentials{TokenSource: source(func() (*oauth2.Token, error) { return nil, failure })}, &fake{})
		err := operations[0].do(t, c)
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
		synctest.Wait()
		require.NoError(t, operations[0].do(t, c))
		assert.Equal(t, 1, most, "never two at once")
		assert.Equal(t, 1, asked, "those that gave up while waiting for their turn do not ask, and what came late is of use")
		assert.Equal(t, "Bearer slow", f.calls()[0].Header.Get("Authorization"))
	})
}

// The user's code runs in a goroutine of the client, where a panic would end the
// process, and runtime.Goexit (t.FailNow) would leave all who wait.
func TestAPanicOfTheUsersCodeIsAFailedTokenCall(t *testing.T) {
	t.Parallel()
	token := func(fail func()) *oauth2.Token {
		fail()
		return &oauth2.Token{AccessToken: "t"}
	}
	for name, with := range map[string]func(fail func()) (celcoin.Credentials, celcoin.Option){
		"a TokenFunc": func(fail func()) (celcoin.Credentials, celcoin.Option) {
			return celcoin.Credentials{TokenFunc: func(context.Context, string) (*oauth2.Token, error) { return token(fail), nil }}, nil
		},
		"a TokenSource": func(fail func()) (celcoin.Credentials, celcoin.Option) {
			return celcoin.Credentials{TokenSource: source(func() (*oauth2.Token, error) { return token(fail), nil })}, nil
		},
		"a transport": func(fail func()) (celcoin.Credentials, celcoin.Option) {
			return creds, celcoin.WithTransport(func(base http.RoundTripper) http.RoundTripper {
				return through(func(r *http.Request) (*http.Response, error) {
					fail()
					return base.RoundTrip(r)
				})
			})
		},
	} {
		for end, fail := range map[string]func(){"panics": func() { panic("planted") }, "exits": runtime.Goexit} { //nolint:forbidigo // as a user's code may
			t.Run(name+" "+end, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					broken := true
					with, opt := with(func() {
						if time.Sleep(time.Second); broken { //nolint:forbidigo // virtual time, in which all callers come to wait
							fail()
						}
					})
					c := clientOf(t, with, &fake{}, opt)
					for _, err := range together(c, background(t)) {
						var e *celcoin.Error
						require.ErrorAs(t, err, &e)
						assert.Equal(t, "token", e.Op)
						assertCategories(t, err, celcoin.ErrUnavailable)
						for _, text := range renderings(err) {
							assert.NotContains(t, text, "planted")
						}
					}
					broken = false
					require.NoError(t, operations[0].do(t, c), "the next call fetches anew")
				})
			})
		}
	}
}

// A renewal began before the refusal, and does not know of it.
func TestATokenThatIsRefusedDuringItsRenewalIsAskedForAnewWithThatNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, token := make(chan struct{}), "old"
		var told []string
		with := celcoin.Credentials{TokenFunc: func(_ context.Context, refused string) (*oauth2.Token, error) {
			switch told = append(told, refused); len(told) {
			case 2:
				<-release
			case 3:
				time.Sleep(time.Minute) //nolint:forbidigo // virtual time
			}
			if refused == token {
				token = "new"
			}
			return &oauth2.Token{AccessToken: token, Expiry: time.Now().Add(10 * time.Minute)}, nil
		}}
		valid := "old"
		f := &fake{call: []reply{revoking(func() string { return valid }, "")}}
		c := clientOf(t, with, f)
		require.NoError(t, operations[0].do(t, c))
		time.Sleep(9*time.Minute + time.Second) //nolint:forbidigo // virtual time
		require.NoError(t, operations[0].do(t, c), "it begins the renewal")
		synctest.Wait()
		valid = "new"
		first := make(chan error)
		go func() { first <- operations[0].do(t, c) }()
		synctest.Wait()
		close(release) // the renewal ends with the refused token
		synctest.Wait()
		require.NoError(t, operations[0].do(t, c))
		require.NoError(t, <-first)
		assert.Equal(t, []string{"", "", "old"}, told)
		assert.Len(t, f.calls(), 5, "one of them refused")
	})
}

func TestTheTokenOfAFetchThatWasGivenUpIsOfUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := source(func() (*oauth2.Token, error) {
			time.Sleep(30 * time.Second) //nolint:forbidigo // virtual time
			return &oauth2.Token{AccessToken: "slow"}, nil
		})
		c := clientOf(t, celcoin.Credentials{TokenSource: slow}, &fake{})
		for _, want := range []error{context.DeadlineExceeded, context.DeadlineExceeded, nil} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			_, err := c.CountWebhooks(ctx, somewhere)
			cancel()
			require.ErrorIs(t, err, want)
		}
		time.Sleep(time.Minute) //nolint:forbidigo // the source ends
	})
}
