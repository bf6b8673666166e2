package celcointest

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestPaymentStatus(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon), WithPaymentAgeLimit(8*24*time.Hour))
	s.AddPayments(
		Payment{ID: "77", EndToEndID: "E1", ClientCode: "c1", Status: "PROCESSING"},
		Payment{ID: "77", EndToEndID: "E1", ClientCode: "c1"}, // the newest counts
		Payment{ID: "78", EndToEndID: "E2", Status: "ERROR", ErrorCode: "PBE343", ErrorDescription: "no"},
		Payment{ID: "79", EndToEndID: "E3", Created: noon.Add(-9 * 24 * time.Hour)},
		Payment{ID: "80", EndToEndID: "E4", Received: true, Amount: "1.50", Created: noon.Add(-2 * time.Minute)},
		Payment{ID: "81", EndToEndID: "E5", Received: true, Created: noon.Add(-time.Minute)},
		Payment{Product: celcoin.ProductBaaS, ID: "b-1", EndToEndID: "E6", ClientCode: "c6", Status: "PROCESSING"},
	)
	w := direct(t, s)
	noneOut := `{"errorCode":"99","description":"Transação não encontrada."}`
	noneIn := `{"errorCode":"99","description":"Transação de recebimento não encontrada."}`
	for name, tt := range map[string]struct {
		path   string
		status int
		body   string
	}{
		"by id":            {pixPaymentPath + "?transactionId=77", 200, `{"transactionId":77,"clientCode":"c1","endToEndId":"E1","status":"CONFIRMED"}`},
		"by client code":   {pixPaymentPath + "?clientCode=c1", 200, `{"transactionId":77,"clientCode":"c1","endToEndId":"E1","status":"CONFIRMED"}`},
		"failed":           {pixPaymentPath + "?endtoendId=E2", 200, `{"transactionId":78,"clientCode":null,"endToEndId":"E2","status":"ERROR","error":{"code":"PBE343","description":"no"}}`},
		"too old":          {pixPaymentPath + "?endtoendId=E3", 400, noneOut},
		"two that differ":  {pixPaymentPath + "?transactionId=77&endtoendId=E2", 400, noneOut},
		"none asked for":   {pixPaymentPath, 400, noneOut},
		"of another call":  {pixPaymentPath + "?transactionId=80", 400, noneOut},
		"received":         {pixReceiptPath + "?endtoEnd=E4", 200, `{"requestBody":{"transactionType":"RECEIVEPIX","transactionId":80,"transactionIdBrCode":null,"endToEndId":"E4","amount":1.50,"createDate":"2026-03-10T11:58:00.0000000","status":"CONFIRMED"}}`},
		"received lately":  {pixReceiptPath + "?endtoEnd=E5", 400, noneIn},
		"a false name":     {pixReceiptPath + "?endtoendId=E4", 400, noneIn},
		"BaaS has none":    {baasPaymentPath + "?id=x", 404, `{"version":"1.0.0","status":"ERROR","error":{"errorCode":"CBE106","message":"Solicitação\u00a0recusada."}}`},
		"the wrong method": {"", 405, `{"statusCode":405,"message":"Method not allowed"}`},
	} {
		got := w.get(tt.path)
		if tt.path == "" {
			got = w.put(pixPaymentPath, "")
		}
		assert.Equal(t, tt.status, got.status, name)
		assert.JSONEq(t, tt.body, got.body, name)
	}
	var found envelope[struct{ ID, Status string }]
	w.get(baasPaymentPath+"?clientCode=c6").into(t, &found)
	assert.Equal(t, "b-1", found.Body.ID)
	assert.Equal(t, "PROCESSING", found.Body.Status)
}

func TestPaymentStatusHasFaultsOfItsOwn(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	w := direct(t, s)
	require.NoError(t, s.Inject(Fault{Operation: OpReceiptStatus, Status: http.StatusGatewayTimeout}))
	assert.Equal(t, 400, w.get(pixPaymentPath+"?transactionId=1").status)
	assert.Equal(t, 504, w.get(pixReceiptPath+"?transactionId=1").status)
	w.token = ""
	assert.Equal(t, codeTokenMissing, w.get(pixPaymentPath+"?transactionId=1").code(t))
}
