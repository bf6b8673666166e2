// Package lenient decodes JSON from a vendor that may add fields, change the
// type of one, or leave it out, at any time.
package lenient

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// Unmarshal is json.Unmarshal that takes what it can: a member of another type
// than expected keeps its zero value, as a missing one does, and mismatch says
// that there was one. The error is only for what is not JSON, or would cost out
// of proportion to decode.
func Unmarshal(data []byte, v any) (mismatch bool, err error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if excessive(data) {
		return false, errExcessive
	}
	err = json.Unmarshal(data, v)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return true, nil
	}
	return false, err
}

// Text is a string that may also come as a number, a boolean or a structure:
// it is then the JSON text. null is empty.
type Text string

// UnmarshalJSON never fails.
func (t *Text) UnmarshalJSON(data []byte) error {
	switch {
	case string(data) == "null":
		*t = ""
	case string(data) == "true":
		*t = "true"
	case len(data) > 1 && data[0] == '"':
		if !bytes.ContainsRune(data, '\\') && utf8.Valid(data) {
			*t = Text(data[1 : len(data)-1]) // nothing to unescape or to replace
			return nil
		}
		var s string
		if json.Unmarshal(data, &s) != nil {
			s = string(data)
		}
		*t = Text(s)
	default:
		*t = Text(data)
	}
	return nil
}

// Scalar is the text, and false for what came as an object or a list, which may
// say anything. A string that reads like one is taken for one.
func (t Text) Scalar() (string, bool) {
	if t != "" && (t[0] == '{' || t[0] == '[') {
		return "", false
	}
	return string(t), true
}

// Int is a whole number that may also come as a string. Set is false for null,
// for what is missing and for what is not a whole number.
type Int struct {
	Value int
	Set   bool
}

// longestInt is more than a number takes that is not made to waste time.
const longestInt = 64

// UnmarshalJSON never fails. 200.0 and 2e2 are the whole number 200.
func (i *Int) UnmarshalJSON(data []byte) error {
	*i = Int{}
	if len(data) > longestInt {
		return nil
	}
	text := string(bytes.Trim(data, `"`))
	if n, err := strconv.Atoi(text); err == nil {
		*i = Int{Value: n, Set: true}
	} else if f, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(f) < 1<<31 && f == math.Trunc(f) {
		*i = Int{Value: int(f), Set: true}
	}
	return nil
}

// Or is the number, or another if there is none.
func (i Int) Or(other int) int {
	if i.Set {
		return i.Value
	}
	return other
}
