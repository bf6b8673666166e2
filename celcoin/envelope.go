package celcoin

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/reenvio/reenvio-go/internal/lenient"
)

// envelope is what is around every response, together with the shapes of errors
// that come from before the API or from its older parts.
type envelope[T any] struct {
	Body   *T           `json:"body"`
	Status lenient.Text `json:"status"`
	Error  *problem     `json:"error"`

	Message      lenient.Text `json:"message"`   // gateway: {"statusCode":N,"message":"…"}
	ErrorCode    lenient.Text `json:"errorCode"` // legacy, with one of the two below
	ErrorMessage lenient.Text `json:"errorMessage"`
	Description  lenient.Text `json:"description"`
}

// problem is the error of an envelope, or of a transaction, which may have a code
// and a description instead. One that is only a text is its message.
type problem struct {
	ErrorCode   lenient.Text `json:"errorCode"`
	Code        lenient.Text `json:"code"`
	Message     lenient.Text `json:"message"`
	Description lenient.Text `json:"description"`

	text bool // that is all
}

// UnmarshalJSON takes both.
func (p *problem) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		p.text = len(data) > len(`""`)
		return p.Message.UnmarshalJSON(data)
	}
	type plain problem
	return json.Unmarshal(data, (*plain)(p))
}

func (e *envelope[T]) code() string {
	p := cmp.Or(e.Error, &problem{})
	return string(cmp.Or(p.ErrorCode, e.ErrorCode))
}

func (e *envelope[T]) message() string {
	p := cmp.Or(e.Error, &problem{})
	return string(cmp.Or(p.Message, e.Message, e.ErrorMessage, e.Description))
}

const success = "SUCCESS"

func (e *envelope[T]) succeeded() bool { return strings.EqualFold(string(e.Status), success) }

// decode reads a response as it is.
func decode[T any](data []byte, e *envelope[T]) error {
	_, err := lenient.Unmarshal(data, e)
	return err
}
