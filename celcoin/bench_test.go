package celcoin_test

import (
	"testing"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/cost"
)

func BenchmarkQuery(b *testing.B) {
	full := missed
	full.WebhookID, full.DocumentNumber, full.Account = "84c5fc12-c2e4-4582-9566-9b334a7486a0", "04072747580", "300540655630"
	full.ID, full.ClientRequestID = "7", "100011"
	for name, q := range map[string]celcoin.Query{"window": missed, "full": full} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := celcoin.EncodeSearch(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("replay", func(b *testing.B) {
		req := celcoin.ReplayRequest{WebhookID: full.WebhookID, From: full.From, To: full.To, OnlyPending: full.OnlyPending}
		b.ReportAllocs()
		for b.Loop() {
			if celcoin.EncodeReplay(req) == "" {
				b.Fatal("an empty query")
			}
		}
	})
}

func BenchmarkEnvelope(b *testing.B) {
	for name, answer := range map[string]string{
		"success": oneReplayed,
		"error":   fixture(b, "error-cbe088.json"),
	} {
		b.Run(name, func(b *testing.B) {
			data := []byte(answer)
			b.ReportAllocs()
			for b.Loop() {
				if celcoin.DecodeSummary(data) != (name == "success") {
					b.Fatal("read wrongly")
				}
			}
		})
	}
}

func BenchmarkPage(b *testing.B) {
	data := onePage()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if celcoin.DecodePage(data) != pageSize {
			b.Fatal("read wrongly")
		}
	}
}

// BenchmarkWebhooks goes through pages of 200 webhooks over loopback, one an
// operation: with -benchtime 5000x through a million webhooks.
func BenchmarkWebhooks(b *testing.B) {
	c := costClient(b, cost.Serve(b, newPages().next))
	cost.LiveHeap() // so that nothing older counts
	peak := cost.WatchHeap()
	b.ReportAllocs()
	for more := b.Loop(); more; { // the listing begins again after a million
		n := 0
		for _, err := range c.Webhooks(b.Context(), missed) {
			if err != nil {
				b.Fatal(err)
			}
			if n++; n%pageSize == 0 {
				if more = b.Loop(); !more {
					break
				}
			}
		}
	}
	b.ReportMetric(mib(peak()), "MiB-peak")
	b.ReportMetric(float64(b.N*pageSize)/b.Elapsed().Seconds(), "webhooks/s")
}
