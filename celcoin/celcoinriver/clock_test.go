package celcoinriver_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// off builds this test as a program whose time of day is wrong: with another
// time.Now.
func off(t *testing.T, by time.Duration) (program string) {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	require.NoError(t, err)
	const reads = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	require.Contains(t, string(source), reads)
	dir := t.TempDir()
	replaced := strings.Replace(string(source), reads, fmt.Sprintf("%s\tsec += %d\n", reads, int(by.Seconds())), 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "time.go"), []byte(replaced), 0o600))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: filepath.Join(dir, "time.go")}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	program = filepath.Join(dir, "off.test")
	output, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(output))
	return program
}

func TestAMachineWhoseClockIsOffByTenMinutesChangesNothing(t *testing.T) {
	if !long {
		t.Skip("it builds the standard library anew: set REENVIO_LONG=1")
	}
	t.Parallel()
	// A snooze that is dated wrongly would take ten minutes.
	o := newOutage(t, shared.Database(t), 8, 100, func(o *outage) { o.Slice = 2 * time.Second })
	o.enqueue(t, 3)
	o.start(t, off(t, 10*time.Minute))
	o.start(t, os.Args[0])
	s := o.drained(t, 800)
	peak, calls := busiest(o.server)
	t.Logf("%d calls, at most %d in a second, skew %v", calls, peak, s.Report.Skew)
	assert.LessOrEqual(t, peak, rate*11/10)
	assert.WithinDuration(t, time.Now(), s.Report.Ended, time.Minute, "by the database's clock")
}
