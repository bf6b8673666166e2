package inbox_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	return raw
}

func parse(tb testing.TB, raw string) *inbox.Event {
	tb.Helper()
	e, err := inbox.Parse([]byte(raw))
	require.NoError(tb, err)
	return e
}

func TestParseTakesEveryKnownShape(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file, entity, status, id, created, key string
	}{
		{"pix-payment-in.json", "pix-payment-in", "CONFIRMED", "ff6f0000-0000-4000-8000-000000000001", "2026-06-09T16:21:37.9763696", "pix-payment-in/ff6f0000-0000-4000-8000-000000000001/CONFIRMED"},
		{"pix-payment-out-error.json", "pix-payment-out", "ERROR", "ff6f0000-0000-4000-8000-000000000002", "2026-06-09T16:22:01", "pix-payment-out/ff6f0000-0000-4000-8000-000000000002/ERROR"},
		{"onboarding-create.json", "onboarding-create", "CONFIRMED", "84c50000-0000-4000-8000-000000000003", "2023-11-08T17:47:49.2665988", "onboarding-create/84c50000-0000-4000-8000-000000000003/CONFIRMED"},
		{"page-sample-without-webhook-id.json", "pix-payment-out", "CONFIRMED", "", "2023-11-08T17:47:49.2665988", "pix-payment-out//CONFIRMED/"},
		{"numbers-for-strings.json", "internal-transfer-in", "2", "9007199254740993", "1781032897", "internal-transfer-in/9007199254740993/2"},
		{"legacy-pix.json", "", "Confirmed", "", "", "//Confirmed/"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			raw := fixture(t, tt.file)
			e, err := inbox.Parse(raw)
			require.NoError(t, err)
			assert.Equal(t, celcoin.Entity(tt.entity), e.Entity)
			assert.Equal(t, tt.status, e.Status)
			assert.Equal(t, tt.id, e.WebhookID)
			assert.Equal(t, tt.created, e.Created.Raw)
			assert.Equal(t, raw, e.Raw)
			assert.True(t, json.Valid(e.Body))
			assert.Equal(t, tt.status == "ERROR", e.Error != nil)
			if tt.id == "" {
				assert.Len(t, e.Key(), len(tt.key)+64, "a hash follows")
				assert.True(t, strings.HasPrefix(e.Key(), tt.key), e.Key())
			} else {
				assert.Equal(t, tt.key, e.Key())
			}
		})
	}
}

func TestParseRefusesOnlyWhatIsNotAJSONObject(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		raw string
		ok  bool
	}{
		"nothing":               {"", false},
		"white space":           {" \n", false},
		"HTML":                  {"<html>", false},
		"a form":                {"entity=pix-payment-in", false},
		"a cut body":            {`{"entity":"pix-payment-in","body":{"id"`, false},
		"null":                  {"null", false},
		"a list":                {"[]", false},
		"two objects":           {"{}{}", false},
		"an empty object":       {"{}", true},
		"an unknown shape":      {`{"event":{"name":"x"}}`, true},
		"structures for names":  {`{"entity":["a"],"status":{},"webhookId":true,"createTimestamp":[],"body":1,"error":"x"}`, true},
		"nulls":                 {`{"entity":null,"status":null,"webhookId":null,"createTimestamp":null,"body":null,"error":null}`, true},
		"a byte order mark":     {"\ufeff{}", true},
		"white space around it": {"\r\n {} \n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := inbox.Parse([]byte(tt.raw))
			if !tt.ok {
				require.ErrorIs(t, err, inbox.ErrNotJSON)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.raw, string(e.Raw))
			assert.NotEmpty(t, e.Key())
		})
	}
}

