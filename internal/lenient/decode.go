package lenient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Decode reads JSON into a value of the user's. Its error begins with what was
// done, names the field, and shows nothing of data, which encoding/json's would.
func Decode(doing string, data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // where v does not say what a number is
	err := decoder.Decode(v)
	if err == nil {
		return nil
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && mismatch.Field != "" {
		return fmt.Errorf("%s: %s does not fit %s: decode into a type of your own", doing, mismatch.Field, mismatch.Type)
	}
	return fmt.Errorf("%s: it does not fit %T: decode into a type of your own", doing, v)
}
