package lenient

import (
	"bytes"
	"errors"
)

// What no vendor sends in good faith.
const (
	// maxElements is how many elements the lists of a response may have together.
	// A page of webhooks has 200. Two bytes of JSON make an element, which takes
	// hundreds in memory: 16 MiB of them would take gigabytes.
	maxElements = 50_000
	// maxNumber is how many bytes a number may have. One that does not fit goes
	// through encoding/json's error messages, copy by copy.
	maxNumber = 1024
)

// large is from where a response is worth a closer look.
const large = 4 << 20

var errExcessive = errors.New("lenient: a list or a number beyond all measure")

// excessive tells whether decoding would cost out of proportion. Hardly any
// response has so many commas or bytes, so hardly any is looked at closely.
func excessive(data []byte) bool {
	const deepest = 10_000 // where encoding/json gives up
	if len(data) < large && bytes.Count(data, []byte(",")) < maxElements {
		return false
	}
	var inList []bool // of the containers around the present place
	elements, number := 0, 0
	for i := 0; i < len(data); i++ {
		b := data[i]
		if b >= '0' && b <= '9' {
			if number++; number > maxNumber {
				return true
			}
			continue
		}
		number = 0
		switch b {
		case '"':
			i = endOfString(data, i)
		case '[', '{':
			if len(inList) == deepest {
				return false
			}
			inList = append(inList, b == '[')
		case ']', '}':
			inList = inList[:max(len(inList)-1, 0)]
		case ',':
			if n := len(inList); n > 0 && inList[n-1] {
				elements++
			}
		}
	}
	return elements >= maxElements
}

// endOfString is where the string ends that begins at i.
func endOfString(data []byte, i int) int {
	for i++; i < len(data) && data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i
}
