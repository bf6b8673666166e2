package simulator_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

func TestInsideABubbleNothingListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, _ := open(t, withTLS)
		assert.Equal(t, "https://127.0.0.1:0", core.URL)
		assert.Zero(t, core.Connections())
		status, body, err := bought(t, core.HTTPClient(), core)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, trueAnswer, body)
	})
}

func TestSimulatorsStartTogetherInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				core, err := simulator.Start(simulator.Config{Vendor: &shop{}})
				if assert.NoError(t, err) {
					assert.Equal(t, "http://127.0.0.1:0", core.URL)
					core.Close()
				}
			})
		}
		wg.Wait()
	})
}

func TestDelaysAreVirtualInABubble(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		fault   simulator.Fault
		headers time.Duration // until Do returns
		whole   time.Duration // until the body is read
	}{
		{"headers", simulator.Fault{DelayHeaders: time.Hour}, time.Hour, time.Hour},
		{"a pause within the body", simulator.Fault{DelayBody: time.Hour}, 0, time.Hour},
		{"both", simulator.Fault{DelayHeaders: time.Minute, DelayBody: time.Hour}, time.Minute, time.Minute + time.Hour},
		{"a reset", simulator.Fault{Reset: true, DelayHeaders: time.Hour}, time.Hour, time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				core, _ := open(t)
				require.NoError(t, core.Inject(test.fault))
				start := time.Now()
				response, err := buy(t, core.HTTPClient(), core)
				assert.Equal(t, test.headers, time.Since(start))
				if err != nil {
					return
				}
				_, err = io.ReadAll(response.Body)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				assert.Equal(t, test.whole, time.Since(start))
			})
		})
	}
}

func TestADeadlineEndsWhatIsSlowInABubble(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"hang":    {Hang: true},
		"headers": {DelayHeaders: time.Hour},
		"body":    {DelayBody: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				core, shop := open(t)
				fault.Processed = true
				require.NoError(t, core.Inject(fault))
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				start := time.Now()
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, core.URL+"/buy", http.NoBody)
				require.NoError(t, err)
				response, err := core.HTTPClient().Do(r)
				if err == nil {
					_, err = io.ReadAll(response.Body)
					require.NoError(t, response.Body.Close())
				}
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, time.Minute, time.Since(start))
				assert.EqualValues(t, 1, shop.sold.Load())
			})
		})
	}
}

func TestTheSimulatorsClockIsTheBubbles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, _ := open(t)
		start := time.Now()
		require.NoError(t, core.Inject(simulator.Fault{DelayHeaders: 36 * time.Hour}))
		response, err := buy(t, core.HTTPClient(), core)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, start, core.Requests()[0].Time)
		date, err := http.ParseTime(response.Header.Get("Date"))
		require.NoError(t, err)
		assert.Equal(t, start.Add(36*time.Hour).UTC(), date.UTC(), "an answer is dated when it leaves")
	})
}
