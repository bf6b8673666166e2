package survival

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
)

// spoken is everything that a call says: its error in every form, and its log.
type spoken struct {
	err   error
	forms []string // of the error; one line each
	text  bytes.Buffer
	json  bytes.Buffer
}

// logger writes every line as text and as JSON.
func (s *spoken) logger() *slog.Logger {
	all := &slog.HandlerOptions{Level: slog.LevelDebug}
	return slog.New(slog.NewMultiHandler(slog.NewTextHandler(&s.text, all), slog.NewJSONHandler(&s.json, all)))
}

// hear ends a call with its error, which is logged too.
func (s *spoken) hear(tb testing.TB, err error) *spoken {
	tb.Helper()
	s.err = err
	if err == nil {
		return s
	}
	s.logger().Error("failed", slog.Any("err", err))
	asJSON, marshalErr := json.Marshal(err)
	require.NoError(tb, marshalErr)
	s.forms = []string{err.Error(), string(asJSON)}
	for _, verb := range []string{"%v", "%+v", "%s", "%#v", "%d", "%x"} {
		s.forms = append(s.forms, fmt.Sprintf(verb, err))
	}
	if e, ok := errors.AsType[*ceffu.Error](err); ok {
		s.forms = append(s.forms, e.Code, e.Message, e.RequestID)
	}
	if e, ok := errors.AsType[*celcoin.Error](err); ok {
		s.forms = append(s.forms, e.Code, e.Message, e.RequestID)
	}
	return s
}

// all is all of it.
func (s *spoken) all() string {
	return strings.Join(s.forms, "\n") + "\n" + s.text.String() + s.json.String()
}

// What no text may bring back.
const (
	secretID       = "client-4b6f/a+b=c"
	secretPassword = "p4ss w0rd/+=&?ü"
)

// interviews are one call of each kind.
var interviews = map[string]func(tb testing.TB, url string, network *http.Transport) *spoken{
	"resend": func(tb testing.TB, url string, network *http.Transport) *spoken {
		tb.Helper()
		s := &spoken{}
		client, err := ceffu.New(ceffutest.NewServer(tb).Credentials(), ceffu.WithBaseURL(url), ceffu.WithLogger(s.logger()),
			ceffu.WithHTTPClient(&http.Client{Transport: network}),
			ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: 1, MaxWait: time.Millisecond, MaxRetryAfter: time.Millisecond}))
		require.NoError(tb, err)
		_, err = client.ResendWebhooks(tb.Context(), ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: time.Unix(1, 0)})
		return s.hear(tb, err)
	},
	"count": func(tb testing.TB, url string, network *http.Transport) *spoken {
		tb.Helper()
		return interviewCelcoin(tb, url, network, func(ctx context.Context, client *celcoin.Client) error {
			_, err := client.CountWebhooks(ctx, celcoin.Query{
				Entity: "pix-payment-in", From: time.Unix(0, 0), To: time.Unix(1, 0), DocumentNumber: document, Account: secretAccount,
			})
			return err
		})
	},
	"replay": func(tb testing.TB, url string, network *http.Transport) *spoken {
		tb.Helper()
		return interviewCelcoin(tb, url, network, func(ctx context.Context, client *celcoin.Client) error {
			_, err := client.ReplayWebhooks(ctx, celcoin.ReplayRequest{
				Entity: "pix-payment-in", WebhookID: "1", Filter: celcoin.Filter{DocumentNumber: document, Account: secretAccount},
			})
			return err
		})
	},
}

const secretAccount = "account-300541976"

func interviewCelcoin(tb testing.TB, url string, network *http.Transport, call func(context.Context, *celcoin.Client) error) *spoken {
	tb.Helper()
	s := &spoken{}
	client, err := celcoin.New(celcoin.Credentials{ClientID: secretID, ClientSecret: secretPassword},
		celcoin.WithBaseURL(url), celcoin.WithLogger(s.logger()),
		celcoin.WithHTTPClient(&http.Client{Transport: network}),
		celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: 1, MaxWait: time.Millisecond, MaxRetryAfter: time.Millisecond}))
	require.NoError(tb, err)
	return s.hear(tb, call(tb.Context(), client))
}
