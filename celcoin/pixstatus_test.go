package celcoin_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// statusCalls are the three, each with an id of its own.
var statusCalls = map[string]func(t *testing.T, c *celcoin.Client, opts ...celcoin.CallOption) (*celcoin.PixStatus, error){
	"payment": func(t *testing.T, c *celcoin.Client, opts ...celcoin.CallOption) (*celcoin.PixStatus, error) {
		t.Helper()
		return c.PixPaymentStatus(t.Context(), celcoin.PixPaymentQuery{TransactionID: "7"}, opts...)
	},
	"BaaS payment": func(t *testing.T, c *celcoin.Client, opts ...celcoin.CallOption) (*celcoin.PixStatus, error) {
		t.Helper()
		return c.PixPaymentStatus(t.Context(), celcoin.PixPaymentQuery{Product: celcoin.ProductBaaS, TransactionID: "7"}, opts...)
	},
	"receipt": func(t *testing.T, c *celcoin.Client, opts ...celcoin.CallOption) (*celcoin.PixStatus, error) {
		t.Helper()
		return c.PixReceiptStatus(t.Context(), celcoin.PixReceiptQuery{TransactionID: "7"}, opts...)
	},
}

func TestAStatusCallAsksByEachIDInItsOwnWords(t *testing.T) {
	t.Parallel()
	type payment = celcoin.PixPaymentQuery
	all := payment{TransactionID: "9193070", EndToEndID: "E1393", ClientCode: "a/b c&d"}
	baas, older := all, all
	baas.Product, older.Product = celcoin.ProductBaaS, celcoin.ProductBaaSV1
	for want, q := range map[string]payment{
		"/pix/v1/payment/pi/status?transactionId=9193070":                                         {TransactionID: "9193070"},
		"/pix/v1/payment/pi/status?endtoendId=E1393":                                              {EndToEndID: "E1393"},
		"/pix/v1/payment/pi/status?clientCode=c1":                                                 {ClientCode: "c1", Product: celcoin.ProductPix},
		"/pix/v1/payment/pi/status?clientCode=a%2Fb+c%26d&endtoendId=E1393&transactionId=9193070": all,
		"/baas/v2/pix/payment/status?clientCode=a%2Fb+c%26d&endtoendId=E1393&id=9193070":          baas,
	} {
		f := &fake{call: []reply{says(200, fixture(t, "status-payment.json"))}}
		_, err := f.client(t).PixPaymentStatus(t.Context(), q)
		require.NoError(t, err)
		require.Len(t, f.calls(), 1)
		got := f.calls()[0]
		assert.Equal(t, "GET "+prefix+want, got.Method+" "+got.URI)
		assert.Equal(t, "Bearer token-1", got.Header.Get("Authorization"))
		assert.Empty(t, got.Body)
	}
	f := &fake{call: []reply{says(200, fixture(t, "status-receipt.json"))}}
	c := f.client(t)
	_, err := c.PixReceiptStatus(t.Context(), celcoin.PixReceiptQuery{TransactionID: "7", EndToEndID: "E1", TransactionIDBRCode: "br"})
	require.NoError(t, err)
	_, err = c.PixPaymentStatus(t.Context(), older)
	require.NoError(t, err)
	assert.Equal(t, prefix+"/pix/v1/receivement/status?endtoEnd=E1&transactionId=7&transactionIdBrCode=br", f.calls()[0].URI)
	assert.Equal(t, prefix+"/baas/v2/pix/payment/status?clientCode=a%2Fb+c%26d&endtoendId=E1393&id=9193070", f.calls()[1].URI)
}

func TestAStatusCallWithoutAnIDIsInvalidAndNotSent(t *testing.T) {
	t.Parallel()
	f := &fake{}
	c := f.client(t)
	for name, q := range map[string]celcoin.PixPaymentQuery{
		"no id": {}, "a control character": {ClientCode: "a\nb"}, "another product": {Product: "SPB", TransactionID: "7"},
	} {
		_, err := c.PixPaymentStatus(t.Context(), q)
		require.ErrorIs(t, err, celcoin.ErrInvalidRequest, name)
	}
	for name, q := range map[string]celcoin.PixReceiptQuery{"no id": {}, "a control character": {EndToEndID: "a\nb"}} {
		_, err := c.PixReceiptStatus(t.Context(), q)
		require.ErrorIs(t, err, celcoin.ErrInvalidRequest, name)
	}
	assert.Empty(t, f.calls())
	assert.Empty(t, f.tokens())
}

