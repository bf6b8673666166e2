package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/bench/internal/process"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/bench/internal/rows"
	"github.com/reenvio/reenvio-go/internal/bench/internal/subject"
)

// TestMain lets the test binary be the server and every other child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == process.Argument {
		main()
		return
	}
	os.Exit(m.Run())
}

// small is enough to see that everything runs; its figures mean nothing.
func small(t *testing.T, out io.Writer) *program {
	t.Helper()
	size := rows.Size{Rounds: 2, Crowded: 1, Crowds: []int{2}, WarmUps: 1, Runs: 1, Requests: 128, Webhooks: 10_000}
	// The server ends when it is told to, after the test's own context has ended.
	b, err := rows.New(context.WithoutCancel(t.Context()), size, 1)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	return &program{
		config:   &config{calls: subject.Calls(), size: size, seed: 1, gate: report.GateNone, json: true},
		bench:    b,
		out:      out,
		messages: io.Discard,
	}
}

func TestTheTableHasEveryFigure(t *testing.T) { //nolint:paralleltest // counting allocations holds the collector still
	var out bytes.Buffer
	p := small(t, &out)
	require.NoError(t, p.table(t.Context()))
	assert.False(t, p.missed, "this gate lets everything through")
	var table struct {
		Rows []report.Row `json:"rows"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &table))
	require.Len(t, table.Rows, 16)
	checks := map[int]int{2: 2, 4: 2, 6: 2, 7: 3, 8: 3, 13: 3, 14: 4, 16: 2}
	for i, r := range table.Rows {
		assert.Equal(t, i+1, r.Number)
		assert.NotEmpty(t, r.What)
		assert.Len(t, r.Checks, max(checks[r.Number], 1), "row %d", r.Number)
		for _, c := range r.Checks {
			assert.False(t, math.IsNaN(c.Seen) || math.IsInf(c.Seen, 0), "row %d: %v", r.Number, c.Seen)
		}
	}
	// What neither noise nor the race detector reaches.
	for _, c := range append(table.Rows[12].Checks[:2], append(table.Rows[14].Checks, table.Rows[13].Checks[2:]...)...) {
		assert.Equal(t, "held", string(c.Verdict), "%+v", c)
	}
}

func TestEveryClientIsComparedInEveryMode(t *testing.T) { //nolint:paralleltest // as above
	var out bytes.Buffer
	p := small(t, &out)
	require.NoError(t, p.peers(t.Context()))
	var peers report.Peers
	require.NoError(t, json.Unmarshal(out.Bytes(), &peers))
	require.Len(t, peers.Clients, 5)
	require.Len(t, peers.Cells, 4*3*2)
	for _, c := range peers.Cells {
		require.Len(t, c.Ratios, 4)
		if c.Mode == "latency" && c.Goroutines == 1 {
			assert.GreaterOrEqual(t, c.Floor, 20*time.Millisecond)
		}
	}
	require.Len(t, peers.Weights, 3)
	for _, w := range peers.Weights {
		require.Len(t, w.Footprints, 5)
	}
	var text bytes.Buffer
	require.NoError(t, peers.Write(&text))
	assert.Contains(t, text.String(), "resty v3")
}

func TestScaleMeasuresEachSizeAndWritesProfiles(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := small(t, &out)
	p.profile = t.TempDir()
	require.NoError(t, p.scale(t.Context()))
	var all struct {
		Scale []report.Scale `json:"scale"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &all))
	require.Len(t, all.Scale, 3)
	for i, largest := range []int{10_000, 1000, 1000} {
		s := all.Scale[i]
		require.Len(t, s.Sizes, 3)
		assert.Equal(t, []int{largest / 100, largest / 10, largest}, []int{s.Sizes[0].Items, s.Sizes[1].Items, s.Sizes[2].Items})
	}
	for _, name := range []string{"iterate.pprof", "recover.pprof"} {
		info, err := os.Stat(filepath.Join(p.profile, name))
		require.NoError(t, err)
		assert.Positive(t, info.Size())
	}
}

func TestFlagsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-gate", "some"}, {"-rounds", "-1"}, {"-peers", "-call", "count"}, {"-scale", "-call", "replay"}, {"table"}, {"-unknown"}} {
		_, err := parse(args, io.Discard)
		require.Error(t, err, args)
	}
	_, err := parse([]string{"-h"}, io.Discard)
	assert.ErrorIs(t, err, flag.ErrHelp)
}

func TestTheExitCodeTellsAMissedLimitFromAWrongFlag(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want int
	}{
		{[]string{"-h"}, 0},
		{[]string{"-gate", "some"}, 2},
		{[]string{"-unknown"}, 2},
		{[]string{"table"}, 2},
		{[]string{"-profile", "main.go/folder"}, 1}, // main.go is a file
	} {
		assert.Equal(t, tt.want, exitCode(run(t.Context(), tt.args, nil, io.Discard, io.Discard)), tt.args)
	}
	assert.Equal(t, 1, exitCode(errMissed))
	assert.Equal(t, 0, exitCode(nil))
}

func TestTheTableIsWhatComesWithoutFlags(t *testing.T) {
	t.Parallel()
	c, err := parse(nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, &config{table: true, calls: subject.Calls(), size: rows.Full(), seed: 1, gate: report.GateAll}, c)
	assert.GreaterOrEqual(t, c.size.Rounds, 500, "what the figures are stated for")
	assert.GreaterOrEqual(t, c.size.Crowded, 500)
	assert.Equal(t, []int{16, 64}, c.size.Crowds)

	c, err = parse([]string{"-scale", "-peers", "-rounds", "7", "-gate", "counts", "-quick", "-call", "replay"}, io.Discard)
	require.NoError(t, err)
	assert.False(t, c.table)
	assert.True(t, c.scale)
	assert.Equal(t, []subject.Call{subject.Replay}, c.calls)
	assert.Equal(t, 7, c.size.Rounds)
	assert.Equal(t, rows.Quick().Webhooks, c.size.Webhooks)
}

func TestAnUnknownChildIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"stranger", "1"}, {"iterate", "many"}} {
		assert.Error(t, child(t.Context(), args, nil, io.Discard), args)
	}
}
