package lenient

import (
	"bytes"
	"errors"
)

// What no vendor sends in good faith.
const (
	// maxCommas is how many a response may have outside of strings. A page of 200
	// webhooks has 2,600. Two bytes of JSON make an element of a list, which takes
	// hundreds in memory: 16 MiB of them would take gigabytes.
	maxCommas = 50_000
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
	if len(data) < large && bytes.Count(data, []byte(",")) < maxCommas {
		return false
	}
	inString := false
	commas, digits := 0, 0
	for i := 0; i < len(data); i++ {
		b := data[i]
		switch {
		case inString && b == '\\':
			i++
		case b == '"':
			inString = !inString
		case !inString && b == ',':
			commas++
		}
		if inString || b < '0' || b > '9' {
			digits = 0
		} else if digits++; digits > maxNumber {
			return true
		}
	}
	return commas >= maxCommas
}
