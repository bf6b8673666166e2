package rows

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// silence is row 16: what a logger costs whose handler takes nothing, over a
// client that has none.
func (b *Bench) silence(ctx context.Context) ([]report.Row, error) {
	t := b.at(server.Plain)
	off := slog.New(slog.DiscardHandler)
	replay := func(opts ...celcoin.Option) (measure.Footprint, error) {
		client, err := subject.CelcoinClient(t, opts...)
		if err != nil {
			return measure.Footprint{}, err
		}
		return measure.Weigh(b.Runs, func() error {
			_, err := client.ReplayWebhooks(ctx, celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: "1"})
			return err
		})
	}
	resend := func(opts ...ceffu.Option) (measure.Footprint, error) {
		client, err := subject.CeffuClient(t, opts...)
		if err != nil {
			return measure.Footprint{}, err
		}
		from := subject.Query().From
		return measure.Weigh(b.Runs, func() error {
			_, err := client.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: "1", EventType: ceffu.DepositSuccess, From: from})
			return err
		})
	}
	row := report.Row{What: "logging off: extra allocs a call"}
	for _, c := range []struct {
		name        string
		without, on func() (measure.Footprint, error)
	}{
		{"replay", func() (measure.Footprint, error) { return replay() }, func() (measure.Footprint, error) { return replay(celcoin.WithLogger(off)) }},
		{"resend", func() (measure.Footprint, error) { return resend() }, func() (measure.Footprint, error) { return resend(ceffu.WithLogger(off)) }},
	} {
		silent, err := c.without()
		if err != nil {
			return nil, err
		}
		discarding, err := c.on()
		if err != nil {
			return nil, err
		}
		check := report.Over(report.Allocs, discarding.Allocs, silent.Allocs, 0)
		check.Name = c.name
		row.Checks = append(row.Checks, check)
		row.Note += fmt.Sprintf("%s: %.0f allocs without a logger, %.0f with one that takes nothing; ", c.name, silent.Allocs, discarding.Allocs)
	}
	return []report.Row{row}, nil
}
