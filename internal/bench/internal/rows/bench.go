// Package rows measures the figures that the library holds, numbered as its
// table of figures numbers them.
package rows

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/process"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// ServerChild is the name under which the program runs as the server.
const ServerChild = "server"

// Size is how much is measured.
type Size struct {
	Rounds   int   // of operations alone
	Crowded  int   // rounds of crowds
	Crowds   []int // of goroutines
	WarmUps  int   // before the rounds: connections are opened, a token is fetched, pools are filled
	Runs     int   // of an operation whose allocations are counted
	Requests int   // whose connections are counted
	Webhooks int   // that are iterated
}

// Full is what the figures are stated for.
func Full() Size {
	return Size{
		Rounds: 500, Crowded: 500, Crowds: []int{16, 64}, WarmUps: 20,
		Runs: 300, Requests: 6000, Webhooks: 1_000_000,
	}
}

// Quick is for a first look. The calls of one goroutine keep their rounds, as
// limits so close need them.
func Quick() Size {
	s := Full()
	s.Crowded, s.Runs, s.Webhooks = 50, 100, 100_000
	return s
}

// Bench is a server in another process, and what is measured against it.
type Bench struct {
	Size
	order  *rand.Rand
	child  *process.Child
	where  server.Listeners
	target *subject.Target // the plain listener
	roots  *x509.CertPool
}

// New starts the server.
func New(ctx context.Context, size Size, seed uint64) (*Bench, error) {
	b := &Bench{Size: size, order: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // repeatable, not secret
	var err error
	if b.child, err = process.Start(ctx, &b.where, ServerChild); err != nil {
		return nil, err
	}
	if b.roots, err = b.where.Roots(); err != nil {
		return nil, err
	}
	b.target, err = subject.NewTarget(b.where.URLs[server.Plain], nil)
	return b, err
}

// Serve is that other process.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	s, err := server.Listen(ctx)
	if err != nil {
		return err
	}
	err = process.Serve(in, out, s.Listeners, func(question string) (any, error) {
		if question != "counts" {
			return nil, fmt.Errorf("the server was asked for %q", question)
		}
		return s.Counts(), nil
	})
	return errors.Join(err, s.Close())
}

// Close ends the server.
func (b *Bench) Close() error { return b.child.Close() }

// at is the target at another listener, over TLS if that has it.
func (b *Bench) at(listener string) *subject.Target {
	if listener == server.TLS || listener == server.HTTP2 {
		return b.target.At(b.where.URLs[listener], b.roots)
	}
	return b.target.At(b.where.URLs[listener], nil)
}

// listing is the target with a listing of so many webhooks.
func (b *Bench) listing(webhooks int) *subject.Target {
	return b.target.At(b.where.URLs[server.Plain]+"/n-"+strconv.Itoa(webhooks), nil)
}

// during counts what a listener sees while f runs.
func (b *Bench) during(listener string, f func() error) (server.Counts, error) {
	var before, after map[string]server.Counts
	if err := b.child.Ask("counts", &before); err != nil {
		return server.Counts{}, err
	}
	if err := f(); err != nil {
		return server.Counts{}, err
	}
	err := b.child.Ask("counts", &after)
	was, is := before[listener], after[listener]
	return server.Counts{
		Connections: is.Connections - was.Connections,
		Requests:    is.Requests - was.Requests,
		Tokens:      is.Tokens - was.Tokens,
	}, err
}

// compare is candidate / floor over so many rounds.
func (b *Bench) compare(rounds int, floor, candidate measure.Op) (measure.Ratio, error) {
	for range b.WarmUps {
		for _, op := range []measure.Op{floor, candidate} {
			if err := op(); err != nil {
				return measure.Ratio{}, err
			}
		}
	}
	s, err := measure.Compare(b.order, rounds, floor, candidate)
	if err != nil {
		return measure.Ratio{}, err
	}
	return s.Ratio(1, 0), nil
}

// All measures every row, and tells of each when it is done.
func (b *Bench) All(ctx context.Context, done func(*report.Row)) ([]report.Row, error) {
	var rows []report.Row
	for _, take := range []func(context.Context) ([]report.Row, error){
		b.calls, b.crowds, b.signing, b.iterating, b.paging, b.connections, b.tokens, b.endless, b.retries, b.silence,
	} {
		begin := time.Now()
		taken, err := take(ctx)
		if err != nil {
			return rows, fmt.Errorf("row %d: %w", len(rows)+1, err)
		}
		for i := range taken {
			taken[i].Number = len(rows) + 1
			taken[i].Seconds = time.Since(begin).Seconds() / float64(len(taken))
			rows = append(rows, taken[i])
			done(&taken[i])
		}
	}
	return rows, nil
}
