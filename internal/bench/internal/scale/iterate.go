// Package scale measures what depends on how much there is: memory, and the
// cost of an item among many. Each measurement is a process of its own.
package scale

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/server"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// The names under which the program runs as one of these.
const (
	InsideChild  = "iterate-inside"
	IterateChild = "iterate"
	EndlessChild = "endless"
)

// Measured is what a number of items cost.
type Measured struct {
	Items   int            `json:"items"`
	Seconds float64        `json:"seconds"`
	CPU     float64        `json:"cpu_seconds"` // of the measured process, kernel included; 0: not known
	Memory  measure.Memory `json:"memory"`
	Calls   int            `json:"calls,omitempty"`
}

// clocked measures f, which returns how many items it had.
func clocked(f func() (int, error)) (*Measured, error) {
	stop, cpu, begin := measure.WatchMemory(), measure.CPUTime(), time.Now()
	n, err := f()
	m := &Measured{Items: n, Seconds: time.Since(begin).Seconds(), CPU: (measure.CPUTime() - cpu).Seconds()}
	m.Memory = stop()
	return m, err
}

// IterateInside goes through n webhooks of a server in this process.
func IterateInside(ctx context.Context, n int) (*Measured, error) {
	s, err := server.Listen(ctx)
	if err != nil {
		return nil, err
	}
	m, err := Iterate(ctx, s.URLs[server.Plain], n)
	return m, errors.Join(err, s.Close())
}

// Iterate goes through n webhooks of a server elsewhere.
func Iterate(ctx context.Context, url string, n int) (*Measured, error) {
	target := &subject.Target{URL: url + "/n-" + strconv.Itoa(n)}
	client, err := subject.CelcoinClient(target)
	if err != nil {
		return nil, err
	}
	return clocked(func() (seen int, err error) {
		for _, err := range client.Webhooks(ctx, subject.Query()) {
			if err != nil {
				return seen, err
			}
			seen++
		}
		if seen != n {
			return seen, fmt.Errorf("iterated %d webhooks of %d", seen, n)
		}
		return seen, nil
	})
}

// Refused is what became of an answer that is too large.
type Refused struct {
	Typed  bool           `json:"typed"` // the error is a *celcoin.Error
	Error  string         `json:"error"`
	Memory measure.Memory `json:"memory"`
}

// Endless asks for a page that does not end.
func Endless(ctx context.Context, url string) (*Refused, error) {
	client, err := subject.CelcoinClient(&subject.Target{URL: url})
	if err != nil {
		return nil, err
	}
	stop := measure.WatchMemory()
	_, err = client.ListWebhooks(ctx, subject.Query(), celcoin.PageOptions{})
	r := &Refused{Memory: stop()}
	if err == nil {
		return nil, errors.New("a page of 512 MiB was taken")
	}
	_, r.Typed = errors.AsType[*celcoin.Error](err)
	r.Error = err.Error()
	return r, nil
}
