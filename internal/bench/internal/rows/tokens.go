package rows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// tokens is row 13.
func (b *Bench) tokens(ctx context.Context) ([]report.Row, error) {
	granted, err := b.tokenless(ctx, server.SlowToken, nil)
	if err != nil {
		return nil, err
	}
	refused, err := b.tokenless(ctx, server.RefusedToken, celcoin.ErrUnauthorized)
	if err != nil {
		return nil, err
	}
	left, err := b.impatient(ctx)
	return []report.Row{{
		What: "64 callers without a token: token requests, granted or refused; a caller with 20 ms returns in",
		Checks: []report.Check{
			report.Exactly("granted", report.Requests, float64(granted), 1),
			report.Exactly("refused", report.Requests, float64(refused), 1),
			report.Counted("", report.Millis, float64(left.Microseconds())/1000, 60),
		},
	}}, err
}

// tokenless has 64 goroutines call with a new client, whose calls all end with
// the error that is expected.
func (b *Bench) tokenless(ctx context.Context, listener string, want error) (requests int64, err error) {
	s, err := subject.New(subject.Ours, b.at(listener))
	if err != nil {
		return 0, err
	}
	all, dismiss := measure.Crowd(64, func() error {
		if err := s.Replay(ctx); !errors.Is(err, want) {
			return fmt.Errorf("a caller without a token got %w", err)
		}
		return nil
	})
	defer dismiss()
	seen, err := b.during(listener, all)
	return seen.Tokens, err
}

// impatient is when a caller returns whose context ends after 20 ms, while a
// token takes 300: the median of some.
func (b *Bench) impatient(ctx context.Context) (time.Duration, error) {
	var times []float64
	for range 15 {
		s, err := subject.New(subject.Ours, b.at(server.SlowToken))
		if err != nil {
			return 0, err
		}
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		begin := time.Now()
		err = s.Replay(short)
		times = append(times, float64(time.Since(begin)))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			return 0, fmt.Errorf("an impatient caller got %w", err)
		}
	}
	return time.Duration(measure.Median(times)), nil
}
