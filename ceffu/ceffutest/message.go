package ceffutest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
)

// notice is the message that a receiver gets. Its shape is unconfirmed: it
// follows the one sample that somebody published, in 2024, with names and
// without a word on types. Here the ids of orders and webhooks are strings, as
// in Ceffu's API, and the others numbers above 2^53, so that a receiver which
// reads numbers as floating point is found out.
type notice struct {
	Encoded   bool       `json:"encoded"`
	EntityID  int64      `json:"entityId"`
	WebhookID string     `json:"webhookId"`
	Sign      string     `json:"sign"`
	Event     string     `json:"event"`
	Timestamp int64      `json:"timestamp"` // Unix ms, of this delivery
	Data      noticeData `json:"data"`
}

type noticeData struct {
	OrderViewID  string `json:"orderViewId"`
	TransferType int    `json:"transferType"`
	Direction    int    `json:"direction"` // 10 in, 20 out
	CoinSymbol   string `json:"coinSymbol"`
	Amount       string `json:"amount"`
	FeeSymbol    string `json:"feeSymbol"`
	Status       int    `json:"status"` // 40 success, 99 failed
	TxTime       int64  `json:"txTime"` // Unix ms, of the event
	WalletID     int64  `json:"walletId"`
}

// Plausible values, and no more than that.
const (
	noticeEntity   = 1721442311151521001
	noticeWallet   = 1721442311151521002
	noticeTransfer = 1
	// noticeSign stands where Ceffu's signature stands. Its scheme is not known,
	// so it must not look like something that could be verified.
	noticeSign = "not-a-signature"
)

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
	body, err := json.Marshal(notice{
		EntityID:  noticeEntity,
		WebhookID: n.WebhookID,
		Sign:      noticeSign,
		Event:     string(n.EventType),
		Timestamp: at.UnixMilli(),
		Data: noticeData{
			OrderViewID:  n.ID,
			TransferType: noticeTransfer,
			Direction:    direction,
			CoinSymbol:   coin,
			Amount:       fmt.Sprintf("%d.%08d", pick>>32%1000, pick>>8%100_000_000),
			FeeSymbol:    coin,
			Status:       status,
			TxTime:       n.Created.UnixMilli(),
			WalletID:     noticeWallet,
		},
	})
	if err != nil {
		return nil // it does not come to that: strings and numbers always become JSON
	}
	return body
}
