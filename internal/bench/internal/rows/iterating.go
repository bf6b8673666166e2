package rows

import (
	"context"
	"fmt"
	"strconv"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/process"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/scale"
	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

func mib(bytes uint64) float64 { return float64(bytes) / (1 << 20) }

// iterating is row 10: a process that holds nothing but the server and one
// iteration.
func (b *Bench) iterating(ctx context.Context) ([]report.Row, error) {
	var m scale.Measured
	if err := process.Run(ctx, &m, scale.InsideChild, strconv.Itoa(b.Webhooks)); err != nil {
		return nil, err
	}
	return []report.Row{{
		What:   fmt.Sprintf("iterating %d webhooks in %d pages: peak memory, server in the process", m.Items, m.Items/server.PageSize),
		Checks: []report.Check{report.Counted("", report.MiB, mib(m.Memory.Held), 32)},
		Note: fmt.Sprintf("held by Go's runtime; %.1f MiB resident, the program's own text included; %.0f webhooks/s",
			mib(m.Memory.Resident), float64(m.Items)/m.Seconds),
	}}, nil
}

// pagesARound keep a round of row 11 short, and long enough to be an iteration.
const pagesARound = 4

// paging is row 11.
func (b *Bench) paging(ctx context.Context) ([]report.Row, error) {
	const webhooks = pagesARound * server.PageSize
	client, err := subject.CelcoinClient(b.listing(webhooks))
	if err != nil {
		return nil, err
	}
	byHand := func() error {
		n := 0
		for page := 1; ; page++ {
			p, err := client.ListWebhooks(ctx, subject.Query(), celcoin.PageOptions{Page: page})
			if err != nil {
				return err
			}
			for i := range p.Webhooks {
				n += min(len(p.Webhooks[i].ID), 1)
			}
			if page >= p.TotalPages {
				return complete(n, webhooks)
			}
		}
	}
	iterator := func() error {
		n := 0
		for w, err := range client.Webhooks(ctx, subject.Query()) {
			if err != nil {
				return err
			}
			n += min(len(w.ID), 1)
		}
		return complete(n, webhooks)
	}
	timed, err := report.Timed("", 1.10, func() (measure.Ratio, error) { return b.compare(b.Rounds, byHand, iterator) })
	return []report.Row{{What: "iterator / a loop over pages by hand", Checks: []report.Check{timed}}}, err
}

func complete(seen, want int) error {
	if seen != want {
		return fmt.Errorf("saw %d webhooks of %d", seen, want)
	}
	return nil
}
