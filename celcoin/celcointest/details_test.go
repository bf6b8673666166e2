package celcointest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// documented is the documentation's example of details, its webhooks by creation.
func documented(t *testing.T) (compact string, body detailsPage) {
	t.Helper()
	text, err := os.ReadFile("testdata/details.json")
	require.NoError(t, err)
	var short bytes.Buffer
	require.NoError(t, json.Compact(&short, text))
	var e envelope[detailsPage]
	require.NoError(t, json.Unmarshal(text, &e))
	return short.String(), e.Body
}

// restore makes a webhook of what details said of it.
func restore(t *testing.T, d detail) Webhook {
	t.Helper()
	read := func(date string) time.Time {
		at, err := time.ParseInLocation("2006-01-02T15:04:05.999999999Z", date, brasilia)
		require.NoError(t, err)
		return at
	}
	return Webhook{
		ID: *d.WebhookID, Entity: celcoin.EntityPixPaymentOut, Status: d.Status, HTTPStatusCode: *d.HTTPStatusCode,
		URL: *d.WebhookURL, Request: d.Request, Response: *d.Response,
		Created: read(d.CreateDate), LastUpdated: read(d.LastUpdateDate),
		Filter: celcoin.Filter{
			DocumentNumber: *d.Filter.DocumentNumber, Account: *d.Filter.Account, ClientRequestID: *d.Filter.ClientRequestID,
		},
	}
}

func TestAnswersAreTheDocumentedOnesToTheByte(t *testing.T) {
	t.Parallel()
	// The example's webhooks are more than seven days apart, so the clock stands
	// where all are in reach but the window still ends later.
	s := NewServer(t, at(time.Date(2023, 11, 15, 12, 0, 0, 0, time.UTC)))
	want, body := documented(t)
	for _, d := range body.WebhookDetails {
		s.Add(restore(t, d))
	}
	w := socket(t, s)

	const dates = "?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&DateTo=2023-11-30T06%3A30%3A00-03%3A00"
	got := w.get(paymentOut + "/details" + dates + "&Page=1&Limit=200&LimitPerPage=200")
	assert.Equal(t, want, got.body)
	assert.Equal(t, "application/json", got.header.Get("Content-Type")[:16])

	const counted = `{"body":{"onlyPending":false,"entity":"pix-payment-out","dateFrom":"2023-11-03T09:30:00Z",` +
		`"dateTo":"2023-11-30T09:30:00Z","totalItems":3},"status":"SUCCESS","version":"1.0.0"}`
	assert.Equal(t, counted, w.get(paymentOut+dates).body)

	require.NoError(t, s.Subscribe(celcoin.EntityPixPaymentOut, "http://127.0.0.1:1/", "login", "password"))
	replayed := w.put(paymentOut+dates+"&webhookId=f933b0b1-86fa-4acd-b198-bdb9135da5ec", `{"filter":{"account":"300540655648"}}`)
	assert.Equal(t, `{"body":{"onlyPending":false,"entity":"pix-payment-out","dateFrom":"2023-11-03T09:30:00Z",`+
		`"dateTo":"2023-11-30T09:30:00Z","totalItems":1},"status":"SUCCESS","version":"1.0.0"}`, replayed.body)
}

func TestWhatIsUnknownIsNull(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	s.Add(Webhook{ID: "1", Request: "{}", Filter: celcoin.Filter{ID: "x"}})
	w := direct(t, s)
	got := w.get(paymentIn + "/details" + day())
	assert.Contains(t, got.body, `{"webhookId":"1","httpStatusCode":null,"webhookUrl":null,"request":"{}","response":null,`+
		`"status":"PENDENTE","createDate":"2026-03-10T12:00:00Z","lastUpdateDate":"2026-03-10T12:00:00Z",`+
		`"filter":{"documentNumber":null,"account":null,"id":"x","clientRequestId":null}}`)
	require.NoError(t, s.Subscribe(celcoin.EntityPixPaymentIn, "http://127.0.0.1:1/", "", ""))
	assert.Contains(t, w.put(paymentIn+"?webhookId=1", "").body, `"dateFrom":null,"dateTo":null`)
}

