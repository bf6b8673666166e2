package console_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

var vendors = console.Vendors{"a": {"ask", "tell"}, "b": {"ask", "sing"}}

func TestFaultsInWords(t *testing.T) {
	t.Parallel()
	both := []string{"a", "b"}
	tests := []struct {
		text    string
		vendors []string
		fault   simulator.Fault
	}{
		{"*:status=503", both, simulator.Fault{Status: 503}},
		{"a:status=503", []string{"a"}, simulator.Fault{Status: 503}},
		{"ask:reset", both, simulator.Fault{Operation: "ask", Reset: true}},
		{"b.ask:reset", []string{"b"}, simulator.Fault{Operation: "ask", Reset: true}},
		{"sing:reset,processed", []string{"b"}, simulator.Fault{Operation: "sing", Reset: true, Processed: true}},
		{"tell:status=429,retry-after=2,times=3,skip=1", []string{"a"}, simulator.Fault{Operation: "tell", Status: 429, RetryAfter: "2", Times: 3, Skip: 1}},
		{`*:retry-after="Sun, 01 Mar 2026 12:00:00 GMT",status=503`, both, simulator.Fault{RetryAfter: "Sun, 01 Mar 2026 12:00:00 GMT", Status: 503}},
		{"*:times=always,hang", both, simulator.Fault{Times: -1, Hang: true}},
		{"*:probability=0.25,cut-body", both, simulator.Fault{Probability: 0.25, CutBody: true}},
		{"*:code=CIE999,message=oh no", both, simulator.Fault{Code: "CIE999", Message: "oh no"}},
		{"*:body=", both, simulator.Fault{Body: []byte{}}},
		{`*:status=200,body="{\"a\":1,\"b\":2}",content-type=application/json`, both, simulator.Fault{Status: 200, Body: []byte(`{"a":1,"b":2}`), ContentType: "application/json"}},
		{`*:garbage="SSH-2.0\r\n\x00"`, both, simulator.Fault{Garbage: []byte("SSH-2.0\r\n\x00")}},
		{`*:header="X: 1, 2",header=y: 3`, both, simulator.Fault{Header: http.Header{"X": {"1, 2"}, "Y": {"3"}}}},
		{"*:date-skew=-5m", both, simulator.Fault{DateSkew: -5 * time.Minute}},
		{"*:redirect-to=https://x.example/a?b=c", both, simulator.Fault{RedirectTo: "https://x.example/a?b=c"}},
		{"*:revoke-token", both, simulator.Fault{RevokeToken: true}},
		{"*:delay-headers=2s,delay-body=100ms", both, simulator.Fault{DelayHeaders: 2 * time.Second, DelayBody: 100 * time.Millisecond}},
		{"*:content-length=10", both, simulator.Fault{ContentLength: 10}},
		{"*:gzip", both, simulator.Fault{Gzip: true}},
		{"*:bomb=1000", both, simulator.Fault{Bomb: 1000}},
		{"*:size=1000", both, simulator.Fault{Size: 1000}},
	}
	used := reflect.New(reflect.TypeFor[simulator.Fault]()).Elem()
	for _, test := range tests {
		names, fault, err := vendors.ParseFault(test.text)
		require.NoError(t, err, test.text)
		assert.Equal(t, test.vendors, names, test.text)
		assert.Equal(t, test.fault, fault, test.text)
		for i := range used.NumField() {
			if value := reflect.ValueOf(fault).Field(i); !value.IsZero() {
				used.Field(i).Set(value)
			}
		}
	}
	for i := range used.NumField() {
		name := used.Type().Field(i).Name
		assert.True(t, name == "Match" || !used.Field(i).IsZero(), "%s cannot be said", name)
	}
}

func TestFaultsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"reset":                     "no colon",
		"":                          "no colon",
		"*:":                        "nothing after the colon",
		":reset":                    `"" is none of *, a, a.ask, a.tell, b, b.ask, b.sing`,
		"dance:reset":               `"dance" is none of`,
		"a.sing:reset":              `"a.sing" is none of`,
		"c.ask:reset":               `"c.ask" is none of`,
		"*:rset":                    `there is no "rset": the keys are match, skip`,
		"*:reset,reset":             "reset is there twice",
		"*:reset=1":                 "reset is a switch",
		"*:status":                  "status needs a value: status=503",
		"*:status=abc":              `status: "abc" is no number`,
		"*:status=99":               "Status is no final HTTP status",
		"*:reset,status=503":        "Reset leaves no room for Status",
		"*:status=503,times=0":      `times: "0" is neither`,
		"*:status=503,times=-1":     `times: "-1" is neither`,
		"*:status=503,skip=-1":      "skip:",
		"*:hang,probability=0":      "probability:",
		"*:hang,probability=2":      "probability:",
		"*:hang,probability=NaN":    "probability:",
		"*:delay-headers=2":         `delay-headers: "2" is no duration`,
		"*:delay-headers=-2s":       "DelayHeaders is negative",
		"*:size=0":                  "size:",
		"*:bomb=-1":                 "bomb:",
		"*:header=X":                "is no header",
		"*:header=X Y: 1":           "is no header",
		`*:header="X: a\r\nB: c"`:   "is no header",
		`*:retry-after="1\r\nB: c"`: "fits into no header",
		"*:content-type=":           "fits into no header",
		`*:body="abc`:               "the quotes are not closed",
		`*:body="abc"d`:             "after the quotes a comma has to follow",
		"*:garbage=":                "Garbage has no bytes",
		"*:match=":                  "there is no text to look for",
		"*:times=3":                 "not what goes wrong",
		"*:processed":               "not what goes wrong",
		"*:,reset":                  `there is no ""`,
	} {
		_, _, err := vendors.ParseFault(text)
		require.ErrorContains(t, err, says, text)
		assert.NotContains(t, err.Error(), "\n", text)
	}
}

func TestBlanksAroundWordsDoNotCount(t *testing.T) {
	t.Parallel()
	names, fault, err := vendors.ParseFault(" a.tell : reset , processed")
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, names)
	assert.Equal(t, simulator.Fault{Operation: "tell", Reset: true, Processed: true}, fault)
}

func TestAMatchLooksAtTheRequestLineAndTheBody(t *testing.T) {
	t.Parallel()
	_, fault, err := vendors.ParseFault(`*:reset,match="page=2"`)
	require.NoError(t, err)
	for target, want := range map[string]bool{"/?page=2": true, "/?page=1": false} {
		assert.Equal(t, want, fault.Match(httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)))
	}
	assert.True(t, fault.Match(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("a&page=2"))))
}

func TestEveryKeyIsExplained(t *testing.T) {
	t.Parallel()
	for _, key := range console.FaultKeys() {
		assert.NotEmpty(t, key.About, key.Name)
		assert.LessOrEqual(t, len(key.About), 80, key.Name)
	}
}
