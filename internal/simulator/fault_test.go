package simulator_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// statuses makes n calls and returns what they were answered with.
func statuses(t *testing.T, client *http.Client, core *simulator.Core, n int) []int {
	t.Helper()
	got := make([]int, n)
	for i := range got {
		status, _, err := bought(t, client, core)
		require.NoError(t, err)
		got[i] = status
	}
	return got
}

func TestWhenAFaultStrikes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		faults []simulator.Fault
		want   []int
	}{
		{"once, if nothing else is said", []simulator.Fault{{Status: 500}}, []int{500, 200, 200}},
		{"the next two", []simulator.Fault{{Status: 500, Times: 2}}, []int{500, 500, 200}},
		{"the third", []simulator.Fault{{Status: 500, Skip: 2}}, []int{200, 200, 500, 200}},
		{"always, below zero", []simulator.Fault{{Status: 500, Times: -1}}, []int{500, 500, 500, 500}},
		{"with certainty always", []simulator.Fault{{Status: 500, Probability: 1}}, []int{500, 500, 500}},
		{"with certainty as often as said", []simulator.Fault{{Status: 500, Probability: 1, Times: 2}}, []int{500, 500, 200}},
		{"the first injected wins", []simulator.Fault{{Status: 500}, {Status: 501}}, []int{500, 501, 200}},
		{"one that waits lets others through", []simulator.Fault{{Status: 500, Skip: 1}, {Status: 501, Times: 3}}, []int{501, 500, 501, 501, 200}},
		{"requests that another one struck count", []simulator.Fault{{Status: 500}, {Status: 501, Skip: 1}}, []int{500, 501, 200}},
		{"only its own operation", []simulator.Fault{{Status: 500, Operation: "sell"}, {Status: 501, Operation: "buy"}}, []int{501, 200}},
		{"only what matches", []simulator.Fault{
			{Status: 500, Match: func(r *http.Request) bool { return r.URL.Query().Get("size") == "S" }},
			{Status: 501, Match: func(r *http.Request) bool { body, _ := io.ReadAll(r.Body); return string(body) == `{"n":1}` }},
		}, []int{501, 200}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			core, shop := open(t)
			for _, f := range test.faults {
				require.NoError(t, core.Inject(f))
			}
			client := &http.Client{Transport: core.Transport()}
			assert.Equal(t, test.want, statuses(t, client, core, len(test.want)))

			good := 0
			for _, status := range test.want {
				if status == http.StatusOK {
					good++
				}
			}
			assert.EqualValues(t, good, shop.sold.Load(), "what was refused was not carried out")
		})
	}
}

func TestAMatchMayLookAtTheSimulator(t *testing.T) {
	t.Parallel()
	core, _ := open(t)
	seen := 0
	require.NoError(t, core.Inject(simulator.Fault{Status: 500, Match: func(*http.Request) bool {
		seen = len(core.Requests()) + len(core.Faults())
		return true
	}}))
	assert.Equal(t, []int{500}, statuses(t, &http.Client{Transport: core.Transport()}, core, 1))
	assert.Equal(t, 2, seen)
}

func TestProbabilityIsSeeded(t *testing.T) {
	t.Parallel()
	const n = 400
	run := func(seed uint64) []int {
		core, _ := open(t, func(cfg *simulator.Config) { cfg.Seed = seed })
		require.NoError(t, core.Inject(simulator.Fault{Status: 500, Probability: 0.25}))
		return statuses(t, &http.Client{Transport: core.Transport()}, core, n)
	}
	first := run(1)
	assert.Equal(t, first, run(1))
	assert.NotEqual(t, first, run(2))
	struck := 0
	for _, status := range first {
		if status == 500 {
			struck++
		}
	}
	assert.InDelta(t, n/4, struck, n/10)
}

func TestFaultsAreListedAndCleared(t *testing.T) {
	t.Parallel()
	core, _ := open(t)
	require.NoError(t, core.Inject(simulator.Fault{Status: 500}))
	require.NoError(t, core.Inject(simulator.Fault{Status: 501, Times: 3}))
	client := &http.Client{Transport: core.Transport()}
	statuses(t, client, core, 2)

	list := core.Faults()
	require.Len(t, list, 2)
	assert.Equal(t, simulator.ArmedFault{Fault: simulator.Fault{Status: 500}, Seen: 1, Struck: 1, Spent: true}, list[0])
	assert.Equal(t, simulator.ArmedFault{Fault: simulator.Fault{Status: 501, Times: 3}, Seen: 2, Struck: 1}, list[1])

	core.ClearFaults()
	assert.Empty(t, core.Faults())
	assert.Equal(t, []int{200}, statuses(t, client, core, 1))
}