// fill adds n webhooks named 00, 01, …, one a minute up to noon; every third is sent.
func fill(s *Server, n int) {
	for i := range n {
		status := celcoin.StatusPending
		if i%3 == 2 {
			status = celcoin.StatusSent
		}
		s.Add(Webhook{ID: fmt.Sprintf("%02d", i), Status: status, Created: noon.Add(time.Duration(i-n) * time.Minute)})
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts  []Option
		query []string
		want  []string // ids; nil: CBE238
		pages int
		limit int
		total int
	}{
		"the first of three":            {nil, []string{"LimitPerPage=4"}, []string{"00", "01", "02", "03"}, 3, 0, 10},
		"the last, not full":            {nil, []string{"LimitPerPage=4", "Page=3"}, []string{"08", "09"}, 3, 0, 10},
		"one beyond the last":           {nil, []string{"LimitPerPage=4", "Page=4"}, nil, 0, 0, 0},
		"one beyond the last as a list": {[]Option{WithEmptyDetailsOK(true)}, []string{"LimitPerPage=4", "Page=4"}, []string{}, 3, 0, 10},
		"pending ones":                  {nil, []string{"LimitPerPage=3", "Page=2", "OnlyPending=true"}, []string{"04", "06", "07"}, 3, 0, 7},
		"Limit caps the result":         {nil, []string{"LimitPerPage=4", "Page=2", "Limit=6"}, []string{"04", "05"}, 2, 6, 10},
		"nothing beyond Limit":          {nil, []string{"LimitPerPage=4", "Page=3", "Limit=6"}, nil, 0, 0, 0},
		"Limit ignored":                 {[]Option{WithLimitIgnored(true)}, []string{"LimitPerPage=4", "Page=3", "Limit=6"}, []string{"08", "09"}, 3, 6, 10},
		"a default Limit":               {[]Option{WithDefaultLimit(5)}, []string{"LimitPerPage=4", "Page=2"}, []string{"04"}, 2, 5, 10},
		"a Limit beats the default":     {[]Option{WithDefaultLimit(5)}, []string{"LimitPerPage=4", "Page=2", "Limit=7"}, []string{"04", "05", "06"}, 2, 7, 10},
		"newest first":                  {[]Option{WithNewestFirst(true)}, []string{"LimitPerPage=4", "Page=3"}, []string{"01", "00"}, 3, 0, 10},
		"newest first under a Limit":    {[]Option{WithNewestFirst(true)}, []string{"LimitPerPage=4", "Page=2", "Limit=6"}, []string{"05", "04"}, 2, 6, 10},
		"newest pending first":          {[]Option{WithNewestFirst(true)}, []string{"LimitPerPage=2", "OnlyPending=true"}, []string{"09", "07"}, 4, 0, 7},
		"one by id":                     {nil, []string{"webhookId=05"}, []string{"05"}, 1, 0, 1},
		"none by id":                    {nil, []string{"webhookId=55"}, nil, 0, 0, 0},
		"one by id that is not pending": {nil, []string{"webhookId=05", "OnlyPending=true"}, nil, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := NewServer(t, append(tt.opts, at(noon))...)
			fill(s, 10)
			got := direct(t, s).get(paymentIn + "/details" + day(tt.query...))
			if tt.want == nil {
				assert.Equal(t, 404, got.status)
				assert.Equal(t, codeNothing, got.code(t))
				assert.Equal(t, "ok", s.Requests()[1].Verdict, "finding nothing is not a refusal")
				return
			}
			page := got.page(t)
			assert.Equal(t, tt.want, page.ids())
			assert.Equal(t, []int{tt.pages, tt.limit, tt.total}, []int{page.TotalPages, page.Limit, page.TotalItems})
		})
	}
}

func TestAnEmptyPageIsAListAndNotNull(t *testing.T) {
	t.Parallel()
	got := direct(t, NewServer(t, at(noon), WithEmptyDetailsOK(true))).get(paymentIn + "/details" + day())
	assert.Contains(t, got.body, `"totalPages":0,"webhookDetails":[],`)
}

func TestOnlyPendingUnderBothReadings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		hidden      bool
		onlyPending string
		want        int
	}{
		{false, "", 10}, {false, "OnlyPending=false", 10}, {false, "OnlyPending=true", 7}, {false, "OnlyPending=True", 7},
		{true, "", 3}, {true, "OnlyPending=false", 3}, {true, "OnlyPending=true", 7},
	} {
		s := NewServer(t, at(noon), WithPendingHidden(tt.hidden))
		fill(s, 10)
		w := direct(t, s)
		assert.Equal(t, tt.want, w.get(paymentIn+day(tt.onlyPending)).total(t), "%+v", tt)
		page := w.get(paymentIn + "/details" + day(tt.onlyPending)).page(t)
		assert.Len(t, page.WebhookDetails, tt.want, "%+v", tt)
		assert.Equal(t, len(tt.onlyPending) == len("OnlyPending=true"), page.OnlyPending, "%+v", tt)
	}
}

func TestFiltersNarrowCountAndDetails(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	full := celcoin.Filter{DocumentNumber: "00012345678", Account: "999 1", ID: "tx&1", ClientRequestID: "c=1"}
	s.Add(Webhook{ID: "a", Filter: full}, Webhook{ID: "b", Filter: celcoin.Filter{Account: "999 1"}}, Webhook{ID: "c"})
	w := direct(t, s)
	for query, want := range map[string][]string{
		"documentNumber=00012345678": {"a"},
		"account=999 1":              {"a", "b"},
		"id=tx&1":                    {"a"},
		"clientRequestId=c=1":        {"a"},
		"account=":                   {"a", "b", "c"},
		"Account=elsewhere":          {"a", "b", "c"}, // another case is another parameter
		"Active=true":                {"a", "b", "c"}, // belongs to another API
		"webhookId=b":                {"b"},
	} {
		assert.Equal(t, want, w.get(paymentIn+"/details"+day(query)).page(t).ids(), query)
		assert.Equal(t, len(want), w.get(paymentIn+day(query)).total(t), query)
	}
	assert.Equal(t, 0, w.get(paymentIn+day("webhookId=b", "id=tx&1")).total(t), "filters add up")
}

func TestSeveralWebhooksOfOneID(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	s.Add(
		Webhook{ID: "tx", Request: "late", Created: noon},
		Webhook{ID: "tx", Request: "early", Created: noon.Add(-time.Hour), Status: "CANCELADO"},
	)
	page := direct(t, s).get(paymentIn + "/details" + day("webhookId=tx")).page(t)
	require.Len(t, page.WebhookDetails, 2)
	assert.Equal(t, "early", page.WebhookDetails[0].Request)
	assert.Equal(t, celcoin.Status("CANCELADO"), page.WebhookDetails[0].Status, "the set of statuses is open")
	first, ok := s.Webhook("tx")
	assert.True(t, ok)
	assert.Equal(t, "early", first.Request)
	_, ok = s.Webhook("none")
	assert.False(t, ok)
}
