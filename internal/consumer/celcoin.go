package consumer

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Celcoin uses the first version of package celcoin.
func Celcoin(ctx context.Context, h *http.Client, l *slog.Logger, cert tls.Certificate) (fmt.Stringer, error) {
	creds, err := celcoin.CredentialsFromEnv()
	if err != nil {
		return nil, errors.Join(err, errors.New(celcoin.EnvClientID), errors.New(celcoin.EnvClientSecret))
	}
	var _ json.Marshaler = creds
	var _ oauth2.TokenSource = creds.TokenSource //nolint:staticcheck // the type is what is compiled
	client, err := celcoin.New(celcoin.Credentials{ClientID: creds.ClientID, ClientSecret: creds.ClientSecret, TokenSource: creds.TokenSource},
		celcoin.WithBaseURL(celcoin.SandboxURL), celcoin.WithBaseURL(celcoin.ProductionURL), celcoin.WithHTTPClient(h),
		celcoin.WithClientCertificate(cert), celcoin.WithLogger(l), celcoin.WithAttemptTimeout(celcoin.DefaultAttemptTimeout),
		celcoin.WithRateLimit(1, 1), celcoin.WithUserAgent("consumer/1"),
		celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: 1, MinWait: 1, MaxWait: 1, MaxRetryAfter: 1}))
	if err != nil {
		return nil, err
	}
	q := celcoin.Query{
		Product: celcoin.ProductPix, Entity: celcoin.EntityPixPaymentIn, From: time.Now(), To: time.Now(), OnlyPending: new(true),
		WebhookID: "1", DocumentNumber: "1", Account: "1", ID: "1", ClientRequestID: "1",
	}
	var resp celcoin.Response
	opts := []celcoin.CallOption{celcoin.WithMaxRetries(0), celcoin.WithResponse(&resp), celcoin.WithAtLeastOnce()}
	var summary *celcoin.ReplaySummary
	if summary, err = client.CountWebhooks(ctx, q, opts...); err != nil {
		return nil, celcoinCategory(err)
	}
	var page *celcoin.WebhookPage
	if page, err = client.ListWebhooks(ctx, q, celcoin.PageOptions{Page: 1, PageSize: 1, Limit: 1}, opts...); err != nil {
		return nil, celcoinCategory(err)
	}
	page.ReplaySummary = *summary
	var _ = []int{page.Page, page.TotalPages, page.PageSize, page.Limit, page.TotalItems, len(page.Webhooks)}
	var _ func(context.Context, celcoin.Query, ...celcoin.CallOption) iter.Seq2[celcoin.Webhook, error] = client.Webhooks //nolint:staticcheck // the type is what is compiled
	for webhook, err := range client.Webhooks(ctx, q, opts...) {
		if err != nil {
			return nil, celcoinCategory(err)
		}
		earliest, latest := webhook.Created.Range()
		var _ = []any{
			webhook.HTTPStatusCode, webhook.URL, webhook.Request, webhook.Response, webhook.LastUpdated.Raw, webhook.Created.Time,
			webhook.Created.IsZero(), earliest, latest, webhook.Status == celcoin.StatusPending, webhook.Status == celcoin.StatusSent,
		}
		summary, err = client.ReplayWebhooks(ctx, celcoin.ReplayRequest{
			Product: celcoin.ProductBaaS, Entity: q.Entity, WebhookID: webhook.ID, From: q.From, To: q.To, OnlyPending: q.OnlyPending,
			Filter: celcoin.Filter{DocumentNumber: "1", Account: "1", ID: "1", ClientRequestID: webhook.Filter.ClientRequestID}, Bulk: true,
		}, opts...)
		if err != nil {
			return nil, celcoinCategory(err)
		}
	}
	var _ = []any{summary.Entity, summary.From, summary.To, summary.OnlyPending, summary.TotalItems, celcoin.ParseTimestamp("")}
	var _ = append(celcoin.PixEntities(), celcoin.BaaSEntities()...)
	return client, nil
}

