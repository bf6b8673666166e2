package journal_test

import (
	"testing"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
	"github.com/reenvio/reenvio-go/celcoin/recovery/recoverytest"
)

func TestMemoryStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	recoverytest.Run(t, func(t *testing.T) journal.Store {
		t.Helper()
		return journal.MemoryStore()
	})
	recoverytest.RunShared(t, func(t *testing.T) func() journal.Store {
		t.Helper()
		s := journal.MemoryStore()
		return func() journal.Store { return s }
	})
}

func TestFileStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	recoverytest.Run(t, func(t *testing.T) journal.Store {
		t.Helper()
		return journal.FileStore(t.TempDir())
	})
	recoverytest.RunShared(t, func(t *testing.T) func() journal.Store {
		t.Helper()
		dir := t.TempDir()
		return func() journal.Store { return journal.FileStore(dir) }
	})
}
