package subject

import (
	"context"
	"net/http"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// ours is this library, as its users have it: with retries, and with a token of
// the server's. Over plain HTTP it has its own transport; a server that nobody
// has signed has to be trusted through one of the user's.
type ours struct {
	ceffu   *ceffu.Client
	celcoin *celcoin.Client
}

// CeffuClient calls the target.
func CeffuClient(t *Target, opts ...ceffu.Option) (*ceffu.Client, error) {
	all := []ceffu.Option{ceffu.WithBaseURL(t.URL)}
	if t.Roots != nil {
		tuned, err := t.tuned()
		if err != nil {
			return nil, err
		}
		all = append(all, ceffu.WithHTTPClient(&http.Client{Transport: tuned}))
	}
	return ceffu.New(ceffu.Credentials{APIKey: apiKey, APISecret: t.Secret}, append(all, opts...)...)
}

// CelcoinClient calls the target.
func CelcoinClient(t *Target, opts ...celcoin.Option) (*celcoin.Client, error) {
	all := []celcoin.Option{celcoin.WithBaseURL(t.URL)}
	if t.Roots != nil {
		tuned, err := t.tuned()
		if err != nil {
			return nil, err
		}
		all = append(all, celcoin.WithHTTPClient(&http.Client{Transport: tuned}))
	}
	return celcoin.New(celcoin.Credentials{ClientID: clientID, ClientSecret: credential}, append(all, opts...)...)
}

func newOurs(t *Target) (*ours, error) {
	signing, err := CeffuClient(t)
	if err != nil {
		return nil, err
	}
	bearing, err := CelcoinClient(t)
	if err != nil {
		return nil, err
	}
	return &ours{signing, bearing}, nil
}

// Query is what details are asked for.
func Query() celcoin.Query {
	from, to := window()
	return celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: from, To: to, OnlyPending: new(true)}
}

func (o *ours) Resend(ctx context.Context) error {
	from, _ := window()
	result, err := o.ceffu.ResendWebhooks(ctx, ceffu.ResendRequest{
		WebhookID: ceffuWebhook,
		EventType: ceffu.DepositSuccess,
		From:      from,
	})
	if err != nil {
		return err
	}
	if !result.Accepted {
		return errAnswer
	}
	return nil
}

func (o *ours) Details(ctx context.Context) error {
	page, err := o.celcoin.ListWebhooks(ctx, Query(), celcoin.PageOptions{})
	if err != nil {
		return err
	}
	if len(page.Webhooks) != pageSize {
		return errAnswer
	}
	return nil
}

func (o *ours) Replay(ctx context.Context) error {
	answer, err := o.celcoin.ReplayWebhooks(ctx, celcoin.ReplayRequest{
		Entity:    celcoin.EntityPixPaymentIn,
		WebhookID: celcoinWebhook,
	})
	if err != nil {
		return err
	}
	if answer.TotalItems != 1 {
		return errAnswer
	}
	return nil
}
