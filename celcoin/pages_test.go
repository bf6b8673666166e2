package celcoin_test

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/reenvio/reenvio-go/internal/cost"
)

// pageSize is how many webhooks are on each of the pages below.
const pageSize = 200

// pagesOf serves a listing of a million webhooks, as large as those of the
// documentation, page after page. Each is written over the one before, so that
// nothing is allocated for it.
type pagesOf struct {
	number int
	answer []byte
	blanks []int // where numbers belong: that of the page, and then those of each webhook
}

const (
	blank     = "#########"
	perBlank  = 6 // numbers in a webhook: every string that is another one each time
	aMillion  = 1_000_000
	pageBegin = `{"body":{"entity":"pix-payment-in","dateFrom":"2023-11-03T09:30:00Z","dateTo":"2023-11-03T10:30:00Z",` +
		`"onlyPending":true,"totalItems":1000000,"limit":null,"currentPage":` + blank + `,"limitPerPage":200,"totalPages":5000,` +
		`"webhookDetails":[`
	pageWebhook = `{"webhookId":"84c5fc12-c2e4-4582-9566-000` + blank + `","httpStatusCode":500,` +
		`"webhookUrl":"https://receiver.example/celcoin/webhooks",` +
		`"request":"{\"entity\":\"pix-payment-in\",\"createTimestamp\":\"2023-11-08T17:47:49.2665988\",\"status\":\"CONFIRMED\",` +
		`\"body\":{\"id\":\"` + blank + `\",\"amount\":25.55,\"clientCode\":\"1458854\",` +
		`\"transactionIdentification\":\"e18a1b3f54c24f2b8d9e\",\"endToEndId\":\"E13935893202311081747XbFsQ2pLk1W\",` +
		`\"creditParty\":{\"bank\":\"13935893\",\"key\":\"5244f4e3-ff65-42ce-8d5e-2d4e3d5f9a6b\",\"account\":\"300540655630\",` +
		`\"branch\":\"0001\",\"taxId\":\"04072747580\",\"name\":\"Nome Sobrenome\",\"accountType\":\"TRAN\"}}}",` +
		`"response":"{\"success\":false,\"error\":{\"message\":\"Token not found\",\"id\":null}}","status":"PENDENTE",` +
		`"createDate":"2023-11-08T17:47:49.` + blank + `Z","lastUpdateDate":"2023-11-08T18:02:50.` + blank + `Z",` +
		`"filter":{"documentNumber":"04072747580","account":"300` + blank + `","id":null,"clientRequestId":"` + blank + `"}}`
	pageEnd = `]},"version":"1.0.0","status":"SUCCESS"}`
)

func newPages() *pagesOf {
	p := &pagesOf{answer: cost.Answer(pageBegin + strings.Repeat(pageWebhook+",", pageSize-1) + pageWebhook + pageEnd)}
	for from := 0; ; {
		at := bytes.Index(p.answer[from:], []byte(blank))
		if at < 0 {
			return p
		}
		p.blanks = append(p.blanks, from+at)
		from += at + len(blank)
	}
}

// next is the answer with the next page.
func (p *pagesOf) next() []byte {
	p.number = p.number%(aMillion/pageSize) + 1
	var buf [len(blank)]byte
	n := copy(p.answer[p.blanks[0]:], strconv.AppendInt(buf[:0], int64(p.number), 10))
	copy(p.answer[p.blanks[0]+n:], "         "[:len(blank)-n]) // white space behind a number
	for i, at := range p.blanks[1:] {
		number := p.number*pageSize + i/perBlank
		for d := len(blank) - 1; d >= 0; d-- {
			p.answer[at+d] = byte('0' + number%10)
			number /= 10
		}
	}
	return p.answer
}
