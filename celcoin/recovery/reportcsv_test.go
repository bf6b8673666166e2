package recovery_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestReportCSVHasALineAFailure(t *testing.T) {
	t.Parallel()
	r := manyReport()
	r.Failures[0].Error = "one, \"two\"\r\nthree"
	text := written(t, r, (*recovery.Report).WriteCSV)
	assert.Equal(t, 1001, strings.Count(text, "\r\n"))
	assert.Equal(t, 1001, strings.Count(text, "\n"))
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 1001)
	assert.Equal(t, []string{"entity", "id", "created", "state", "attempts", "status", "code", "request_id", "error"}, records[0])
	assert.Equal(t, []string{"entity-0", r.Failures[0].ID, "", "rejected", "3", "403", "", "", `one, "two"  three`}, records[1])
}

func TestReportCSVHoldsNoFormula(t *testing.T) {
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
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := recovery.Failure{ID: tc.text, Created: tc.text, State: tc.text, Code: tc.text, RequestID: tc.text, Error: tc.text}
			text := written(t, &recovery.Report{Failures: []recovery.Failure{f}}, (*recovery.Report).WriteCSV)
			records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			require.NoError(t, err)
			assert.Equal(t, []string{"", tc.want, tc.want, tc.want, "0", "", tc.want, tc.want, tc.want}, records[1])
		})
	}
}
