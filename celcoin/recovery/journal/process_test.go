package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// These tests start this test binary again, as another process over the same
// store. The variable tells it where.
const childFolder = "JOURNAL_TEST_FOLDER"

// child runs one test of this binary. It ends with this process at the latest.
func child(t *testing.T, test, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	_, err = cmd.StdinPipe() // open as long as we live
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, bufio.NewScanner(stdout)
}

// kill ends a process as a crash does, and returns what it had said last.
func kill(t *testing.T, cmd *exec.Cmd, said *bufio.Scanner) string {
	t.Helper()
	require.NoError(t, cmd.Process.Kill())
	last := said.Text()
	for said.Scan() {
		last = said.Text()
	}
	require.Error(t, cmd.Wait())
	return last
}

// inChild returns the folder, in a child.
func inChild(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(childFolder)
	if dir == "" {
		t.Skip("it is another test's process")
	}
	go func() { // a child whose parent was killed ends
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1) //nolint:forbidigo // it is a program of its own
	}()
	return dir
}

func TestChildAppends(t *testing.T) {
	t.Parallel()
	dir := inChild(t)
	l, err := journal.FileStore(dir).Open(t.Context(), "outage-1", "plan")
	require.NoError(t, err)
	found, err := readAll(t, dir)
	require.NoError(t, err)
	for n := len(found); ; {
		records := batch(n)
		require.NoError(t, l.Append(context.Background(), n%2 == 0, records...))
		n += len(records)
		fmt.Println(n) //nolint:forbidigo // to the parent
	}
}

// batch is what a child appends at once, when n records are there already.
func batch(n int) [][]byte {
	records := make([][]byte, 1+n%7)
	for i := range records {
		records[i] = fmt.Appendf(nil, `{"n":%d}`, n+i)
		if n%5 == 0 { // such that writes are long enough to be cut
			records[i] = fmt.Appendf(nil, `{"n":%d,"pad":"%020000d"}`, n+i, 0)
		}
	}
	return records
}

// Each round kills a process that appends, anywhere, and the next goes on with
// the log that it left. For more rounds use -count.
func TestNoRecordIsLostWhenTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged := 0
	for round := range 8 {
		cmd, said := child(t, "TestChildAppends", dir)
		for range 1 + rand.IntN(30) {
			require.True(t, said.Scan(), "round %d", round)
		}
		require.ErrorIs(t, openPlan(t, dir), journal.ErrLocked)
		n, err := strconv.Atoi(kill(t, cmd, said))
		require.NoError(t, err)
		require.Greater(t, n, acknowledged)

		require.NoError(t, openPlan(t, dir), "the lock ended with its process")
		found, err := readAll(t, dir)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(found), n, "round %d", round)
		require.LessOrEqual(t, len(found), n+7, "round %d: at most one append was not acknowledged", round)
		for i, r := range found {
			require.Regexp(t, fmt.Sprintf(`^{"n":%d[,}]`, i), r)
		}
		acknowledged = len(found)
	}
}

// counted is how often each process counts.
const counted = 100

func TestChildCounts(t *testing.T) {
	t.Parallel()
	s := journal.FileStore(inChild(t))
	for range counted {
		require.NoError(t, count(t, s))
	}
}

// count adds one to a document that must be whole.
func count(t *testing.T, s journal.Store) error {
	t.Helper()
	return s.Update(t.Context(), "count", func(now time.Time, old []byte) ([]byte, error) {
		n := 0
		if old != nil {
			if _, err := fmt.Sscanf(string(old), "%d of many.", &n); err != nil {
				return nil, err
			}
		}
		require.WithinDuration(t, time.Now(), now, time.Minute)
		return fmt.Appendf(nil, "%d of many.", n+1), nil
	})
}

func TestNoUpdateIsLostBetweenProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, _ := child(t, "TestChildCounts", dir)
	two, _ := child(t, "TestChildCounts", dir)
	s := journal.FileStore(dir)
	for range counted {
		require.NoError(t, count(t, s))
	}
	require.NoError(t, one.Wait())
	require.NoError(t, two.Wait())
	require.NoError(t, s.Update(t.Context(), "count", func(_ time.Time, old []byte) ([]byte, error) {
		require.Equal(t, fmt.Sprintf("%d of many.", 3*counted), string(old))
		return nil, nil
	}))
}

// A killed process may leave the file that was to replace the document, and its
// lock's file.
func TestUpdateGoesOnAfterAKilledProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := journal.FileStore(dir)
	for range 4 {
		cmd, _ := child(t, "TestChildCounts", dir)
		require.NoError(t, count(t, s))
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		require.NoError(t, count(t, s))
	}
}
