package inbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

func TestDecodeReadsTheDocumentedBodies(t *testing.T) {
	t.Parallel()
	var in, out inbox.PixPayment
	require.NoError(t, parse(t, string(fixture(t, "pix-payment-in.json"))).Decode(&in))
	assert.Equal(t, json.Number("1"), in.Amount)
	assert.Equal(t, inbox.Party{Bank: "00000000", Branch: "0001", Account: "99900000001", AccountType: "CACC", TaxID: "00000000001", Name: "Fulana de Teste"}, in.DebitParty)
	assert.Equal(t, inbox.Text("99999999"), in.CreditParty.Bank, "a number")
	assert.Equal(t, inbox.Text("99900000002"), in.CreditParty.Account, "a number")
	assert.Empty(t, in.TransactionIDBRCode)

	failed := parse(t, string(fixture(t, "pix-payment-out-error.json")))
	require.NoError(t, failed.Decode(&out))
	assert.Equal(t, json.Number("1234567890123456.78"), out.Amount, "every digit")
	assert.False(t, out.Inserted.IsZero())
	var failure inbox.Failure
	require.NoError(t, json.Unmarshal(failed.Error, &failure))
	assert.Equal(t, inbox.Text("PBE343"), failure.Code)

	var onboarding inbox.Onboarding
	require.NoError(t, parse(t, string(fixture(t, "onboarding-create.json"))).Decode(&onboarding))
	assert.Equal(t, inbox.Account{Branch: "0001", Account: "99900000003", Name: "Sicrana de Teste", DocumentNumber: "00000000003", ISPB: "00000000"}, onboarding.Account)

	var legacy inbox.LegacyPix
	require.NoError(t, parse(t, string(fixture(t, "legacy-pix.json"))).Decode(&legacy))
	assert.Equal(t, json.Number("10.5"), legacy.Amount)
	assert.Equal(t, inbox.LegacyStatus{StatusID: "2", Description: "Confirmed"}, legacy.StatusCode)
}

func TestAnAmountThatCannotBeReadIsAnErrorWithoutIt(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		`{"body":{"amount":"00000000001x"}}`, `{"body":{"amount":{"00000000001":1}}}`, `{"body":"00000000001"}`, `{"body":[1]}`, `{}`,
	} {
		var pix inbox.PixPayment
		err := parse(t, raw).Decode(&pix)
		require.Error(t, err, raw)
		assert.NotContains(t, err.Error(), "00000000001")
	}
	var number struct{ Account int }
	err := parse(t, `{"body":{"account":99900000001.5}}`).Decode(&number)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "999")
	assert.Contains(t, strings.ToLower(err.Error()), "account does not fit", "which field")
}

func TestNoFormOfPrintingShowsThePayload(t *testing.T) {
	t.Parallel()
	event := parse(t, string(fixture(t, "pix-payment-in.json")))
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("m", "pointer", event, "value", *event, "list", []*inbox.Event{event}, "within", struct{ E inbox.Event }{*event})
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "pointer", event, "list", []inbox.Event{*event})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb+verb+verb, event, *event, []any{event, *event})
	}
	data, err := json.Marshal(event)
	require.NoError(t, err)
	log.Write(data)
	for _, secret := range []string{"00000000002", "99900000001", "Fulana", "fake-key", "E139", "RECEIVEPIX"} {
		assert.NotContains(t, log.String(), secret)
	}
	assert.Contains(t, log.String(), "pix-payment-in")
}

// FuzzParse: it does not panic; every JSON object is taken; its key is fit for a
// database, and the same for the payload in another spelling.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"pix-payment-in.json", "legacy-pix.json", "numbers-for-strings.json", "page-sample-without-webhook-id.json"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		event, err := inbox.Parse(raw)
		trimmed := bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\ufeff")), " \t\r\n")
		if json.Valid(trimmed) && len(trimmed) < 40_000 {
			require.Equal(t, trimmed[0] == '{', err == nil)
		}
		if err != nil {
			return
		}
		key := event.Key()
		require.NotEmpty(t, key)
		require.LessOrEqual(t, len(key), 600)
		for _, b := range []byte(key) {
			require.True(t, b > ' ' && b < 0x7f, "%q", key)
		}
		again, err := inbox.Parse(event.Payload())
		require.NoError(t, err)
		if event.WebhookID == "" && again.WebhookID == "" {
			require.Equal(t, event.Payload(), again.Payload())
		}
		_ = fmt.Sprintf("%+v", event)
		_ = event.Decode(new(inbox.PixPayment))
	})
}
