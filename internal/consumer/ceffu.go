package consumer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
)

// Ceffu uses the first version of package ceffu.
func Ceffu(ctx context.Context, h *http.Client, l *slog.Logger) (fmt.Stringer, error) {
	creds, err := ceffu.CredentialsFromEnv()
	if err != nil {
		return nil, errors.Join(err, errors.New(ceffu.EnvAPIKey), errors.New(ceffu.EnvAPISecret))
	}
	var _ fmt.GoStringer = creds
	var _ slog.LogValuer = creds
	var _ json.Marshaler = creds
	client, err := ceffu.New(ceffu.Credentials{APIKey: creds.APIKey, APISecret: creds.APISecret, Signer: creds.Signer},
		ceffu.WithBaseURL(ceffu.DefaultBaseURL), ceffu.WithHTTPClient(h), ceffu.WithLogger(l),
		ceffu.WithAttemptTimeout(ceffu.DefaultAttemptTimeout), ceffu.WithRateLimit(1, 1), ceffu.WithUserAgent("consumer/1"),
		ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: 1, MinWait: 1, MaxWait: 1, MaxRetryAfter: 1}))
	if err != nil {
		return nil, err
	}
	var resp ceffu.Response
	var opts []ceffu.CallOption
	opts = append(opts, ceffu.WithMaxRetries(0), ceffu.WithResponse(&resp))
	for _, event := range append(ceffu.EventTypes(), ceffu.DepositSuccess, ceffu.DepositFailed, ceffu.WithdrawalSuccess, ceffu.WithdrawalFailed) {
		var result *ceffu.ResendResult
		result, err = client.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: "1", EventType: event, From: time.Now()}, opts...)
		if err == nil && result.Accepted {
			return client, nil
		}
	}
	var _ = []any{resp.StatusCode, resp.Header, resp.RequestID, resp.Attempts, resp.Body}
	for _, category := range []error{
		ceffu.ErrInvalidRequest, ceffu.ErrUnauthorized, ceffu.ErrForbidden, ceffu.ErrNotFound, ceffu.ErrRateLimited,
		ceffu.ErrServer, ceffu.ErrOutcomeUnknown, ceffu.ErrDuplicateRequest, ceffu.ErrTimestampExpired, ceffu.ErrInvalidSignature,
	} {
		if errors.Is(err, category) {
			return nil, category
		}
	}
	if e, ok := errors.AsType[*ceffu.Error](err); ok {
		return nil, &ceffu.Error{
			Op: e.Op, StatusCode: e.StatusCode, Code: e.Code, Message: e.Message, RequestID: e.RequestID,
			Attempts: e.Attempts, RetryAfter: e.RetryAfter, Body: e.Body,
		}
	}
	return client, err
}

// CeffuNow uses what package ceffu has since its second version.
func CeffuNow(creds ceffu.Credentials, err error) (string, error) {
	client, newErr := ceffu.New(creds, ceffu.WithObserver(ceffuObserver{}),
		ceffu.WithTransport(func(base http.RoundTripper) http.RoundTripper { return base }),
		ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: ceffu.NoRetries}))
	if newErr != nil || ceffu.Retryable(err) || errors.Is(err, ceffu.ErrUnavailable) {
		return "", newErr
	}
	return client.Fingerprint(), nil
}

// CeffuAll resends everything.
func CeffuAll(ctx context.Context, client *ceffu.Client, ids ...string) (accepted int, err error) {
	all := ceffu.ResendAllRequest{WebhookIDs: ids, EventTypes: ceffu.EventTypes(), From: time.Now()}
	for outcome, err := range client.ResendAll(ctx, all, ceffu.WithMaxRetries(1)) {
		if err != nil {
			return accepted, err
		}
		switch outcome.Status {
		case ceffu.ResendAccepted:
			accepted++
		case ceffu.ResendNotAccepted, ceffu.ResendRefused, ceffu.ResendOutcomeUnknown:
			return accepted, fmt.Errorf("%s, %s: %w", outcome.WebhookID, outcome.EventType, outcome.Err)
		}
	}
	return accepted, nil
}

type ceffuObserver struct{}

func (ceffuObserver) CallStart(ctx context.Context, c ceffu.Call) context.Context {
	var _ = []string{c.Operation, c.Method, c.Host, c.PathTemplate, ceffu.OperationResend}
	return ctx
}

func (ceffuObserver) CallDone(_ context.Context, c ceffu.Call) {
	var _, _, _ = c.Attempts, c.Duration, []string{c.Outcome, c.Category}
}

func (ceffuObserver) AttemptStart(ctx context.Context, a ceffu.Attempt) context.Context {
	var _, _ = a.Number, []string{a.Operation, a.Method, a.Host, a.PathTemplate}
	return ctx
}

func (ceffuObserver) AttemptDone(_ context.Context, a ceffu.Attempt) {
	var _, _, _ = a.StatusCode, []string{a.Code, a.Outcome}, []time.Duration{a.Duration, a.Wait}
	switch a.Outcome {
	case ceffu.OutcomeOK, ceffu.OutcomeRefused, ceffu.OutcomeDNS, ceffu.OutcomeTLS, ceffu.OutcomeTimeout, ceffu.OutcomeReset,
		ceffu.OutcomeStatus, ceffu.OutcomeMalformed, ceffu.OutcomeCanceled, ceffu.OutcomeNotSent:
	}
}