func celcoinCategory(err error) error {
	for _, category := range []error{
		celcoin.ErrInvalidRequest, celcoin.ErrUnauthorized, celcoin.ErrForbidden, celcoin.ErrNotFound, celcoin.ErrRateLimited,
		celcoin.ErrServer, celcoin.ErrOutcomeUnknown, celcoin.ErrIncomplete,
	} {
		if errors.Is(err, category) {
			return category
		}
	}
	if e, ok := errors.AsType[*celcoin.Error](err); ok {
		return &celcoin.Error{
			Op: e.Op, StatusCode: e.StatusCode, Code: e.Code, Message: e.Message, RequestID: e.RequestID,
			Attempts: e.Attempts, RetryAfter: e.RetryAfter, Body: e.Body,
		}
	}
	return err
}

// CelcoinNow uses what package celcoin has since its second version.
func CelcoinNow(ctx context.Context, q celcoin.Query) (count *celcoin.WebhookCount, err error) {
	cert, err := celcoin.LoadClientCertificate("cert.pem", "key.pem", "")
	if err != nil {
		return nil, err
	}
	client, err := celcoin.New(celcoin.Credentials{
		TokenFunc: func(context.Context, string) (*oauth2.Token, error) { return nil, errors.New("none") },
	}, celcoin.WithBaseURL(celcoin.SandboxURL), celcoin.WithClientCertificate(cert), celcoin.WithObserver(celcoinObserver{}),
		celcoin.WithTransport(func(base http.RoundTripper) http.RoundTripper { return base }),
		celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: celcoin.NoRetries}))
	if err != nil {
		return nil, err
	}
	q.Product = celcoin.ProductBaaSV1
	for _, err := range client.Webhooks(ctx, q, celcoin.WithPageSize(50)) {
		if celcoin.Retryable(err) || errors.Is(err, celcoin.ErrUnavailable) {
			return nil, fmt.Errorf("%s: %w", client.Fingerprint(), err)
		}
	}
	return client.CountWebhooks(ctx, q)
}

// CelcoinStatus asks for transactions.
func CelcoinStatus(ctx context.Context, client *celcoin.Client) (string, error) {
	sent, err := client.PixPaymentStatus(ctx, celcoin.PixPaymentQuery{
		Product: celcoin.ProductBaaS, TransactionID: "1", EndToEndID: "E1", ClientCode: "c1",
	}, celcoin.WithMaxRetries(1))
	if err != nil || !sent.Found {
		return "", err
	}
	received, err := client.PixReceiptStatus(ctx, celcoin.PixReceiptQuery{TransactionID: "1", EndToEndID: "E1", TransactionIDBRCode: "b1"})
	if err != nil {
		return "", err
	}
	switch received.Status {
	case celcoin.TransactionConfirmed, celcoin.TransactionProcessing:
		return received.TransactionID + received.EndToEndID + received.ClientCode + received.Amount, nil
	case celcoin.TransactionError:
		return received.ErrorCode + received.ErrorMessage, nil
	}
	return received.String(), nil
}

type celcoinObserver struct{}

func (celcoinObserver) CallStart(ctx context.Context, c celcoin.Call) context.Context {
	switch c.Operation {
	case celcoin.OperationCount, celcoin.OperationList, celcoin.OperationReplay, celcoin.OperationToken,
		celcoin.OperationPaymentStatus, celcoin.OperationReceiptStatus:
	}
	var _ = []string{c.Method, c.Host, c.PathTemplate}
	return ctx
}

func (celcoinObserver) CallDone(_ context.Context, c celcoin.Call) {
	var _, _, _ = c.Attempts, c.Duration, []string{c.Outcome, c.Category}
}

func (celcoinObserver) AttemptStart(ctx context.Context, a celcoin.Attempt) context.Context {
	var _, _ = a.Number, []string{a.Operation, a.Method, a.Host, a.PathTemplate}
	return ctx
}

func (celcoinObserver) AttemptDone(_ context.Context, a celcoin.Attempt) {
	var _, _, _ = a.StatusCode, []string{a.Code, a.Outcome}, []time.Duration{a.Duration, a.Wait}
	switch a.Outcome {
	case celcoin.OutcomeOK, celcoin.OutcomeRefused, celcoin.OutcomeDNS, celcoin.OutcomeTLS, celcoin.OutcomeTimeout,
		celcoin.OutcomeReset, celcoin.OutcomeStatus, celcoin.OutcomeMalformed, celcoin.OutcomeCanceled, celcoin.OutcomeNotSent:
	}
}
