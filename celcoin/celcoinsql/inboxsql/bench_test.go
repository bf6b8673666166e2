package inboxsql_test

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
)

// BenchmarkProcess processes new events, 16 at once, each with an effect.
func BenchmarkProcess(b *testing.B) {
	for _, d := range databases {
		b.Run(d.name, func(b *testing.B) {
			in := inboxsql.New(d.open(b, d.dsn(b)), d.dialect, effect)
			var next atomic.Int64
			b.SetParallelism(max(1, 16/runtime.GOMAXPROCS(0)))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := in.Process(b.Context(), event(b, strconv.FormatInt(next.Add(1), 10), 1)); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
