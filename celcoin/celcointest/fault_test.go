package celcointest

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInjectedErrorsHaveTheVendorsShapes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  Fault
		status int
		body   string
	}{
		"a code":            {Fault{Code: codeInternal}, 400, `{"version":"1.0.0","status":"ERROR","error":{"errorCode":"CIE999","message":"Ocorreu um erro` + "\u00a0" + `interno durante a chamada da api."}}`},
		"a code and status": {Fault{Status: 500, Code: codeInternal, Message: "x"}, 500, `{"version":"1.0.0","status":"ERROR","error":{"errorCode":"CIE999","message":"x"}}`},
		"an unknown code":   {Fault{Status: 418, Code: "XYZ1"}, 418, `{"version":"1.0.0","status":"ERROR","error":{"errorCode":"XYZ1","message":"Solicitação` + "\u00a0" + `recusada."}}`},
		"500":               {Fault{Status: 500}, 500, `{"version":"1.0.0","status":"ERROR","error":{"errorCode":"CIE999","message":"Ocorreu um erro` + "\u00a0" + `interno durante a chamada da api."}}`},
		"401":               {Fault{Status: 401}, 401, `{"version":"1.0.0","status":"ERROR","error":{"errorCode":"OBE003","message":"Solicitação` + "\u00a0" + `recusada."}}`},
		"403":               {Fault{Status: 403}, 403, `{"version":"1.0.0","status":"ERROR","error":{"errorCode":"CBE468","message":"Solicitação` + "\u00a0" + `recusada."}}`},
		"503":               {Fault{Status: 503}, 503, `{"statusCode":503,"message":"Service unavailable"}`},
		"a message":         {Fault{Status: 502, Message: "no"}, 502, `{"statusCode":502,"message":"no"}`},
		"a strange status":  {Fault{Status: 599}, 599, `{"statusCode":599,"message":"Error"}`},
		"an empty 500":      {Fault{Status: 500, Body: []byte{}}, 500, ""},
		"HTML":              {Fault{Status: 502, Body: []byte("<html>")}, 502, "<html>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := NewServer(t)
			w := direct(t, s)
			require.NoError(t, s.Inject(tt.fault))
			got := w.get(paymentIn + day())
			assert.Equal(t, tt.status, got.status)
			assert.Equal(t, tt.body, got.body)
			assert.Equal(t, 200, w.get(paymentIn+day()).status, "one fault strikes once")
		})
	}
}

func TestAnswerOfAReplayIsLost(t *testing.T) {
	t.Parallel()
	var inbox receiver
	s := NewServer(t, at(noon), WithReceiver(&inbox))
	id := s.Add(Webhook{})[0]
	w := direct(t, s)
	require.NoError(t, s.Inject(Fault{Operation: "replay", Processed: true, Reset: true}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+paymentIn+"?webhookId="+id, strings.NewReader(""))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+w.token)
	_, err = w.client.Do(r) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, syscall.ECONNRESET)
	s.Settle()
	assert.Len(t, inbox.arrived(), 1)
	last := s.Requests()[1]
	assert.Equal(t, []any{"replay", true, "ok", 0}, []any{last.Operation, last.Processed, last.Verdict, last.Status})
	assert.NotEmpty(t, last.Fault)
}

func TestFaultsFindTheirOperation(t *testing.T) {
	t.Parallel()
	s := NewServer(t, WithReceiver(http.NotFoundHandler()))
	id := s.Add(Webhook{Created: time.Now()})[0]
	w := direct(t, s)
	token := w.token
	now := time.Now()
	dates := window(now.Add(-time.Hour), now.Add(time.Hour))
	calls := map[string]func() answer{
		"token":   func() answer { return w.askToken(form(s.Credentials()).Encode(), urlencoded) },
		"count":   func() answer { return w.get(paymentIn + dates) },
		"details": func() answer { return w.get(paymentIn + "/details" + dates) },
		"replay":  func() answer { return w.put(paymentIn+"?webhookId="+id, "") },
	}
	for operation := range calls {
		require.NoError(t, s.Inject(Fault{Operation: operation, Status: 503, Times: -1}))
		for name, call := range calls {
			w.token = token
			if name == "token" {
				w.token = ""
			}
			got := call()
			assert.Equal(t, name == operation, got.status == 503, "%s under a fault of %s: %d", name, operation, got.status)
		}
		assert.NotZero(t, s.Faults()[0].Struck)
		s.ClearFaults()
		assert.Empty(t, s.Faults())
	}
	assert.ErrorContains(t, s.Inject(Fault{Status: 7}), "celcointest: fault: ")
}

func TestTokensRevokedByAFault(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	w := direct(t, s)
	require.NoError(t, s.Inject(Fault{Operation: OpCount, RevokeToken: true}))
	assert.Equal(t, 401, w.get(paymentIn+day()).status)
}

func TestRecordsTellWhatWasSeen(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon), WithRecords(5))
	w := direct(t, s)
	path := paymentIn + day("id=ü")
	w.get(path)
	s.RevokeTokens()
	w.get(path)
	w.login(s)
	w.get(path)
	w.do(http.MethodPut, paymentIn+"?webhookId=1", `{"filter":{}}`, http.Header{"Content-Type": {"application/json"}, "X-Mine": {"1"}})
	records := s.Requests()
	require.Len(t, records, 5, "only the newest are kept")
	records = records[2:]
	assert.Equal(t, []string{"token", "count", "replay"}, []string{records[0].Operation, records[1].Operation, records[2].Operation})
	assert.Equal(t, path, records[1].URL)
	assert.Equal(t, 3, records[1].Attempt, "a new token makes no new call")
	assert.Equal(t, 1, records[2].Attempt)
	assert.Equal(t, `{"filter":{}}`, string(records[2].Body))
	assert.Equal(t, "1", records[2].Header.Get("X-Mine"))
	assert.True(t, records[2].Time.Equal(noon))
	s.ResetRecords()
	assert.Empty(t, s.Requests())

	w.token = "x"
	w.get(path)
	assert.Equal(t, []any{"token unknown or revoked", false, 401},
		[]any{s.Requests()[0].Verdict, s.Requests()[0].Processed, s.Requests()[0].Status})
}

func TestCutBodyOverASocket(t *testing.T) {
	t.Parallel()
	s := NewServer(t)
	w := socket(t, s)
	require.NoError(t, s.Inject(Fault{CutBody: true}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+paymentIn+day(), nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+w.token)
	response, err := w.client.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	_, err = io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
