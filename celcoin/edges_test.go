package celcoin_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

// The token endpoint fails while a token is still valid: the calls go on with
// that, and the endpoint is not asked for every one of them.
func TestAValidTokenIsUsedWhileItsRenewalFailsOrHangs(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]reply{"down": says(503, ""), "hanging": hangs, "refusing": says(401, "")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{token: []reply{says(200, `{"access_token":"old","expires_in":600}`), broken}}
				c := f.client(t, celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: celcoin.NoRetries}))
				require.NoError(t, operations[0].do(t, c))
				time.Sleep(545 * time.Second) //nolint:forbidigo // virtual time
				for range 100 {
					begin := time.Now()
					require.NoError(t, operations[0].do(t, c))
					require.Zero(t, time.Since(begin))
					time.Sleep(500 * time.Millisecond) //nolint:forbidigo // virtual time
				}
				synctest.Wait()
				assert.LessOrEqual(t, len(f.tokens()), 7, "one, and a renewal every 10 s")
				time.Sleep(5 * time.Second) //nolint:forbidigo // virtual time
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := c.CountWebhooks(ctx, somewhere)
				require.Error(t, err)
			})
		})
	}
}

// oauth2.ReuseTokenSource keeps a refused token for ever. A TokenFunc is told
// which one was refused.
func TestATokenFuncIsToldWhichTokenWasRefused(t *testing.T) {
	t.Parallel()
	type key struct{}
	var told []string
	creds := celcoin.Credentials{TokenFunc: func(ctx context.Context, refused string) (*oauth2.Token, error) {
		told = append(told, refused)
		assert.Equal(t, "value", ctx.Value(key{}), "it has the values of the call")
		if refused != "" {
			return &oauth2.Token{AccessToken: "new"}, nil
		}
		return &oauth2.Token{AccessToken: "revoked"}, nil
	}}
	f := &fake{call: []reply{revoking(func() string { return "new" }, "")}}
	c := clientOf(t, creds, f)
	_, err := c.CountWebhooks(context.WithValue(t.Context(), key{}, "value"), somewhere)
	require.NoError(t, err)
	assert.Equal(t, []string{"", "revoked"}, told)
}

func TestRequestIDsAreKeptAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"20261127172200", "req-30054065518-1", "b0f2c9"} {
		f := &fake{call: []reply{says(400, `{"error":{"errorCode":"CBE225","message":"conta 30054065518 inválida"}}`, "X-Request-Id", id)}}
		var resp celcoin.Response
		q := somewhere
		q.Account = "30054065518"
		_, err := f.client(t).CountWebhooks(t.Context(), q, celcoin.WithResponse(&resp))
		var e *celcoin.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, id, e.RequestID)
		assert.Equal(t, id, resp.RequestID)
		assert.NotContains(t, e.Message, q.Account)
	}
	f := &fake{call: []reply{says(400, "", "X-Request-Id", "echo of token-1")}}
	_, err := f.client(t).CountWebhooks(t.Context(), somewhere)
	assert.NotContains(t, err.Error(), "token-1", "but not with a credential in it")
}

func TestACallWithoutAResponseIsAnErrorThatSaysWhetherItMayBeRepeated(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	replay := func(ctx context.Context, c *celcoin.Client) error {
		_, err := c.ReplayWebhooks(ctx, one)
		return err
	}
	for name, tc := range map[string]struct {
		ctx        context.Context
		reply      reply
		call       func(context.Context, *celcoin.Client) error
		categories []error
		cause      error
		retryable  bool
	}{
		"not sent":  {t.Context(), fails(refused), replay, []error{celcoin.ErrUnavailable}, refused, true},
		"lost":      {t.Context(), fails(errReset), replay, []error{celcoin.ErrOutcomeUnknown}, errReset, false},
		"not begun": {ended, fails(errReset), replay, []error{celcoin.ErrUnavailable}, context.Canceled, true},
		"lost, of a call that reads": {t.Context(), fails(errReset), func(ctx context.Context, c *celcoin.Client) error {
			_, err := c.CountWebhooks(ctx, somewhere)
			return err
		}, nil, errReset, true},
		"an argument": {t.Context(), nil, func(ctx context.Context, c *celcoin.Client) error {
			_, err := c.ReplayWebhooks(ctx, celcoin.ReplayRequest{})
			return err
		}, []error{celcoin.ErrInvalidRequest}, celcoin.ErrInvalidRequest, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{call: []reply{tc.reply}}
			err := tc.call(tc.ctx, f.client(t, celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: celcoin.NoRetries})))
			var e *celcoin.Error
			require.ErrorAs(t, err, &e)
			assert.Zero(t, e.StatusCode)
			assertCategories(t, err, tc.categories...)
			require.ErrorIs(t, err, tc.cause)
			assert.Equal(t, tc.retryable, celcoin.Retryable(err))
		})
	}
	for status, want := range map[int]bool{429: true, 503: true, 500: true, 400: false, 401: false, 403: false, 404: false} {
		assert.Equal(t, want, celcoin.Retryable(&celcoin.Error{StatusCode: status}), status)
	}
	assert.True(t, celcoin.Retryable(celcoin.ErrIncomplete))
	assert.False(t, celcoin.Retryable(nil))
}

