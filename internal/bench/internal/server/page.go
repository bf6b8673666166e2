package server

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
)

// PageSize is how many webhooks a page has.
const PageSize = 200

// What an item looks like: the sample of Celcoin's documentation, with the Pix
// payload's usual length. The two runs of zeros are the number of the webhook.
const item = `{"webhookId":"84c5fc12-c2e4-4582-9566-000000000000","httpStatusCode":503,` +
	`"webhookUrl":"https://receiver.example/3bc30e7c-0cf6-427d-86c8-ba5ae044c4c7",` +
	`"request":"{\"entity\":\"pix-payment-in\",\"createTimestamp\":\"2026-11-08T17:47:49.2665988\",\"status\":\"CONFIRMED\",` +
	`\"body\":{\"id\":\"84c5fc12-c2e4-4582-9566-000000000000\",\"endToEndId\":\"E13935893202611081747TESTONLY001\",\"amount\":125.5,` +
	`\"debitParty\":{\"account\":\"300540655630\",\"branch\":\"0001\",\"taxId\":\"00000000191\",\"name\":\"Nome Sobrenome\",\"bank\":\"13935893\"},` +
	`\"creditParty\":{\"account\":\"300540655631\",\"branch\":\"0001\",\"taxId\":\"00000000272\",\"name\":\"Outro Nome\",\"key\":\"test@receiver.example\"},` +
	`\"remittanceInformation\":\"pagamento de teste\"}}",` +
	`"response":"{\"success\":false,\"error\":{\"message\":\"Service Unavailable\",\"id\":null}}",` +
	`"status":"PENDENTE","createDate":"2026-11-08T17:47:49.576Z","lastUpdateDate":"2026-11-08T18:02:50.237Z",` +
	`"filter":{"documentNumber":"00000000191","account":"300540655630","id":null,"clientRequestId":"100011"}}`

const number = "000000000000"

// pages makes the answers of details. All webhooks are alike but for their
// number, so that a page costs the server little more than a copy.
type pages struct {
	items []byte // of a full page, with commas between them
	spots []int  // where the numbers stand, two for each item
	free  sync.Pool
}

func newPages() *pages {
	p := &pages{free: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
	for i := range PageSize {
		if i > 0 {
			p.items = append(p.items, ',')
		}
		begin := len(p.items)
		p.items = append(p.items, item...)
		for from := begin; ; {
			at := bytes.Index(p.items[from:], []byte(number))
			if at < 0 {
				break
			}
			p.spots = append(p.spots, from+at)
			from += at + len(number)
		}
	}
	return p
}

// write puts a page of a listing of total webhooks into b.
func (p *pages) write(b *bytes.Buffer, page, total int) {
	first := (page - 1) * PageSize
	n := min(max(total-first, 0), PageSize)
	fmt.Fprintf(b, `{"body":{"limit":0,"currentPage":%d,"limitPerPage":%d,"totalPages":%d,"webhookDetails":[`,
		page, PageSize, (total+PageSize-1)/PageSize)
	begin := b.Len()
	if n == PageSize {
		b.Write(p.items)
	} else if n > 0 {
		b.Write(p.items[:n*(len(item)+1)-1])
	}
	items := b.Bytes()[begin:]
	each := len(p.spots) / PageSize
	var digits [len(number)]byte
	for i := range n {
		text := strconv.AppendInt(digits[:0], int64(first+i), 10)
		for _, spot := range p.spots[i*each : (i+1)*each] {
			copy(items[spot+len(number)-len(text):], text)
		}
	}
	fmt.Fprintf(b, `],"onlyPending":true,"entity":"pix-payment-in","dateFrom":"2026-11-01T03:00:00Z","dateTo":"2026-11-30T03:00:00Z","totalItems":%d},`+
		`"status":"SUCCESS","version":"1.0.0"}`, total)
}
