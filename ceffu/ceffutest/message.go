package ceffutest

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
)

// messageFormat is the message that a receiver gets. Its shape is unconfirmed: it
// follows the one published sample, of 2024, which has names but no types. Ids of orders
// and webhooks are strings, as in Ceffu's API, and the others numbers above 2^53, which
// shows a receiver that reads numbers as floating point. The scheme of the signature is
// not known, so it does not look like one.
//
// Times are Unix ms, of this delivery and of the event. Direction is 10 in, 20
// out; status is 40 success, 99 failed.
const messageFormat = `{"encoded":false,"entityId":1721442311151521001,"webhookId":"%s","sign":"not-a-signature",` +
	`"event":%q,"timestamp":%d,"data":{"orderViewId":"%s","transferType":1,"direction":%d,"coinSymbol":"%s",` +
	`"amount":"%d.%08d","feeSymbol":"%[6]s","status":%[9]d,"txTime":%d,"walletId":1721442311151521002}}`

// message is the body of a delivery.
func message(n Notification, at time.Time) []byte {
	coins := [...]string{"BTC", "ETH", "USDT", "BNB"}
	draw := fnv.New64a() // of the id, so that a resent message tells the same
	_, _ = draw.Write([]byte(n.ID))
	pick := draw.Sum64()
	coin := coins[pick%uint64(len(coins))]
	direction, status := 10, 40
	if n.EventType == ceffu.WithdrawalSuccess || n.EventType == ceffu.WithdrawalFailed {
		direction = 20
	}
	if n.EventType == ceffu.DepositFailed || n.EventType == ceffu.WithdrawalFailed {
		status = 99
	}
	return fmt.Appendf(nil, messageFormat, n.WebhookID, string(n.EventType), at.UnixMilli(), n.ID, direction, coin,
		pick>>32%1000, pick>>8%100_000_000, status, n.Created.UnixMilli())
}
