package celcoin

import (
	"net/http"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// SearchParameters and Encode let a test walk every parameter there is.
type SearchParameters = searchParameters

// Encode is the query of parameters.
func Encode(p SearchParameters) (string, error) { return p.encode() }

// EncodeSearch is the query of counting.
func EncodeSearch(q Query) (string, error) { return q.parameters().encode() }

// EncodeReplay is the query of a replay.
func EncodeReplay(r ReplayRequest) string { return r.query() }

// DecodeSummary reads an answer as CountWebhooks does, and tells whether it is a
// success.
func DecodeSummary(answer []byte) bool {
	_, ok := decode[wireSummary](answer)
	return ok
}

// DecodePage reads an answer as ListWebhooks does, and tells how many webhooks
// there are.
func DecodePage(answer []byte) int {
	page, _ := decode[wirePage](answer)
	return len(page.Webhooks)
}

func decode[T body](answer []byte) (*T, bool) {
	x := &bearer[T]{client: &Client{secrets: func() []string { return nil }}}
	v := x.Judge(&transport.Answer{Status: http.StatusOK, Header: http.Header{}, Body: answer})
	return x.answer.Body, v.Meaning == transport.Succeeded
}
