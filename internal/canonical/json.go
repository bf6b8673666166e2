// Package canonical writes JSON so that two texts of one value are the same.
package canonical

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errNotJSON = errors.New("canonical: not JSON")

// JSON is data without white space between the tokens, with the members of each
// object in the order of their names, with strings escaped in one way, and with
// numbers as digits and exponent: 1, 1.0 and 10e-1 are 1, and 1500 is 15e2.
//
// What differs in value stays different: a number and a string of its digits, a
// member that is null and one that is missing, numbers beyond the precision of
// a float64, the order of a list, and members of the same name. Where a text is
// not valid Unicode, decoding would make different texts the same: only white
// space is taken out then.
func JSON(data []byte) ([]byte, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !json.Valid(data) { // bounds the depth too
		return nil, errNotJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	value, err := read(decoder)
	if err != nil {
		return nil, errNotJSON
	}
	written := value.appendTo(make([]byte, 0, len(data)))
	if bytes.ContainsRune(written, utf8.RuneError) {
		var compact bytes.Buffer
		if json.Compact(&compact, data) != nil {
			return nil, errNotJSON
		}
		return compact.Bytes(), nil
	}
	return written, nil
}

// node is a value: scalar unless begin is one of { and [.
type node struct {
	begin   json.Delim
	scalar  string
	members []member // names are empty in a list
}

type member struct {
	name  string
	value node
}

// read takes one value from the decoder.
func read(decoder *json.Decoder) (node, error) {
	token, err := decoder.Token()
	if err != nil {
		return node{}, err
	}
	switch t := token.(type) {
	case json.Delim:
		n := node{begin: t}
		for decoder.More() {
			var m member
			if t == '{' {
				name, err := decoder.Token()
				if err != nil {
					return node{}, err
				}
				m.name, _ = name.(string)
			}
			if m.value, err = read(decoder); err != nil {
				return node{}, err
			}
			n.members = append(n.members, m)
		}
		_, err := decoder.Token()
		return n, err
	case string:
		return node{scalar: quote(t)}, nil
	case json.Number:
		return node{scalar: number(string(t))}, nil
	case bool:
		return node{scalar: strconv.FormatBool(t)}, nil
	default:
		return node{scalar: "null"}, nil
	}
}

func (n node) appendTo(to []byte) []byte {
	if n.begin == 0 {
		return append(to, n.scalar...)
	}
	begin, end := byte('['), byte(']')
	if n.begin == '{' {
		begin, end = '{', '}'
		slices.SortStableFunc(n.members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	}
	to = append(to, begin)
	for i, m := range n.members {
		if i > 0 {
			to = append(to, ',')
		}
		if n.begin == '{' {
			to = append(append(to, quote(m.name)...), ':')
		}
		to = m.value.appendTo(to)
	}
	return append(to, end)
}

// quote escapes what must be, and in one way. Not with encoding/json, which
// escapes more from one version to the next: keys are made of this.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, "\\u%04x", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// number writes a JSON number as digits and exponent, without zeros at either
// end of the digits.
func number(text string) string {
	digits, negative := strings.CutPrefix(text, "-")
	exponent := 0
	if at := strings.IndexAny(digits, "eE"); at >= 0 {
		e, err := strconv.Atoi(digits[at+1:])
		if err != nil || e > 1<<30 || e < -1<<30 {
			return text // a value that no one can mean: as it is
		}
		digits, exponent = digits[:at], e
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	exponent -= len(fraction)
	digits = strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	short := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(short)
	if exponent != 0 {
		short += "e" + strconv.Itoa(exponent)
	}
	if negative {
		short = "-" + short
	}
	return short
}
