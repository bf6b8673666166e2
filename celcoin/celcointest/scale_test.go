package celcointest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestManyWebhooksAreListedAndReplayed(t *testing.T) {
	t.Parallel()
	const many = 100_000
	s, w := missed(t)
	require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentIn, many-600, noon.Add(-2*time.Hour), noon))
	require.Equal(t, many, s.Pending(celcoin.EntityPixPaymentIn))
	for _, page := range []int{1, many / 200} {
		got := w.get(paymentIn + "/details" + day("OnlyPending=true", fmt.Sprintf("Page=%d", page)))
		assert.Equal(t, 200, strings.Count(got.body, `"webhookId"`))
	}
	assert.Equal(t, http.StatusNotFound, w.get(paymentIn+"/details"+day("OnlyPending=true", fmt.Sprintf("Page=%d", many/200+1))).status)
	id := pending(w, many/200)[0]
	assert.Equal(t, 1, w.put(paymentIn+"?webhookId="+id, "").total(t))
	s.Settle()
	assert.Equal(t, many-1, s.Pending(""))
}

// BenchmarkGenerate tells what webhooks cost in time and memory.
func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s := NewServer(b, at(noon))
				require.NoError(b, s.AddMissed(celcoin.EntityPixPaymentIn, n, noon.Add(-2*time.Hour), noon))
				require.Equal(b, n, s.Pending(""))
				s.Close()
			}
		})
	}
}