// transactions are the responses to the status calls.
var transactions = map[string]struct {
	status int
	want   celcoin.PixStatus
}{
	"status-payment.json": {200, celcoin.PixStatus{
		Found: true, Status: celcoin.TransactionConfirmed, TransactionID: "9193070",
		EndToEndID: "E1393589320231103123400000000001", ClientCode: "1458854",
	}},
	"status-payment-error.json": {200, celcoin.PixStatus{
		Found: true, Status: celcoin.TransactionError, TransactionID: "9193071",
		EndToEndID: "E1393589320231103123400000000002", ClientCode: "1458855",
		ErrorCode: "PBE343", ErrorMessage: "Conta de destino inválida.",
	}},
	"status-receipt.json": {200, celcoin.PixStatus{
		Found: true, Status: celcoin.TransactionConfirmed, TransactionID: "9193072",
		EndToEndID: "E1393589320231103123400000000003", Amount: "150.55",
	}},
	"status-baas-payment.json": {200, celcoin.PixStatus{
		Found: true, Status: celcoin.TransactionProcessing, TransactionID: "ff6f2b1a-7f7e-4a33-b2c4-2f8d7a0c9f11",
		EndToEndID: "E1393589320231103123400000000004", ClientCode: "1458856", Amount: "1",
	}},
	"status-baas-payment-error.json": {200, celcoin.PixStatus{
		Found: true, Status: celcoin.TransactionError, TransactionID: "ff6f2b1a-7f7e-4a33-b2c4-2f8d7a0c9f12",
		EndToEndID: "E1393589320231103123400000000005", ClientCode: "1458857", Amount: "1",
		ErrorCode: "CBE307", ErrorMessage: "Saldo insuficiente.",
	}},
	"status-receipt-not-found.json": {400, celcoin.PixStatus{ErrorCode: "99", ErrorMessage: "Transação de recebimento não encontrada."}},
	"status-baas-not-found.json":    {404, celcoin.PixStatus{ErrorCode: "CBE106", ErrorMessage: "Transação não encontrada."}},
}

func TestATransactionStatusIsReadInEveryShape(t *testing.T) {
	t.Parallel()
	for file, c := range transactions {
		for call, do := range statusCalls {
			t.Run(file+", "+call, func(t *testing.T) {
				t.Parallel()
				f := &fake{call: []reply{says(c.status, fixture(t, file))}}
				got, err := do(t, f.client(t))
				require.NoError(t, err)
				assert.Equal(t, c.want, *got)
				assert.Len(t, f.calls(), 1)
				for _, verb := range []string{"%v", "%+v", "%#v"} {
					assert.NotContains(t, fmt.Sprintf(verb, got), "14588", "the client code is the caller's own")
					assert.NotContains(t, fmt.Sprintf(verb, *got), "150.55")
				}
			})
		}
	}
}

func TestWhatIsNoTransactionIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		is     error
		calls  int
	}{
		"a success without a transaction":            {200, `{"status":"SUCCESS","body":{}}`, celcoin.ErrServer, 1},
		"an id outside of a success that has none":   {200, `{"status":"SUCCESS","body":{"amount":1},"transactionId":"7"}`, celcoin.ErrServer, 1},
		"an error that only the token call has":      {500, `{"error":{"errorCode":"invalid_request"}}`, celcoin.ErrServer, 3},
		"a status without a transaction":             {200, `{"status":"CONFIRMED"}`, celcoin.ErrServer, 1},
		"an empty 200":                               {200, "", celcoin.ErrServer, 1},
		"a path that does not exist":                 {404, `{"statusCode":404,"message":"Resource not found"}`, celcoin.ErrNotFound, 1},
		"another legacy code":                        {400, `{"errorCode":"11","description":"?"}`, celcoin.ErrInvalidRequest, 1},
		"the code of nothing found in a failure":     {500, `{"errorCode":"99","description":"?"}`, celcoin.ErrServer, 3},
		"an internal error inside a 200":             {200, `{"status":"ERROR","error":{"errorCode":"CIE999"}}`, celcoin.ErrServer, 3},
		"a refused token with the code of not found": {401, `{"errorCode":"99","description":"?"}`, celcoin.ErrUnauthorized, 2},
		"a refusal with the code of not found":       {403, `{"errorCode":"99","description":"?"}`, celcoin.ErrForbidden, 1},
		"a rate limit with the code of not found":    {429, `{"errorCode":"99"}`, celcoin.ErrRateLimited, 3},
		"the code of an empty listing, which is no":  {404, `{"status":"ERROR","error":{"errorCode":"CBE238"}}`, celcoin.ErrNotFound, 1},
	} {
		for call, do := range statusCalls {
			t.Run(name+", "+call, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					f := &fake{call: []reply{says(c.status, c.body)}}
					_, err := do(t, f.client(t), celcoin.WithMaxRetries(2))
					require.ErrorIs(t, err, c.is)
					require.NotErrorIs(t, err, celcoin.ErrOutcomeUnknown)
					assert.Len(t, f.calls(), c.calls)
				})
			})
		}
	}
}
