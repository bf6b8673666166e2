package ceffu

import (
	"testing"

	"github.com/reenvio/reenvio-go/internal/lenient"
)

func BenchmarkEnvelope(b *testing.B) {
	for name, answer := range map[string]string{
		"success": `{"data":true,"code":"000000","message":"Success"}`,
		"error":   `{"data":null,"code":"G20005","message":"Invalid parameter: \"webhookId\""}`,
	} {
		b.Run(name, func(b *testing.B) {
			data := []byte(answer)
			b.ReportAllocs()
			for b.Loop() {
				var e envelope
				if _, err := lenient.Unmarshal(data, &e); err != nil || e.Code == "" {
					b.Fatal("read wrongly", err)
				}
			}
		})
	}
}