func TestAnUnknownStatusIsNamed(t *testing.T) {
	t.Parallel()
	f := &fake{call: []reply{says(200, `{"status":"PROCESSING","body":{}}`)}}
	_, err := f.client(t).ReplayWebhooks(t.Context(), one)
	assertCategories(t, err, celcoin.ErrServer, celcoin.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "PROCESSING")
	assert.NotContains(t, err.Error(), "16 MiB", "nor are causes named that are not it")
}

// Celcoin documents multipart, and every public client sends the other form.
func TestATokenEndpointThatWantsTheDocumentedFormGetsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		form, names := map[string]string{}, []string(nil)
		f := &fake{token: []reply{func(r *http.Request) (*http.Response, error) {
			kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
			if err != nil || kind != "multipart/form-data" {
				return says(415, "")(r)
			}
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			for m := multipart.NewReader(body, params["boundary"]); ; {
				part, err := m.NextPart()
				if err != nil {
					break
				}
				value, err := io.ReadAll(part)
				if err != nil {
					return nil, err
				}
				form[part.FormName()] = string(value)
				names = append(names, part.FormName())
			}
			return says(200, `{"access_token":"a","expires_in":60}`)(r)
		}}}
		c := f.client(t)
		require.NoError(t, operations[0].do(t, c))
		assert.Equal(t, map[string]string{
			"client_id": creds.ClientID, "client_secret": creds.ClientSecret, "grant_type": "client_credentials",
		}, form)
		assert.Equal(t, []string{"client_id", "client_secret", "grant_type"}, names, "in their order")
		time.Sleep(time.Minute) //nolint:forbidigo // virtual time
		require.NoError(t, operations[0].do(t, c))
		assert.Len(t, f.tokens(), 3, "the form is remembered")

		f = &fake{token: []reply{says(415, "")}}
		require.Error(t, operations[0].do(t, f.client(t)))
		assert.Len(t, f.tokens(), 2, "once")
	})
}

func TestAFingerprintTellsEnvironmentsAndCredentialsApart(t *testing.T) {
	t.Parallel()
	of := func(url, id string) string {
		c, err := celcoin.New(celcoin.Credentials{ClientID: id, ClientSecret: "s"}, celcoin.WithBaseURL(url))
		require.NoError(t, err)
		return c.Fingerprint()
	}
	one := of(celcoin.SandboxURL, "client-one")
	assert.Equal(t, one, of(celcoin.SandboxURL+"/", "client-one"))
	assert.NotEqual(t, one, of(celcoin.ProductionURL, "client-one"))
	assert.NotEqual(t, one, of(celcoin.SandboxURL, "client-two"))
	assert.NotContains(t, one, "client-one")
}

// observer writes down the names that it is told.
type observer struct{ lines []string }

func (o *observer) CallStart(ctx context.Context, _ celcoin.Call) context.Context       { return ctx }
func (o *observer) AttemptStart(ctx context.Context, _ celcoin.Attempt) context.Context { return ctx }
func (o *observer) CallDone(_ context.Context, c celcoin.Call) {
	o.lines = append(o.lines, strings.Join([]string{"call", c.Operation, c.Method, c.Host, c.PathTemplate, c.Outcome, c.Category}, " "))
}

func (o *observer) AttemptDone(_ context.Context, a celcoin.Attempt) {
	o.lines = append(o.lines, strings.Join([]string{"attempt", a.Operation, a.Method, a.Host, a.PathTemplate, a.Outcome, a.Code}, " "))
}

func TestAnObserverIsToldOfEveryCallTheTokensToo(t *testing.T) {
	t.Parallel()
	o := &observer{}
	f := &fake{call: []reply{says(400, fixture(t, "error-cie999.json"))}}
	_, err := f.client(t, celcoin.WithObserver(o)).ReplayWebhooks(t.Context(), one)
	require.Error(t, err)
	assert.Equal(t, []string{
		"attempt token POST celcoin.example /v5/token ok ",
		"call token POST celcoin.example /v5/token ok ",
		"attempt replay webhooks PUT celcoin.example /common/v1/webhook/replay/{product}/{entity} status CIE999",
		"call replay webhooks PUT celcoin.example /common/v1/webhook/replay/{product}/{entity} status outcome unknown",
	}, o.lines)
}
