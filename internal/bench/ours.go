package main

import (
	"context"
	"crypto/rsa"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// ours is this library with its defaults: retries, checks, limits, and a token
// that it fetches from the server.
type ours struct {
	ceffu   *ceffu.Client
	celcoin *celcoin.Client
}

// newOurs has the key as a program has it that read its numbers one by one, without the
// values that make it fast: used as it is, it signs 1.7 times slower.
func newOurs(url string, key *rsa.PrivateKey) (*ours, error) {
	assembled := &rsa.PrivateKey{PublicKey: key.PublicKey, D: key.D, Primes: key.Primes}
	signing, err := ceffu.New(ceffu.Credentials{APIKey: apiKey, Signer: assembled}, ceffu.WithBaseURL(url))
	if err != nil {
		return nil, err
	}
	bearing, err := newCelcoin(url)
	return &ours{signing, bearing}, err
}

func newCelcoin(url string) (*celcoin.Client, error) {
	return celcoin.New(celcoin.Credentials{ClientID: clientID, ClientSecret: clientSecret}, celcoin.WithBaseURL(url))
}

func pendingQuery() celcoin.Query {
	from, to := window()
	return celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: from, To: to, OnlyPending: new(true)}
}

func (o *ours) resend(ctx context.Context) error {
	from, _ := window()
	result, err := o.ceffu.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: ceffuWebhook, EventType: ceffu.DepositSuccess, From: from})
	if err != nil {
		return err
	}
	return expect(result.Accepted)
}

func (o *ours) details(ctx context.Context) error {
	page, err := o.celcoin.ListWebhooks(ctx, pendingQuery(), celcoin.PageOptions{})
	if err != nil {
		return err
	}
	return expect(len(page.Webhooks) == pageSize)
}

func (o *ours) replay(ctx context.Context) error {
	summary, err := o.celcoin.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: celcoinWebhook})
	if err != nil {
		return err
	}
	return expect(summary.TotalItems == 1)
}