func TestSpentFaultsDoNotPileUp(t *testing.T) {
	t.Parallel()
	core, _ := open(t)
	client := &http.Client{Transport: core.Transport()}
	for range 1100 {
		require.NoError(t, core.Inject(simulator.Fault{Status: 500}))
		assert.Equal(t, []int{500}, statuses(t, client, core, 1))
	}
	assert.LessOrEqual(t, len(core.Faults()), 1000)
}

func TestConcurrentRequestsShareAFault(t *testing.T) {
	t.Parallel()
	core, shop := open(t)
	require.NoError(t, core.Inject(simulator.Fault{Status: 500, Times: 30}))
	client := core.HTTPClient()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 10 {
				_, _, err := bought(t, client, core)
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 70, shop.sold.Load())
	assert.Equal(t, 30, core.Faults()[0].Struck)
}

func TestARevokedTokenIsRevokedBeforeTheRequest(t *testing.T) {
	t.Parallel()
	core, shop := open(t)
	require.NoError(t, core.Inject(simulator.Fault{RevokeToken: true}))
	assert.Equal(t, []int{200, 200}, statuses(t, &http.Client{Transport: core.Transport()}, core, 2))
	assert.EqualValues(t, 1, shop.revoked.Load())
	assert.Equal(t, "RevokeToken", core.Requests()[0].Fault)
	assert.True(t, core.Requests()[0].Processed)
}

func TestFaultsThatContradictThemselvesAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault simulator.Fault
		want  string
	}{
		{simulator.Fault{Skip: -1}, "fault: Skip is negative"},
		{simulator.Fault{Probability: 1.5}, "fault: Probability is not between 0 and 1"},
		{simulator.Fault{Probability: math.NaN()}, "fault: Probability is not between 0 and 1"},
		{simulator.Fault{Status: 101}, "fault: Status is not a final HTTP status (200 to 999)"},
		{simulator.Fault{Status: 1000}, "fault: Status is not a final HTTP status (200 to 999)"},
		{simulator.Fault{DelayHeaders: -1}, "fault: DelayHeaders is negative"},
		{simulator.Fault{DelayBody: -1}, "fault: DelayBody is negative"},
		{simulator.Fault{ContentLength: -1}, "fault: ContentLength is negative"},
		{simulator.Fault{Bomb: -1}, "fault: Bomb is negative"},
		{simulator.Fault{Size: -1}, "fault: Size is negative"},
		{simulator.Fault{Garbage: []byte{}}, "fault: Garbage has no bytes"},
		{simulator.Fault{Reset: true, Hang: true}, "fault: Reset and Hang exclude each other"},
		{simulator.Fault{Body: []byte("x"), Size: 3}, "fault: Body and Size exclude each other"},
		{simulator.Fault{Code: "E", Bomb: 3}, "fault: Code and Bomb exclude each other"},
		{simulator.Fault{Reset: true, Status: 500}, "fault: Reset and Status exclude each other"},
		{simulator.Fault{Hang: true, RetryAfter: "1"}, "fault: Hang and RetryAfter exclude each other"},
		{simulator.Fault{Garbage: []byte("x"), CutBody: true}, "fault: Garbage and CutBody exclude each other"},
		{simulator.Fault{Hang: true, DelayHeaders: 1}, "fault: Hang and DelayHeaders exclude each other"},
		{simulator.Fault{Gzip: true, Size: 3}, "fault: Gzip and Size exclude each other"},
		{simulator.Fault{NoDate: true, DateSkew: 3}, "fault: NoDate and DateSkew exclude each other"},
		{simulator.Fault{CutBody: true, ContentLength: 3}, "fault: CutBody and ContentLength exclude each other"},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			t.Parallel()
			core, _ := open(t)
			require.EqualError(t, core.Inject(test.fault), test.want)
			assert.Empty(t, core.Faults())
		})
	}
}

func TestAFaultSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault simulator.Fault
		want  string
	}{
		{simulator.Fault{Times: 3, Skip: 1}, ""},
		{simulator.Fault{Status: 503, RetryAfter: "2", DelayHeaders: time.Second}, `Status 503, RetryAfter "2", DelayHeaders 1s`},
		{simulator.Fault{Reset: true, Processed: true}, "Processed, Reset"},
		{simulator.Fault{Message: "a\nb", Body: []byte{}}, `Message "a\nb", Body`},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, fmt.Sprint(test.fault))
	}
}
