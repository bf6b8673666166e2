package simulator_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

func TestHangsUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	for _, way := range ways() {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			core, shop := way.open(t)
			require.NoError(t, core.Inject(simulator.Fault{Hang: true, Processed: true}))

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, core.URL+"/buy", http.NoBody)
			require.NoError(t, err)
			client := way.client(t, core)
			ended := make(chan error, 1)
			go func() {
				response, err := client.Do(r)
				if err == nil {
					err = errors.Join(errors.New("it was answered"), response.Body.Close())
				}
				ended <- err
			}()
			// The record is written after the sale, and the client may be gone by then.
			require.Eventually(t, func() bool {
				records := core.Requests()
				return len(records) == 1 && records[0].Processed
			}, time.Minute, time.Millisecond)
			assert.EqualValues(t, 1, shop.sold.Load())
			assert.Empty(t, ended)
			cancel()
			require.ErrorIs(t, <-ended, context.Canceled)
		})
	}
}

func TestCloseEndsWhatHangsOrIsSlow(t *testing.T) {
	t.Parallel()
	faults := map[string]simulator.Fault{
		"hang":             {Hang: true},
		"late headers":     {DelayHeaders: time.Hour},
		"slow body":        {DelayBody: time.Hour},
		"slow broken body": {DelayBody: time.Hour, CutBody: true},
	}
	for _, way := range ways() {
		for name, fault := range faults {
			t.Run(way.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				core, _ := way.open(t)
				require.NoError(t, core.Inject(fault))
				client := way.client(t, core)
				ended := make(chan error, 1)
				go func() {
					_, _, err := bought(t, client, core)
					ended <- err
				}()
				require.Eventually(t, func() bool { return len(core.Requests()) == 1 }, time.Minute, time.Millisecond)
				core.Close()
				require.Error(t, <-ended)
			})
		}
	}
}

func TestCloseEndsABodyThatNobodyReads(t *testing.T) {
	t.Parallel()
	faults := map[string]simulator.Fault{
		"framed by net/http": {Size: 1 << 40},
		"on a hijacked one":  {Size: 1 << 40, CutBody: true},
	}
	for _, way := range ways() {
		for name, fault := range faults {
			t.Run(way.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				core, _ := way.open(t)
				require.NoError(t, core.Inject(fault))
				response, err := buy(t, way.client(t, core), core)
				require.NoError(t, err)
				closed := make(chan struct{})
				go func() {
					core.Close()
					close(closed)
				}()
				select {
				case <-closed:
				case <-time.After(4 * time.Second):
					assert.Fail(t, "the server waits for a client that does not read")
				}
				require.NoError(t, response.Body.Close())
			})
		}
	}
}
