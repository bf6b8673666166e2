package signer_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/cost"
	"github.com/reenvio/reenvio-go/internal/signer"
)

// A key from a vault comes without precomputed values. Go would work them out
// again for each signature, in many more allocations and nearly twice the time.
func TestASignatureAllocatesLittleWhereverTheKeyComesFrom(t *testing.T) { //nolint:paralleltest // it counts for the whole process
	for name, s := range signers(t) {
		got := cost.Of(t, func() error {
			_, err := s.Sign(body)
			return err
		})
		t.Logf("%s: %+v", name, got)
		assert.LessOrEqual(t, got.Allocs, 5.0, "allocations")
		assert.LessOrEqual(t, got.Bytes, 1300.0, "bytes")
	}
}

func signers(tb testing.TB) map[string]*signer.Signer {
	tb.Helper()
	key, err := signer.Parse(b64(pkcs8(rsaKey())))
	require.NoError(tb, err)
	inMemory, err := signer.FromSigner(rsaKey())
	require.NoError(tb, err)
	byHand, err := signer.FromSigner(assembled(rsaKey()))
	require.NoError(tb, err)
	return map[string]*signer.Signer{"parsed": signer.FromKey(key), "in memory": inMemory, "assembled by hand": byHand}
}
