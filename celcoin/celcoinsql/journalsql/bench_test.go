package journalsql_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// record is as long as a recovery's usual one.
var record = fmt.Appendf(nil, `{"kind":"outcome","time":"2026-07-14T01:10:59.123456Z","items":[12345],"result":"accepted","request_id":"%036d"}`, 0)

// BenchmarkAppend appends a durable record at a time to each log.
func BenchmarkAppend(b *testing.B) {
	for name, newDatabase := range databases {
		for _, logs := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/%d", name, logs), func(b *testing.B) {
				s := newDatabase(b).store(b)
				held := make([]journal.Log, logs)
				for i := range held {
					l, err := s.Open(b.Context(), "outage-1", strconv.Itoa(i))
					require.NoError(b, err)
					held[i] = l
				}
				b.ResetTimer()
				var running sync.WaitGroup
				for i, l := range held {
					running.Go(func() {
						for range (b.N + i) / logs {
							if err := l.Append(b.Context(), true, record); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				running.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
				b.StopTimer()
				for _, l := range held {
					require.NoError(b, l.Close())
				}
			})
		}
	}
}

// BenchmarkRead reads 20,000 records, and says what they take in PostgreSQL.
func BenchmarkRead(b *testing.B) {
	for name, newDatabase := range databases {
		b.Run(name, func(b *testing.B) {
			const count = 20_000
			d := newDatabase(b)
			s := d.store(b)
			l, err := s.Open(b.Context(), "outage-1", "unit")
			require.NoError(b, err)
			for range count / 250 {
				batch := make([][]byte, 250)
				for i := range batch {
					batch[i] = record
				}
				require.NoError(b, l.Append(b.Context(), true, batch...))
			}
			require.NoError(b, l.Close())
			for b.Loop() {
				n := 0
				for _, err := range s.Read(b.Context(), "outage-1", "unit") {
					require.NoError(b, err)
					n++
				}
				require.Equal(b, count, n)
			}
			if name == "PostgreSQL" {
				var size int64
				row := d.open(b).QueryRowContext(b.Context(), "SELECT pg_total_relation_size('reenvio_journal_record')")
				require.NoError(b, row.Scan(&size))
				b.ReportMetric(float64(size)/count, "bytes/record")
				b.ReportMetric(float64(len(record)), "bytes/data")
			}
		})
	}
}
