package signer_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/signer"
)

// TestTheCostOfASignature holds figure 8 of performance.md.
func TestTheCostOfASignature(t *testing.T) { //nolint:paralleltest // allocations are counted for the whole process
	s, err := signer.FromSigner(assembled(rsaKey()))
	require.NoError(t, err)
	allocs := testing.AllocsPerRun(20, func() { _, err = s.Sign(body) })
	require.NoError(t, err)
	assert.LessOrEqual(t, allocs, 5.0)

	result := testing.Benchmark(func(b *testing.B) {
		b.Helper()
		sign(b, s)
	})
	assert.LessOrEqual(t, result.AllocedBytesPerOp(), int64(1300))
}

func BenchmarkSign(b *testing.B) {
	s, err := signer.FromSigner(rsaKey())
	require.NoError(b, err)
	sign(b, s)
}

func sign(b *testing.B, s *signer.Signer) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Sign(body); err != nil {
			b.Fatal(err)
		}
	}
}
