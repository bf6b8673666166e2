package journal_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// begun is a folder with the log outage-1/plan, and the path of its file.
func begun(t *testing.T, records ...string) (dir, file string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "deep", "recoveries")
	l, err := journal.FileStore(dir).Open(t.Context(), "outage-1", "plan")
	require.NoError(t, err)
	for _, r := range records {
		require.NoError(t, l.Append(t.Context(), true, []byte(r)))
	}
	require.NoError(t, l.Close())
	return dir, filepath.Join(dir, "outage-1", "plan.jsonl")
}

// readAll reads outage-1/plan.
func readAll(t *testing.T, dir string) ([]string, error) {
	t.Helper()
	var found []string
	for r, err := range journal.FileStore(dir).Read(t.Context(), "outage-1", "plan") {
		if err != nil {
			return found, err
		}
		found = append(found, string(r))
	}
	return found, nil
}

func openPlan(t *testing.T, dir string) error {
	t.Helper()
	l, err := journal.FileStore(dir).Open(t.Context(), "outage-1", "plan")
	if err == nil {
		err = l.Close()
	}
	return err
}

// So that jq shows the records of a log at any time.
func TestEachLineIsAJSONObjectWithTheRecordInIt(t *testing.T) {
	t.Parallel()
	_, file := begun(t, `{"kind":"intent","items":[1,2]}`, "no JSON")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var found []string
	for line := range strings.Lines(string(data)) {
		var l struct {
			CRC    string          `json:"crc"`
			N      int             `json:"n"`
			Synced *int            `json:"synced"`
			Record json.RawMessage `json:"record"`
			Base64 []byte          `json:"base64"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		require.Len(t, l.CRC, 8)
		require.NotNil(t, l.Synced)
		found = append(found, string(l.Record)+string(l.Base64))
	}
	require.Equal(t, []string{"", `{"kind":"intent","items":[1,2]}`, "no JSON", ""}, found)
}

func TestFilesThatWereNotWrittenHereAreRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(data string) string
		says   string
	}{
		"another log's":        {func(string) string { return other(t) }, "outage-2/plan"},
		"another program's":    {func(string) string { return "something else\n" }, journal.ErrCorrupt.Error()},
		"one without newlines": {func(string) string { return "something else" }, journal.ErrCorrupt.Error()},
		"an empty one":         {func(string) string { return "" }, journal.ErrCorrupt.Error()},
		"half a first line":    {func(data string) string { return data[:40] }, journal.ErrCorrupt.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, file := begun(t, "1")
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			changed := c.change(string(data))
			require.NoError(t, os.WriteFile(file, []byte(changed), 0o600))
			_, err = readAll(t, dir)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, openPlan(t, dir), c.says)
			after, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, changed, string(after))
		})
	}
}

func TestDeleteLeavesAFileOfTheUsersAlone(t *testing.T) {
	t.Parallel()
	dir, file := t.TempDir(), "report.html" // which could be the ID of a recovery
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte("the user's"), 0o600))
	require.NoError(t, journal.FileStore(dir).Delete(t.Context(), file))
	require.FileExists(t, filepath.Join(dir, file))
}

// other is the file of outage-2/plan.
func other(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	l, err := journal.FileStore(dir).Open(t.Context(), "outage-2", "plan")
	require.NoError(t, err)
	require.NoError(t, l.Append(t.Context(), true, []byte("2")))
	require.NoError(t, l.Close())
	data, err := os.ReadFile(filepath.Join(dir, "outage-2", "plan.jsonl"))
	require.NoError(t, err)
	return string(data)
}

func TestAJournalOfTheFirstVersionIsRefusedWithItsName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := filepath.Join(dir, "outage-1.journal")
	first, err := os.ReadFile("../../../testdata/recovery/version-1.journal")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(old, first, 0o600))
	_, err = readAll(t, dir)
	require.ErrorContains(t, err, old)
	require.ErrorContains(t, openPlan(t, dir), old)
	require.ErrorContains(t, journal.FileStore(dir).Delete(t.Context(), "outage-1"), old)
	require.FileExists(t, old)
}

func TestOpenSaysHowMuchOfATornEndItCutOff(t *testing.T) {
	t.Parallel()
	dir, file := begun(t, "1", "2")
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"crc":"0123`)
	require.NoError(t, err)
	require.NoError(t, f.Close())

	for _, want := range []int64{12, 0} { // it is cut once
		l, err := journal.FileStore(dir).Open(t.Context(), "outage-1", "plan")
		require.NoError(t, err)
		cutter, ok := l.(journal.Cutter)
		require.True(t, ok)
		require.Equal(t, want, cutter.Cut())
		require.NoError(t, l.Close())
	}
	found, err := readAll(t, dir)
	require.NoError(t, err)
	require.Equal(t, []string{"1", "2"}, found)
}

// Reading makes no file, so it works without permission to write.
func TestReadingAndListingNeedNothingButTheFiles(t *testing.T) {
	t.Parallel()
	dir, file := begun(t, "1", "2")
	readOnly := t.TempDir()
	folder := filepath.Join(readOnly, "outage-1")
	require.NoError(t, os.Mkdir(folder, 0o700))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plan.jsonl"), data, 0o444))
	for _, d := range []string{folder, readOnly} {
		require.NoError(t, os.Chmod(d, 0o555))
		t.Cleanup(func() { require.NoError(t, os.Chmod(d, 0o700)) })
	}
	found, err := readAll(t, readOnly)
	require.NoError(t, err)
	require.Equal(t, []string{"1", "2"}, found)
	for recovery, want := range map[string]string{"": "outage-1", "outage-1": "plan"} {
		for name, err := range journal.FileStore(readOnly).List(t.Context(), recovery) {
			require.NoError(t, err)
			require.Equal(t, want, name)
		}
	}
	entries, err := os.ReadDir(readOnly)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing was made there")

	_, err = readAll(t, filepath.Join(dir, "none"))
	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(dir, "none"))
}

func TestOpeningAloneMakesNoLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, openPlan(t, dir))
	require.NoDirExists(t, filepath.Join(dir, "outage-1"))
}

func TestFilesAndFoldersAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files there inherit who may read them")
	}
	dir, _ := begun(t, "1")
	update := func(time.Time, []byte) ([]byte, error) { return []byte("{}"), nil }
	require.NoError(t, journal.FileStore(dir).Update(t.Context(), "pace", update))
	seen := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := e.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, path)
		seen++
		return nil
	}))
	require.Greater(t, seen, 5)
}

// The folder of a recovery holds nothing but its logs; a document is a file as
// it is.
func TestAFolderHoldsTheLogsOfItsRecoveryUnderReadableNames(t *testing.T) {
	t.Parallel()
	dir, file := begun(t, "1")
	s := journal.FileStore(dir)
	l, err := s.Open(t.Context(), "outage-1", "pix-payment-in/20260714T0110")
	require.NoError(t, err)
	require.NoError(t, l.Append(t.Context(), true, []byte("1")))
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	slices.Sort(names)
	require.Equal(t, []string{"pix-payment-in%2F20260714%540110.jsonl", "plan.jsonl"}, names)
	require.NoError(t, l.Close())

	require.NoError(t, s.Update(t.Context(), "pace", func(time.Time, []byte) ([]byte, error) { return []byte(`{"a":1}`), nil }))
	data, err := os.ReadFile(filepath.Join(dir, ".shared", "pace.json"))
	require.NoError(t, err)
	require.JSONEq(t, `{"a":1}`, string(data))
}

func TestAStoreWithoutAFolderSaysSo(t *testing.T) {
	t.Parallel()
	require.Error(t, openPlan(t, ""))
	require.Error(t, journal.FileStore("").Update(t.Context(), "a", func(time.Time, []byte) ([]byte, error) { return nil, nil }))
	require.Error(t, openPlan(t, filepath.Join(os.Args[0], "below a file")))
}
