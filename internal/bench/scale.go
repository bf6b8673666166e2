package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/cost"
)

// iterateInside iterates so many webhooks of a server in this process. It returns the
// peak of memory in MiB, and webhooks a second.
func iterateInside(ctx context.Context, webhooks string) ([]float64, error) {
	s := httptest.NewServer(http.HandlerFunc(serve))
	defer s.Close()
	c, err := newCelcoin(s.URL + "/n-" + webhooks)
	if err != nil {
		return nil, err
	}
	peak, begin := cost.WatchMemory(), time.Now()
	n, err := iterate(ctx, c)
	return []float64{float64(peak()) / (1 << 20), float64(n) / time.Since(begin).Seconds()}, err
}

// iterate takes every webhook of a listing from the iterator, which fails by itself if
// they are fewer than the server says.
func iterate(ctx context.Context, c *celcoin.Client) (seen int, err error) {
	for _, err := range c.Webhooks(ctx, pendingQuery()) {
		if err != nil {
			return seen, err
		}
		seen++
	}
	return seen, nil
}

// refuse asks for a page that is too large. It returns the peak of memory in MiB.
func refuse(ctx context.Context, url string) ([]float64, error) {
	c, err := newCelcoin(url)
	if err != nil {
		return nil, err
	}
	peak := cost.WatchMemory()
	_, err = c.ListWebhooks(ctx, pendingQuery(), celcoin.PageOptions{})
	memory := float64(peak()) / (1 << 20)
	if _, typed := errors.AsType[*celcoin.Error](err); !typed {
		return nil, fmt.Errorf("a page of 512 MiB ended with %w, not with a *celcoin.Error", err)
	}
	return []float64{memory}, nil
}
