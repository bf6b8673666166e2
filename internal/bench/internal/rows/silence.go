package rows

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// within answers in this very goroutine, as the server does, so that not even
// the scheduler can change what a call allocates.
type within struct{ handler http.Handler }

func (w within) RoundTrip(r *http.Request) (*http.Response, error) {
	a := &kept{header: http.Header{}}
	inner := r.Clone(r.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	w.handler.ServeHTTP(a, inner)
	return &http.Response{
		StatusCode: a.status, Header: a.header, Request: r,
		ContentLength: int64(a.body.Len()), Body: io.NopCloser(&a.body),
	}, nil
}

// kept is an answer that stays in memory.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// silence is row 16: what a logger costs whose handler takes nothing, over a
// client that has none.
func (b *Bench) silence(ctx context.Context) ([]report.Row, error) {
	client := &http.Client{Transport: within{server.NewHandler(server.Behaviour{})}}
	off := slog.New(slog.DiscardHandler)
	replay := func(opts ...celcoin.Option) (measure.Footprint, error) {
		c, err := subject.CelcoinClient(b.target, append(opts, celcoin.WithHTTPClient(client))...)
		if err != nil {
			return measure.Footprint{}, err
		}
		return measure.Weigh(b.Runs, func() error {
			_, err := c.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: "1"})
			return err
		})
	}
	resend := func(opts ...ceffu.Option) (measure.Footprint, error) {
		c, err := subject.CeffuClient(b.target, append(opts, ceffu.WithHTTPClient(client))...)
		if err != nil {
			return measure.Footprint{}, err
		}
		from := subject.Query().From
		return measure.Weigh(b.Runs, func() error {
			_, err := c.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: "1", EventType: ceffu.DepositSuccess, From: from})
			return err
		})
	}
	row := report.Row{What: "logging off: extra allocs a call"}
	var notes []string
	for _, c := range []struct {
		call         subject.Call
		without, off func() (measure.Footprint, error)
	}{
		{subject.Replay, func() (measure.Footprint, error) { return replay() }, func() (measure.Footprint, error) { return replay(celcoin.WithLogger(off)) }},
		{subject.Resend, func() (measure.Footprint, error) { return resend() }, func() (measure.Footprint, error) { return resend(ceffu.WithLogger(off)) }},
	} {
		silent, err := c.without()
		if err != nil {
			return nil, err
		}
		discarding, err := c.off()
		if err != nil {
			return nil, err
		}
		check := report.Over(report.Allocs, discarding.Allocs, silent.Allocs, 0)
		check.Name = string(c.call)
		row.Checks = append(row.Checks, check)
		notes = append(notes, fmt.Sprintf("%s: %.0f allocs without a logger, %.0f with one that takes nothing", c.call, silent.Allocs, discarding.Allocs))
	}
	row.Note = strings.Join(notes, "; ") + " (the server in the same goroutine)"
	return []report.Row{row}, nil
}
