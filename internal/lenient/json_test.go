package lenient_test

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/lenient"
)

// answer has what the answers of the vendors are made of.
type answer struct {
	Code  lenient.Text      `json:"code"`
	Total lenient.Int       `json:"total"`
	Name  string            `json:"name"`
	Count int               `json:"count"`
	Flag  *bool             `json:"flag"`
	Items []item            `json:"items"`
	Inner *item             `json:"inner"`
	Extra map[string]string `json:"extra"`
}

type item struct {
	ID   lenient.Text `json:"id"`
	Size int          `json:"size"`
}

func TestUnmarshalTakesWhatItCan(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data string
		want       answer
		mismatch   bool
	}{
		{"as documented", `{"code":"A1","total":3,"name":"n","count":2}`, answer{Code: "A1", Total: lenient.Int{Value: 3, Set: true}, Name: "n", Count: 2}, false},
		{"nothing", `{}`, answer{}, false},
		{"all null", `{"code":null,"total":null,"name":null,"count":null,"flag":null,"items":null,"inner":null,"extra":null}`, answer{}, false},
		{"null altogether", `null`, answer{}, false},
		{"unknown members", `{"new":{"a":[1,{}]},"name":"n"}`, answer{Name: "n"}, false},
		{"a byte order mark", "\ufeff" + `{"name":"n"}`, answer{Name: "n"}, false},
		{"white space around", " \r\n{\"name\":\"n\"}\t", answer{Name: "n"}, false},
		{"a number for a code", `{"code":17,"name":"n"}`, answer{Code: "17", Name: "n"}, false},
		{"a text for a number", `{"total":"3","name":"n"}`, answer{Total: lenient.Int{Value: 3, Set: true}, Name: "n"}, false},

		{"a number for a name", `{"name":1,"count":2}`, answer{Count: 2}, true},
		{"a text for a count", `{"count":"2","name":"n"}`, answer{Name: "n"}, true},
		{"a fraction for a count", `{"count":2.5,"name":"n"}`, answer{Name: "n"}, true},
		{"a count beyond all bounds", `{"count":1e400,"name":"n"}`, answer{Name: "n"}, true},
		{"a structure for a name", `{"name":{"a":1},"count":2}`, answer{Count: 2}, true},
		{"a text for a list", `{"items":"none","name":"n"}`, answer{Name: "n"}, true},
		{"a list for a structure", `{"inner":[],"name":"n"}`, answer{Name: "n"}, true},
		{"a list altogether", `[1]`, answer{}, true},
		{"a text altogether", `"error"`, answer{}, true},
		{"one bad member inside a list", `{"items":[{"id":1,"size":"x"},{"id":"b","size":2}],"name":"n"}`, answer{Items: []item{{ID: "1"}, {ID: "b", Size: 2}}, Name: "n"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got answer
			mismatch, err := lenient.Unmarshal([]byte(tt.data), &got)
			require.NoError(t, err)
			if tt.want.Inner == nil && got.Inner != nil {
				assert.Equal(t, item{}, *got.Inner, "what could not be read stays empty")
				got.Inner = nil
			}
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.mismatch, mismatch)
		})
	}
}

func TestUnmarshalRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"nothing":            "",
		"white space":        " ",
		"HTML":               "<html>",
		"a text":             "error",
		"half an object":     `{"name":`,
		"two objects":        `{}{}`,
		"a second mark":      "\ufeff\ufeff{}",
		"a trailing comma":   `{"name":"n",}`,
		"nested without end": strings.Repeat("[", 100_000),
		"nested too deep":    strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := lenient.Unmarshal([]byte(data), &answer{})
			assert.Error(t, err)
		})
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		json string
		want lenient.Text
	}{
		{`"abc"`, "abc"},
		{`""`, ""},
		{`null`, ""},
		{`0`, "0"},
		{`12345678901234567890`, "12345678901234567890"},
		{`1.50`, "1.50"},
		{`true`, "true"},
		{`{"a":1}`, `{"a":1}`},
		{`["a"]`, `["a"]`},
		{`"a\"b\\c\/d\n"`, "a\"b\\c/d\n"},
		{`"\u00e9\ud83d\ude00"`, "é😀"},
		{`"\ud83d"`, "\ufffd"},
		{`"é😀"`, "é😀"},
		{"\"a\xffb\"", "a\ufffdb"},
		{"\"a\xffb\\n\"", "a\ufffdb\n"},
	} {
		t.Run(tt.json, func(t *testing.T) {
			t.Parallel()
			got := struct {
				V lenient.Text `json:"v"`
			}{"before"}
			require.NoError(t, json.Unmarshal([]byte(`{"v":`+tt.json+`}`), &got))
			assert.Equal(t, tt.want, got.V)
		})
	}
}

func TestInt(t *testing.T) {
	t.Parallel()
	set := func(n int) lenient.Int { return lenient.Int{Value: n, Set: true} }
	for _, tt := range []struct {
		json string
		want lenient.Int
	}{
		{`0`, set(0)},
		{`200`, set(200)},
		{`-1`, set(-1)},
		{`"200"`, set(200)},
		{`200.0`, set(200)},
		{`2e2`, set(200)},
		{`"2e2"`, set(200)},
		{strconv.Itoa(math.MaxInt), set(math.MaxInt)},
		{`null`, lenient.Int{}},
		{`""`, lenient.Int{}},
		{`1.5`, lenient.Int{}},
		{`1e300`, lenient.Int{}},
		{`1e400`, lenient.Int{}},
		{`9223372036854775808`, lenient.Int{}},
		{`"many"`, lenient.Int{}},
		{`"NaN"`, lenient.Int{}},
		{`"Inf"`, lenient.Int{}},
		{`true`, lenient.Int{}},
		{`{}`, lenient.Int{}},
		{`[1]`, lenient.Int{}},
	} {
		t.Run(tt.json, func(t *testing.T) {
			t.Parallel()
			got := struct {
				V lenient.Int `json:"v"`
			}{set(7)}
			require.NoError(t, json.Unmarshal([]byte(`{"v":`+tt.json+`}`), &got))
			assert.Equal(t, tt.want, got.V)
		})
	}
	assert.Equal(t, 3, set(3).Or(5))
	assert.Equal(t, 0, set(0).Or(5))
	assert.Equal(t, 5, lenient.Int{}.Or(5))
}

// FuzzUnmarshal: it does not panic, JSON is never refused, and a text that came
// as one is the same as encoding/json reads.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		`{"code":"A1","total":3}`, `{"code":17,"total":"3"}`, `{"code":{"a":"\ud83d"}}`, `"`, `null`, "\ufeff{}",
		`{"items":[{"id":null,"size":"x"}]}`, `{"total":1e400}`, `[[[`, `{"code":"\u00`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := lenient.Unmarshal(data, &answer{})
		if json.Valid(data) {
			assert.NoError(t, err)
		}
		var text lenient.Text
		var number lenient.Int
		assert.NoError(t, text.UnmarshalJSON(data))
		assert.NoError(t, number.UnmarshalJSON(data))
		var want string
		if len(data) > 0 && data[0] == '"' && json.Unmarshal(data, &want) == nil && json.Unmarshal(data, &text) == nil {
			assert.Equal(t, want, string(text))
		}
	})
}
