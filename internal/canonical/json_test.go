package canonical_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/canonical"
)

func TestOneValueHasOneText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{" {\n\"b\" : [ 1 , 2 ] , \"a\" : null } ", `{"a":null,"b":[1,2]}`},
		{"\ufeff{}", `{}`},
		{`{"b":{"d":1,"c":2},"a":[{"f":1,"e":2}]}`, `{"a":[{"e":2,"f":1}],"b":{"c":2,"d":1}}`},
		{`{"a":2,"a":1}`, `{"a":2,"a":1}`}, // which of them counts is unknown
		{`{"a":1,"A":2}`, `{"A":2,"a":1}`},
		{`["\u00e9","\/","<","\u003c","\n","\u000a","\b","\u2028","\"\\","\u007f"]`, `["é","/","<","<","\u000a","\u000a","\u0008","` + "\u2028" + `","\"\\","` + "\x7f" + `"]`},
		{`[0,-0,0.0,0e5]`, `[0,0,0,0]`},
		{`[1,1.0,1e0,10e-1,0.1e1,1E+0]`, `[1,1,1,1,1,1]`},
		{`[100,1e2,-1.50,0.001,1.0e-3]`, `[1e2,1e2,-15e-1,1e-3,1e-3]`},
		{`[9007199254740993,9007199254740992]`, `[9007199254740993,9007199254740992]`},
		{`[1e99999999999999999999]`, `[1e99999999999999999999]`},
		{`[true,false,null,"1"]`, `[true,false,null,"1"]`},
		{`["\ud83d", 1.0]`, `["\ud83d",1.0]`}, // not valid Unicode: only white space goes
		{`["\ud83d\ude00"]`, `["😀"]`},
	} {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := canonical.JSON([]byte(tt.in))
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(got))
		})
	}
}

func TestWhatIsNotJSONHasNoForm(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", " ", "{", "{}{}", "[1,]", "<html>", strings.Repeat("[", 1<<20)} {
		_, err := canonical.JSON([]byte(in))
		require.Error(t, err)
	}
}

// FuzzJSON: the form of a form is itself, and it means what the text means.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"b":1.50,"a":"\u00e9"}`, `[1e400,-0.0]`, `"\ud83d"`, "\ufeff[]", `{"a":1,"a":2}`, "\"\xff\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		form, err := canonical.JSON(data)
		if err != nil {
			return
		}
		again, err := canonical.JSON(form)
		require.NoError(t, err)
		require.Equal(t, string(form), string(again))
		var want, got any
		if json.Unmarshal([]byte(strings.TrimPrefix(string(data), "\ufeff")), &want) == nil { // numbers fit a float64
			require.NoError(t, json.Unmarshal(form, &got))
			require.Equal(t, want, got)
		}
	})
}
