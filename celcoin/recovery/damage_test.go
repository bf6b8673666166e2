package recovery_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// crashed runs a recovery of 120 webhooks until about half are replayed, and
// returns the folder as a crash at that moment leaves it, with the log of its unit.
func crashed(t *testing.T, s *story) (dir, log string) {
	t.Helper()
	s.miss(t, celcoin.EntityPixPaymentIn, 120)
	running := t.TempDir()
	dir = filepath.Join(t.TempDir(), "crashed")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var copied error
	_, err := s.recoverer(t, recovery.WithStore(recovery.FileStore(running)), recovery.WithProgress(func(p recovery.Progress) {
		if p.Step == "replaying" && p.Totals.Replayed > 50 && ctx.Err() == nil {
			copied = os.CopyFS(dir, os.DirFS(running))
			cancel()
		}
	})).Recover(ctx, s.one("damage"))
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, copied)
	logs, err := filepath.Glob(filepath.Join(dir, "damage", "unit-*"))
	require.NoError(t, err)
	require.Len(t, logs, 1)
	return dir, logs[0]
}

var syncedTo = regexp.MustCompile(`"synced":(\d+)`)

// unsynced is where in a log begins what was not known to be on the disk.
func unsynced(t *testing.T, log []byte) int {
	t.Helper()
	all := syncedTo.FindAllSubmatch(log, -1)
	n, err := strconv.Atoi(string(all[len(all)-1][1]))
	require.NoError(t, err)
	require.Less(t, n, len(log))
	return n
}

// A crash of the machine leaves any part of what was not known to be on the disk.
func TestARecoveryGoesOnWithALogWhoseEndIsDamaged(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(log []byte, known int) []byte{
		"torn in its last line":                 func(log []byte, _ int) []byte { return log[:len(log)-7] },
		"torn where it was known to be durable": func(log []byte, known int) []byte { return log[:known] },
		"torn in the middle of the rest":        func(log []byte, known int) []byte { return log[:(known+len(log))/2] },
		"a hole of zeros before its last line": func(log []byte, known int) []byte {
			last := bytes.LastIndexByte(log[:len(log)-1], '\n')
			clear(log[known:max(known, last-3)])
			return log
		},
		"zeros instead of the rest": func(log []byte, known int) []byte { clear(log[known:]); return log },
		"a flipped bit in its last line": func(log []byte, _ int) []byte {
			log[len(log)-9] ^= 4
			return log
		},
		"zeros after its end": func(log []byte, _ int) []byte { return append(log, make([]byte, 4096)...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t, celcointest.WithReplayDelay(time.Second))
				dir, path := crashed(t, s)
				log, err := os.ReadFile(path)
				require.NoError(t, err)
				damaged := damage(bytes.Clone(log), unsynced(t, log))
				require.NoError(t, os.WriteFile(path, damaged, 0o600))
				r := s.recoverer(t, recovery.WithStore(recovery.FileStore(dir)))
				before, err := r.Report(t.Context(), "damage")
				require.NoError(t, err)
				assert.Equal(t, 120, before.Totals.Planned)
				assert.NotEqual(t, recovery.StateDrained, before.State)
				report, err := r.Resume(t.Context(), "damage")
				drained(t, s, report, err)
				// Whoever opens the journal cuts off what cannot be read, and the report says so.
				whole := bytes.HasPrefix(log, damaged) && bytes.HasSuffix(damaged, []byte("\n"))
				require.Equal(t, whole, len(report.JournalCuts) == 0)
				if !whole {
					assert.Equal(t, celcoin.EntityPixPaymentIn, report.JournalCuts[0].Entity)
					assert.Positive(t, report.JournalCuts[0].Bytes)
					var text strings.Builder
					require.NoError(t, report.WriteText(&text))
					assert.Contains(t, text.String(), "journal cut")
				}
				twice := 0
				for _, n := range s.arrived {
					twice += n - 1
				}
				assert.Len(t, s.arrived, 120)
				assert.LessOrEqual(t, twice, 8, "as many as were under way")
			})
		})
	}
}

func TestALogThatIsDamagedWhereItWasDurableIsNeverDrained(t *testing.T) {
	t.Parallel()
	for _, where := range []int{100, 900, 5000} {
		synctest.Test(t, func(t *testing.T) {
			s := empty(t)
			dir, path := crashed(t, s)
			log, err := os.ReadFile(path)
			require.NoError(t, err)
			log[where] ^= 1
			require.NoError(t, os.WriteFile(path, log, 0o600))
			r := s.recoverer(t, recovery.WithStore(recovery.FileStore(dir)))
			_, err = r.Report(t.Context(), "damage")
			require.ErrorIs(t, err, recovery.ErrCorrupt)
			replays := s.replays()
			_, err = r.Resume(t.Context(), "damage")
			require.ErrorIs(t, err, recovery.ErrCorrupt)
			assert.Equal(t, replays, s.replays())
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, log, after, "nothing of it was changed")
		})
	}
}

// A newer version's records cannot be passed over: what they say is unknown.
func TestALogOfANewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	for name, newer := range map[string]string{
		"a kind of record":     `{"kind":"teleported","time":"2027-01-01T00:00:00Z","items":[0]}`,
		"a unit's new version": `{"kind":"unit","head":{"version":99,"entity":"pix-payment-in"}}`,
	} {
		for _, of := range []string{"unit", "plan"} {
			t.Run(name+" in the log of a "+of, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := empty(t)
					dir, path := crashed(t, s)
					store := recovery.FileStore(dir)
					logName := "plan"
					if of == "unit" {
						for n, err := range store.List(t.Context(), "damage") {
							require.NoError(t, err)
							if filepath.Base(path)[:10] == n[:min(10, len(n))] {
								logName = n
							}
						}
					}
					log, err := store.Open(t.Context(), "damage", logName)
					require.NoError(t, err)
					require.NoError(t, log.Append(t.Context(), true, []byte(newer)))
					require.NoError(t, log.Close())
					r := s.recoverer(t, recovery.WithStore(store))
					replays := s.replays()
					_, err = r.Resume(t.Context(), "damage")
					require.Error(t, err)
					assert.Contains(t, err.Error(), "version")
					_, err = r.Report(t.Context(), "damage")
					require.Error(t, err)
					assert.Equal(t, replays, s.replays())
				})
			})
		}
	}
}