func TestAKeyWithoutWebhookIDIsOfWhatThePayloadSays(t *testing.T) {
	t.Parallel()
	const base = `{"entity":"charge-create","status":"CONFIRMED","body":{"amount":1.5,"n":9007199254740993,"s":"é/"}}`
	for name, tt := range map[string]struct {
		raw  string
		same bool
	}{
		"white space":                      {"\n{ \"entity\" : \"charge-create\", \"status\":\"CONFIRMED\",\"body\":{\"amount\":1.5,\"n\":9007199254740993,\"s\":\"é/\"}}\n", true},
		"order of members":                 {`{"body":{"s":"é/","n":9007199254740993,"amount":1.5},"status":"CONFIRMED","entity":"charge-create"}`, true},
		"spelling of a number":             {`{"entity":"charge-create","status":"CONFIRMED","body":{"amount":15.0e-1,"n":9007199254740993.0,"s":"é/"}}`, true},
		"spelling of a string":             {`{"entity":"charge-create","status":"CONFIRMED","body":{"amount":1.5,"n":9007199254740993,"s":"\u00e9\/"}}`, true},
		"another amount":                   {`{"entity":"charge-create","status":"CONFIRMED","body":{"amount":1.51,"n":9007199254740993,"s":"é/"}}`, false},
		"a number next to it beyond 2^53":  {`{"entity":"charge-create","status":"CONFIRMED","body":{"amount":1.5,"n":9007199254740992,"s":"é/"}}`, false},
		"a string for a number":            {`{"entity":"charge-create","status":"CONFIRMED","body":{"amount":"1.5","n":9007199254740993,"s":"é/"}}`, false},
		"another status":                   {`{"entity":"charge-create","status":"ERROR","body":{"amount":1.5,"n":9007199254740993,"s":"é/"}}`, false},
		"one more member, which is null":   {`{"entity":"charge-create","status":"CONFIRMED","body":{"amount":1.5,"n":9007199254740993,"s":"é/","x":null}}`, false},
		"a webhookId that is there, empty": {`{"webhookId":"","entity":"charge-create","status":"CONFIRMED","body":{"amount":1.5,"n":9007199254740993,"s":"é/"}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, got := parse(t, base).Key(), parse(t, tt.raw).Key()
			if tt.same {
				assert.Equal(t, want, got)
			} else {
				assert.NotEqual(t, want, got)
			}
		})
	}
}

// Keys stand in databases: they never change.
func TestAKeyOfAHashStaysAsItIs(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "pix-payment-out//CONFIRMED/c5be70b91ad9509446bcf696524704aa78a2545e700936e51678d0c2e70ccf27",
		parse(t, string(fixture(t, "page-sample-without-webhook-id.json"))).Key())
}

func TestNoPartOfAKeyCanPassForAnother(t *testing.T) {
	t.Parallel()
	payload := func(entity, id, status string) string {
		raw, err := json.Marshal(map[string]string{"entity": entity, "webhookId": id, "status": status})
		require.NoError(t, err)
		return parse(t, string(raw)).Key()
	}
	seen := map[string]string{}
	long := strings.Repeat("é", 4000)
	for _, parts := range [][3]string{
		{"a", "b", "c"}, {"a", "b/c", ""}, {"a/b", "c", ""}, {"a", "b%2Fc", ""}, {"a", "b", ""}, {"a", "", "b"}, {"", "a", "b"},
		{"a", "b\x00", "c"}, {"a", "b\n", "c"}, {"a", long + "1", "c"}, {"a", long + "2", "c"}, {"a", "A", "c"},
	} {
		key := payload(parts[0], parts[1], parts[2])
		assert.Empty(t, seen[key], "%q and %q", parts, seen[key])
		seen[key] = strings.Join(parts[:], "|") + "."
		assert.LessOrEqual(t, len(key), 600)
		for _, b := range []byte(key) {
			assert.True(t, b > ' ' && b < 0x7f, "%q is not printable ASCII", key)
		}
	}
}

func TestAFieldOfAnotherTypeIsEmptyAndShowsNothing(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		`{"entity":{"documentNumber":"00000000001"},"status":"OK","webhookId":"1"}`,
		`{"entity":"kyc","status":{"documentNumber":"00000000001"},"webhookId":"1"}`,
		`{"entity":"kyc","status":"OK","webhookId":["00000000001"]}`,
		`{"entity":"kyc","status":"OK","createTimestamp":{"documentNumber":"00000000001"}}`,
		`{"RequestBody":{"StatusCode":{"Description":["00000000001"]}}}`,
	} {
		e := parse(t, raw)
		assert.NotContains(t, e.String()+e.Key(), "00000000001", raw)
		other := parse(t, strings.Replace(raw, "00000000001", "00000000002", 1))
		assert.NotEqual(t, e.Key(), other.Key(), "an event of its own: %s", raw)
	}
}

func TestAPayloadWithAVeryLongListIsTaken(t *testing.T) {
	t.Parallel()
	e := parse(t, `{"entity":"kyc","status":"OK","webhookId":"1","body":{"items":[0`+strings.Repeat(",0", 100_000)+`]}}`)
	assert.Equal(t, "kyc/1/OK", e.Key())
}
