package recovery_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files there inherit who may read them")
	}
	dir := filepath.Join(t.TempDir(), "var", "recoveries")
	j, err := recovery.FileStore(dir).Open(t.Context(), "outage")
	require.NoError(t, err)
	require.NoError(t, j.Close())
	for path, want := range map[string]fs.FileMode{
		filepath.Dir(dir):                    0o700 | fs.ModeDir,
		dir:                                  0o700 | fs.ModeDir,
		filepath.Join(dir, "outage.journal"): 0o600,
	} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode(), path)
	}
}

func TestADirectoryThatExistsKeepsItsPermissions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before, err := os.Stat(dir)
	require.NoError(t, err)
	j, err := recovery.FileStore(dir).Open(t.Context(), "outage")
	require.NoError(t, err)
	require.NoError(t, j.Close())
	after, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, before.Mode(), after.Mode())
}

func TestIDsThatAreNoFileNamesAreRefused(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir := filepath.Join(parent, "journals")
	for _, id := range []string{
		"", ".", "..", "../x", "/etc/x", `..\x`, "a/b", `a\b`, "c:x", "x:stream", ".hidden", "a\x00b", "a\nb", "a b", "é", "a*",
		strings.Repeat("x", 101),
	} {
		for _, store := range []recovery.Store{recovery.FileStore(dir), recovery.MemoryStore()} {
			_, err := store.Open(t.Context(), id)
			require.ErrorIs(t, err, recovery.ErrInvalidRequest, "%q", id)
			require.ErrorContains(t, err, "recovery: open journal: ", "%q", id)
		}
	}
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestAnIDBecomesAFileOfTheDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, id := range []string{"a", "A1", "a..b", "-rf", "20260714T011000Z-8f14e45fceea", strings.Repeat("x", 100)} {
		j, err := recovery.FileStore(dir).Open(t.Context(), id)
		require.NoError(t, err, id)
		require.NoError(t, j.Close())
		require.FileExists(t, filepath.Join(dir, id+".journal"))
	}
}

// Where file names that differ only in case are one file, the second ID finds
// the first one's journal.
func TestIDsThatDifferInCaseNeverShareAJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := recovery.FileStore(dir).Open(t.Context(), "Outage")
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.NoError(t, os.Rename(filepath.Join(dir, "Outage.journal"), filepath.Join(dir, "outage.journal")))
	_, err = recovery.FileStore(dir).Open(t.Context(), "outage")
	require.ErrorContains(t, err, filepath.Join(dir, "outage.journal")+`: it holds recovery "Outage", not "outage"`)
	_, err = recovery.FileStore(dir).Open(t.Context(), "outage")
	require.NotErrorIs(t, err, recovery.ErrLocked, "a journal that cannot be opened is not held")
}

func TestWhereThereCannotBeAFileOpenSaysWhich(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "outage.journal"), 0o700))
	for store, problem := range map[string]string{
		filepath.Join(dir, "file"):      filepath.Join(dir, "file"),
		filepath.Join(dir, "file", "x"): filepath.Join(dir, "file"),
		dir:                             filepath.Join(dir, "outage.journal"),
		"":                              "the directory of the store is not given",
	} {
		_, err := recovery.FileStore(store).Open(t.Context(), "outage")
		require.ErrorContains(t, err, problem)
		require.ErrorContains(t, err, "recovery: ")
	}
}

func TestALockedJournalIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := recovery.FileStore(dir).Open(t.Context(), "outage")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, j.Close()) })
	_, err = recovery.FileStore(dir).Open(t.Context(), "outage")
	require.ErrorIs(t, err, recovery.ErrLocked)
	require.ErrorContains(t, err, "recovery: journal "+filepath.Join(dir, "outage.journal")+": the journal is held by another")
}
