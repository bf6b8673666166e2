package inboxsql_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
)

// BenchmarkProcess processes new events, 16 at once, each with an effect.
func BenchmarkProcess(b *testing.B) {
	for _, d := range databases {
		b.Run(d.name, func(b *testing.B) {
			in := inboxsql.New(d.open(b, d.dsn(b)), d.dialect, effect)
			var next atomic.Int64
			var wg sync.WaitGroup
			begun := time.Now()
			b.ResetTimer()
			for range 16 {
				wg.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := in.Process(b.Context(), event(b, strconv.FormatInt(n, 10), 1)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "events/s")
		})
	}
}
