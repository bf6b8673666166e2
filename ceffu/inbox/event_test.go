package inbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/inbox"
)

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	return raw
}

func parse(tb testing.TB, raw []byte) *inbox.Event {
	tb.Helper()
	e, err := inbox.Parse(raw)
	require.NoError(tb, err)
	return e
}

func TestIdsAboveTwoToThe53KeepEveryDigit(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"withdrawal.json", "ids-as-numbers.json"} {
		e := parse(t, fixture(t, name))
		assert.Equal(t, ceffu.WithdrawalSuccess, e.EventType)
		assert.Equal(t, "1721442311151521794", e.WebhookID)
		assert.Equal(t, "1721442311151521001", e.EntityID)
		assert.Equal(t, "1721442311151521002", e.OrderViewID)
		assert.Equal(t, "40", e.Status)
		assert.Equal(t, "ceffu/3/1721442311151521002/40", e.Key())
		var transfer inbox.Transfer
		require.NoError(t, e.Decode(&transfer))
		assert.Equal(t, json.Number("0.000000010000000001"), transfer.Amount)
		assert.Equal(t, inbox.Text("1721442311151521003"), transfer.WalletID)
	}
}

func TestTwoDeliveriesOfAnEventHaveKeyAndPayloadInCommon(t *testing.T) {
	t.Parallel()
	raw := string(fixture(t, "withdrawal.json"))
	first := parse(t, []byte(raw))
	for name, tt := range map[string]struct {
		old, new          string
		sameKey, samePart bool
	}{
		"another timestamp": {"1699256508000", "1699256538000", true, true},
		"another signature": {"not-a-signature", "not-a-signature-either", true, true},
		"another amount":    {"0.000000010000000001", "0.000000010000000002", true, false},
		"another status":    {`"status":40`, `"status":99`, false, false},
		"another event":     {`"event":"3"`, `"event":"4"`, false, true},
		"another order":     {"1721442311151521002", "1721442311151521003", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			second := parse(t, []byte(strings.Replace(raw, tt.old, tt.new, 1)))
			assert.Equal(t, tt.sameKey, first.Key() == second.Key())
			assert.Equal(t, tt.samePart, bytes.Equal(first.Payload(), second.Payload()))
		})
	}
	unknown := string(fixture(t, "without-order.json"))
	assert.NotEqual(t, parse(t, []byte(unknown)).Key(), parse(t, []byte(strings.Replace(unknown, "later", "again", 1))).Key())
	assert.Equal(t, "ceffu/9//484ea9b5213542f7dbfb15e49e1b1aab1f0faabf8d510834145f0a9411bade97", parse(t, []byte(" "+unknown)).Key(), "keys stand in databases: they never change")
}

func TestNoFormOfPrintingShowsThePayload(t *testing.T) {
	t.Parallel()
	event := parse(t, fixture(t, "withdrawal.json"))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "pointer", event, "list", []*inbox.Event{event})
	fmt.Fprintf(&log, "%v %+v %#v %s", event, *event, event, []any{event})
	for _, secret := range []string{"0.00000001", "not-a-signature", "1721442311151521003"} {
		assert.NotContains(t, log.String(), secret)
	}
	assert.Contains(t, log.String(), "1721442311151521002")
}

// FuzzParse: it does not panic, and a key is fit for a database.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"withdrawal.json", "ids-as-numbers.json", "without-order.json"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		event, err := inbox.Parse(raw)
		if err != nil {
			return
		}
		key := event.Key()
		require.LessOrEqual(t, len(key), 600)
		for _, b := range []byte(key) {
			require.True(t, b > ' ' && b < 0x7f, "%q", key)
		}
		_ = event.Payload()
		_ = event.Decode(new(inbox.Transfer))
		_ = fmt.Sprintf("%+v", event)
	})
}

func TestAFieldOfAnotherTypeIsEmptyAndShowsNothing(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		`{"event":{"x":"bc1q0001"},"data":{"orderViewId":"1","status":1}}`,
		`{"event":"1","webhookId":["bc1q0001"],"data":{"status":1}}`,
		`{"event":"1","data":{"orderViewId":{"address":"bc1q0001"},"status":1}}`,
		`{"event":"1","data":{"orderViewId":"1","status":["bc1q0001"]}}`,
	} {
		e := parse(t, []byte(raw))
		assert.NotContains(t, e.String()+e.Key(), "bc1q0001", raw)
		other := parse(t, []byte(strings.Replace(raw, "0001", "0002", 1)))
		assert.NotEqual(t, e.Key(), other.Key(), "an event of its own: %s", raw)
	}
}
