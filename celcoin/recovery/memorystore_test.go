package recovery_test

import (
	"testing"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/recoverytest"
)

func TestMemoryStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	recoverytest.Run(t, func(t *testing.T) recovery.Store {
		t.Helper()
		return recovery.MemoryStore()
	})
}
