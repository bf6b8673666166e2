package recovery_test

import (
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// records are the lines of a CSV by the names of their columns.
func records(t *testing.T, text string) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	var all []map[string]string
	for _, line := range lines[1:] {
		record := map[string]string{}
		for i, name := range lines[0] {
			record[name] = line[i]
		}
		all = append(all, record)
	}
	return all
}

// A program finds every planned webhook once: a failure with its id, the rest by
// state and evidence.
func TestCSVCountsEveryPlannedWebhookOnce(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*recovery.Report{"drained": allDelivered(), "partial": partial(), "cancelled": cancelled()} {
		text := written(t, "csv", r)
		sum, failures, evidence := 0, 0, 0
		for _, record := range records(t, text) {
			if record["state"] == "set aside" {
				continue
			}
			n, err := strconv.Atoi(record["count"])
			require.NoError(t, err)
			sum += n
			if record["id"] != "" {
				failures++
			}
			if record["evidence"] != "" {
				evidence += n
			}
		}
		assert.Equal(t, r.Totals.Planned, sum, name)
		assert.Len(t, r.Failures, failures, name)
		assert.Equal(t, r.Totals.AlreadyDelivered+r.Totals.Delivered, evidence, name)
		assert.Equal(t, strings.Count(text, "\n"), strings.Count(text, "\r\n"))
	}
}

func TestCSVHasAllOfAFailure(t *testing.T) {
	t.Parallel()
	f := recovery.Failure{
		Entity: "kyc", ID: "1", PayloadStatus: "CONFIRMED", Created: "2026-11-22T01:10:00Z", Attempts: 3, State: "failed",
		Status: 400, Code: "CIE999", RequestID: "r1", Error: "one, \"two\"\r\nthree", ReceiverStatus: 503,
	}
	assert.Equal(t, map[string]string{
		"entity": "kyc", "id": "1", "payload_status": "CONFIRMED", "created": "2026-11-22T01:10:00Z", "created_at": "2026-11-21T22:10:00-03:00",
		"attempts": "3", "state": "failed", "status": "400", "code": "CIE999", "request_id": "r1", "error": `one, "two"  three`,
		"receiver_status": "503", "evidence": "", "count": "1",
	}, records(t, written(t, "csv", &recovery.Report{Failures: []recovery.Failure{f}}))[0])
}

func TestCSVHoldsNoFormula(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"equals":            {"=1+1", "'=1+1"},
		"plus":              {"+1", "'+1"},
		"minus":             {"-2+3", "'-2+3"},
		"at":                {"@SUM(A1)", "'@SUM(A1)"},
		"tab":               {"\tx", "' x"},
		"carriage return":   {"\r=1", "' =1"},
		"behind line feed":  {"\n=1", "' =1"},
		"behind blanks":     {"  =1", "'  =1"},
		"behind a mark":     {"\ufeff=1", "' =1"},
		"full width":        {"＝1", "'＝1"},
		"none":              {"a=1", "a=1"},
		"a date":            {"2026-11-22T01:12:03Z", "2026-11-22T01:12:03Z"},
		"nothing":           {"", ""},
		"a quote":           {`"=1`, `"=1`},
		"what is not UTF-8": {"\xff=1", "\ufffd=1"},
		"1 MB":              {strings.Repeat("9", 1<<20), strings.Repeat("9", 32_000) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := recovery.Failure{ID: tc.text, PayloadStatus: tc.text, Created: tc.text, State: tc.text, Code: tc.text, RequestID: tc.text, Error: tc.text}
			record := records(t, written(t, "csv", &recovery.Report{Failures: []recovery.Failure{f}}))[0]
			for _, column := range []string{"id", "payload_status", "created", "state", "code", "request_id", "error"} {
				assert.Equal(t, tc.want, record[column], column)
			}
			r := &recovery.Report{SetAside: []recovery.SetAside{{Code: tc.text, RequestID: tc.text}}}
			assert.Equal(t, tc.want, records(t, written(t, "csv", r))[0]["code"])
		})
	}
}
