package recovery

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// These tests start this test binary again, as another process that has a
// journal open. The variable tells it where.
const childDirectory = "RECOVERY_TEST_JOURNALS"

// child runs one test of this binary.
func child(t *testing.T, test, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	switch runtime.GOOS {
	case "js", "wasip1", "plan9", "solaris", "aix":
		t.Skip("no processes here, or no locks that end with them")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.count=1") //nolint:gosec // this very binary
	cmd.Env = append(os.Environ(), childDirectory+"="+dir)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	stdin, err := cmd.StdinPipe() // open as long as we live
	require.NoError(t, err)
	t.Cleanup(func() { _ = stdin.Close() })
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
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	return last
}

func TestChildHolds(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(childDirectory)
	if dir == "" {
		t.Skip("it is another test's process")
	}
	_, err := FileStore(dir).Open(t.Context(), "outage")
	require.NoError(t, err)
	fmt.Println("held") //nolint:forbidigo // to the parent
	_, err = io.Copy(io.Discard, os.Stdin)
	require.NoError(t, err)
}

func TestAnotherProcessHoldsAJournalUntilItDies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, said := child(t, "TestChildHolds", dir)
	require.True(t, said.Scan())
	require.Equal(t, "held", said.Text())
	for range 3 {
		_, err := FileStore(dir).Open(t.Context(), "outage")
		require.ErrorIs(t, err, ErrLocked)
	}
	other, err := FileStore(dir).Open(t.Context(), "other")
	require.NoError(t, err)
	require.NoError(t, other.Close())

	kill(t, cmd, said)
	j, err := FileStore(dir).Open(t.Context(), "outage")
	require.NoError(t, err)
	require.NoError(t, j.Close())
}

// batch is what a child appends at once, when n entries are there already.
func batch(n int) []Entry {
	entries := make([]Entry, 1+n%7)
	for i := range entries {
		entries[i] = outcomeEntry(n + i)
		if n%5 == 0 { // such that writes are long enough to be cut
			entries[i].Error = fmt.Sprintf("%0*d", 20_000, n)
		}
	}
	return entries
}

func TestChildAppends(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(childDirectory)
	if dir == "" {
		t.Skip("it is another test's process")
	}
	j, err := FileStore(dir).Open(t.Context(), "outage")
	require.NoError(t, err)
	n := 0
	for s, err := range j.Entries(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, outcomeEntry(n).RequestID, s.Entry.RequestID)
		n++
	}
	for {
		entries := batch(n)
		_, err := j.Append(context.Background(), entries...) //nolint:usetesting // until it is killed
		require.NoError(t, err)
		require.NoError(t, j.Sync(t.Context()))
		n += len(entries)
		fmt.Println(n) //nolint:forbidigo // to the parent
	}
}

// Each round kills a process that appends, anywhere, and the next goes on with
// the journal it left. For more rounds use -count.
func TestNothingThatWasAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged, torn := 0, 0
	for round := range 20 {
		cmd, said := child(t, "TestChildAppends", dir)
		for range 1 + rand.IntN(30) { //nolint:gosec // any moment will do
			require.True(t, said.Scan(), "round %d", round)
		}
		n, err := strconv.Atoi(kill(t, cmd, said))
		require.NoError(t, err)
		require.Greater(t, n, acknowledged)
		acknowledged = n

		j, err := FileStore(dir).Open(t.Context(), "outage")
		require.NoError(t, err)
		entries, err := contents(t, j)
		require.NoError(t, err)
		for n, e := range entries {
			require.Equal(t, outcomeEntry(n).RequestID, e.RequestID)
		}
		require.GreaterOrEqual(t, len(entries), acknowledged, "round %d", round)
		require.LessOrEqual(t, len(entries), acknowledged+7, "round %d: no more than one append was not acknowledged", round)
		torn += len(entries) - acknowledged
		acknowledged = len(entries)
		require.NoError(t, j.Close())
	}
	t.Logf("%d entries acknowledged, %d more were there", acknowledged-torn, torn)
}
