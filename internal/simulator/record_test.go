package simulator_test

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

func attempts(core *simulator.Core) []int {
	var numbers []int
	for _, r := range core.Requests() {
		numbers = append(numbers, r.Attempt)
	}
	return numbers
}

func TestAttemptsOfACallAreNumbered(t *testing.T) {
	t.Parallel()
	core, _ := open(t)
	client := &http.Client{Transport: core.Transport()}
	for _, call := range []string{"a", "b", "a", "", "", "a"} {
		_, _, err := bought(t, client, core, "X-Call", call)
		require.NoError(t, err)
	}
	assert.Equal(t, []int{1, 1, 2, 1, 1, 3}, attempts(core), "no key belongs to no call")

	core.ResetRecords()
	assert.Empty(t, core.Requests())
	_, _, err := bought(t, client, core, "X-Call", "a")
	require.NoError(t, err)
	assert.Equal(t, []int{1}, attempts(core))
}

func TestTheOldestRecordsGo(t *testing.T) {
	t.Parallel()
	core, _ := open(t, func(cfg *simulator.Config) { cfg.Records = 3 })
	client := &http.Client{Transport: core.Transport()}
	for i := range 8 {
		_, _, err := bought(t, client, core, "X-Call", strconv.Itoa(i%4))
		require.NoError(t, err)
	}
	var calls []string
	for _, r := range core.Requests() {
		calls = append(calls, r.Header.Get("X-Call"))
	}
	assert.Equal(t, []string{"1", "2", "3"}, calls)
	assert.Equal(t, []int{1, 1, 1}, attempts(core), "a call of which nothing is kept begins anew")

	for range 2 {
		_, _, err := bought(t, client, core, "X-Call", "3")
		require.NoError(t, err)
	}
	assert.Equal(t, []int{1, 2, 3}, attempts(core), "a call of which something is kept goes on")
}

func TestAFaultThatComesBeforeTheVendorLeavesNoVerdict(t *testing.T) {
	t.Parallel()
	core, shop := open(t)
	require.NoError(t, core.Inject(simulator.Fault{Status: 503}))
	require.NoError(t, core.Inject(simulator.Fault{Status: 503, Processed: true}))
	statuses(t, &http.Client{Transport: core.Transport()}, core, 2)

	before, after := core.Requests()[0], core.Requests()[1]
	assert.Empty(t, before.Verdict)
	assert.False(t, before.Processed)
	assert.Equal(t, simulator.VerdictOK, after.Verdict)
	assert.True(t, after.Processed)
	assert.Equal(t, 503, after.Status, "what was answered, not what the vendor said")
	assert.Equal(t, "Processed, Status 503", after.Fault)
	assert.EqualValues(t, 1, shop.sold.Load())
}

func TestARequestThatBreaksOffIsRecordedAndNotCarriedOut(t *testing.T) {
	t.Parallel()
	core, shop := open(t)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(core.URL, "http://"))
	require.NoError(t, err)
	_, err = io.WriteString(conn, "POST /buy HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"n\":")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool {
		records := core.Requests()
		return len(records) == 1 && records[0].Verdict == "request broke off"
	}, 5*time.Second, time.Millisecond)
	assert.Equal(t, `{"n":`, string(core.Requests()[0].Body))
	assert.Zero(t, shop.sold.Load())
}

func TestARequestOfAnySizeDoesNotFillTheMemory(t *testing.T) {
	t.Parallel()
	core, shop := open(t)
	body := io.LimitReader(strings.NewReader(strings.Repeat("x", 17<<20)), 1<<40)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, core.URL+"/buy", body)
	require.NoError(t, err)
	response, err := (&http.Client{Transport: core.Transport()}).Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
	assert.Zero(t, shop.sold.Load())
}
