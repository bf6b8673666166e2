package receive

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/reenvio/reenvio-go/internal/canonical"
)

// ErrNotJSON is the error of [Object] for anything else.
var ErrNotJSON = errors.New("inbox: the payload is not a JSON object")

// Trim is a payload without the byte order mark and the white space around it.
func Trim(raw []byte) []byte {
	return bytes.Trim(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// Object reads a JSON object into a struct, none of whose fields has a type that
// a value could not fit.
func Object(raw []byte, v any) error {
	text := Trim(raw)
	if !bytes.HasPrefix(text, []byte("{")) || json.Unmarshal(text, v) != nil {
		return ErrNotJSON
	}
	return nil
}

// Present is nil for null.
func Present(value json.RawMessage) json.RawMessage {
	if string(value) == "null" {
		return nil
	}
	return value
}

// Canonical is a payload in canonical form, or as it is where that fails.
func Canonical(raw []byte) []byte {
	if payload, err := canonical.JSON(raw); err == nil {
		return payload
	}
	return raw
}
