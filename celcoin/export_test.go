package celcoin

import (
	"net/http"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// SearchParameters and Encode let a test walk every parameter there is.
type SearchParameters = searchParameters

// Encode is the query of parameters.
func Encode(p SearchParameters) (string, error) { return p.encode(), nil }

// EncodeSearch is the query of counting.
func EncodeSearch(q Query) (string, error) {
	p := q.parameters()
	return p.encode(), nil
}

// EncodeReplay is the query of a replay.
func EncodeReplay(r ReplayRequest) string { return r.parameters().encode() }

// DecodeSummary reads a response as CountWebhooks does, and tells whether it is a
// success.
func DecodeSummary(response []byte) bool {
	w := decode[wireCount](response)
	return w != nil
}

// DecodePage reads a response as ListWebhooks does, and tells how many webhooks
// there are.
func DecodePage(response []byte) int {
	if page := decode[wirePage](response); page != nil {
		return len(page.Webhooks)
	}
	return 0
}

func decode[T body](response []byte) *T {
	c := &call[T]{client: &Client{secrets: func() []string { return nil }}}
	var e envelope[T]
	if c.Classify(&transport.Response{Status: http.StatusOK, Header: http.Header{}, Body: response}, &e).Kind != transport.Succeeded {
		return nil
	}
	return e.Body
}
