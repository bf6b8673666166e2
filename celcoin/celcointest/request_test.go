package celcointest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestMalformedRequestsAreRefusedInTheVendorsShape(t *testing.T) {
	t.Parallel()
	const from, to = "DateFrom=2026-03-10T00%3A00%3A00-03%3A00", "DateTo=2026-03-10T23%3A00%3A00-03%3A00"
	both := "?" + from + "&" + to
	s := NewServer(t, at(noon), WithBulkReplay(false))
	for name, tt := range map[string]struct{ method, path, code string }{
		"no dates":                   {"GET", paymentIn, codeDatesRequired},
		"no DateTo":                  {"GET", paymentIn + "?" + from, codeDatesRequired},
		"details without DateFrom":   {"GET", paymentIn + "/details?" + to, codeDatesRequired},
		"names in another case":      {"GET", paymentIn + strings.ToLower(both), codeDatesRequired},
		"dates escaped twice":        {"GET", paymentIn + strings.ReplaceAll(both, "%", "%25"), codeField},
		"a plus sign not escaped":    {"GET", paymentIn + "?DateFrom=2026-03-10T00:00:00+00:00&" + to, codeField},
		"a date without time":        {"GET", paymentIn + "?DateFrom=2026-03-10&" + to, codeField},
		"DateFrom after DateTo":      {"GET", paymentIn + "?DateFrom=2026-03-11T02:00:01Z&" + to, codeDateOrder},
		"a strange OnlyPending":      {"GET", paymentIn + both + "&OnlyPending=yes", codeField},
		"OnlyPending as a number":    {"GET", paymentIn + both + "&OnlyPending=1", codeField},
		"page 0":                     {"GET", paymentIn + "/details" + both + "&Page=0", codePage},
		"a page that is a letter":    {"GET", paymentIn + "/details" + both + "&Page=x", codePage},
		"a page too far":             {"GET", paymentIn + "/details" + both + "&Page=99999999999", codePage},
		"page size 0":                {"GET", paymentIn + "/details" + both + "&LimitPerPage=0", codePageSize},
		"page size 201":              {"GET", paymentIn + "/details" + both + "&LimitPerPage=201", codePageSize},
		"limit 0":                    {"GET", paymentIn + "/details" + both + "&Limit=0", codeLimit},
		"a broken escape":            {"GET", paymentIn + both + "&id=%zz", codeField},
		"a malformed entity":         {"GET", "/common/v1/webhook/replay/PIX/Pix_Payment" + both, codeField},
		"an entity with a slash":     {"GET", "/common/v1/webhook/replay/PIX/a%2Fdetails" + both, codeField},
		"a replay without webhookId": {"PUT", paymentIn + both, codeField},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := direct(t, s).do(tt.method, tt.path, "", nil)
			assert.Equal(t, 400, got.status, got.body)
			assert.Equal(t, tt.code, got.code(t))
			assert.Contains(t, got.body, "\u00a0", "messages hold non-breaking spaces")
			assert.True(t, strings.HasPrefix(got.body, `{"version":"1.0.0","status":"ERROR","error":{"errorCode":"CBE`), got.body)
		})
	}
}

// A test that brings its receiver gets the same answers as one that subscribes.
func TestAnUnknownEntityIsRefusedUntilTheTestNamesIt(t *testing.T) {
	t.Parallel()
	const odd = "Pix_Payment"
	path := "/common/v1/webhook/replay/PIX/" + odd + day()
	for _, opts := range [][]Option{{at(noon)}, {at(noon), WithReceiver(new(receiver))}} {
		s := NewServer(t, opts...)
		assert.Equal(t, codeField, direct(t, s).get(path).code(t))
		require.NoError(t, s.Subscribe(odd, "http://127.0.0.1:1/", "", ""))
		assert.Equal(t, 0, direct(t, s).get(path).total(t))
		s = NewServer(t, opts...)
		s.Add(Webhook{Entity: odd})
		assert.Equal(t, 1, direct(t, s).get(path).total(t))
	}
}

func TestReplayBodies(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	ids := s.Add(Webhook{Filter: celcoin.Filter{Account: "999"}})
	require.NoError(t, s.Subscribe(celcoin.EntityPixPaymentIn, "http://127.0.0.1:1/", "", ""))
	path := paymentIn + "?webhookId=" + ids[0]
	for name, tt := range map[string]struct {
		body   string
		status int
		total  int
	}{
		"none":                   {"", 200, 1},
		"white space":            {"\n", 200, 1},
		"an empty object":        {"{}", 200, 1},
		"an empty filter":        {`{"filter":{}}`, 200, 1},
		"null for a filter":      {`{"filter":null}`, 200, 1},
		"null in a filter":       {`{"filter":{"account":null}}`, 200, 1},
		"a filter that fits":     {`{"filter":{"account":"999"},"more":1}`, 200, 1},
		"a filter that does not": {`{"filter":{"account":"998"}}`, 200, 0},
		"no JSON":                {"filter=1", 400, 0},
		"a filter of numbers":    {`{"filter":{"account":999}}`, 400, 0},
	} {
		got := direct(t, s).put(path, tt.body)
		assert.Equal(t, tt.status, got.status, name)
		if tt.status == 200 {
			assert.Equal(t, tt.total, got.total(t), name)
		}
	}
	got := direct(t, s).do(http.MethodPut, path, "{}", http.Header{"Content-Type": {"text/plain"}})
	assert.Equal(t, http.StatusUnsupportedMediaType, got.status)
}

func TestWrongPathsAreTheGatewaysAffair(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	w := direct(t, s)
	for _, path := range []string{
		"/", "/v5", "/v5/token/", "/common/v1/webhook/replay/PIX", "/common/v1/webhook/replay/PIX/", "/common/v1/webhook/replay//x",
		paymentIn + "/", paymentIn + "/detail", paymentIn + "/details/", paymentIn + "%2Fdetails/x",
		"/common/v1/webhook/replay/BAAS/pix-payment-in", "/common/v1/webhook/replay/pix/pix-payment-in",
		"/common/v1/webhook/replay/P%49X%20/pix-payment-in", "/baas/v2/webhook/replay/PIX/pix-payment-in", "/baas/v1/webhook/replay/kyc",
	} {
		got := w.get(path + day())
		assert.Equal(t, 404, got.status, path)
		assert.Equal(t, `{"statusCode":404,"message":"Resource not found"}`, got.body, path)
	}
	for _, call := range [][2]string{{"POST", paymentIn}, {"PUT", paymentIn + "/details"}, {"DELETE", paymentIn}, {"GET", tokenPath}} {
		got := w.do(call[0], call[1]+day(), "", nil)
		assert.Equal(t, 405, got.status, call)
		assert.Equal(t, `{"statusCode":405,"message":"Method not allowed"}`, got.body, call)
	}
}

func TestProductsThatAreNotEnabledDoNotExist(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon), WithProducts("CARD X/Y"))
	w := direct(t, s)
	assert.Equal(t, 404, w.get(paymentIn+day()).status)
	assert.Equal(t, 404, w.get("/baas/v2/webhook/replay/kyc"+day()).status)
	assert.Equal(t, 0, w.get("/common/v1/webhook/replay/"+url.PathEscape("CARD X/Y")+"/card-created"+day()).total(t))
}

func TestBaaSPathsHaveNoProduct(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	s.Add(Webhook{Product: celcoin.ProductBaaS, Entity: celcoin.EntityKYC, Created: noon}, Webhook{Created: noon})
	w := direct(t, s)
	assert.Equal(t, 1, w.get("/baas/v2/webhook/replay/kyc"+day()).total(t))
	assert.Len(t, w.get("/baas/v2/webhook/replay/kyc/details"+day()).page(t).WebhookDetails, 1)
	assert.Equal(t, 0, w.get("/baas/v2/webhook/replay/pix-payment-in"+day()).total(t), "products are kept apart")
	assert.Equal(t, "details", s.Requests()[2].Operation)
}

func TestEntitiesAreOneEscapedSegment(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	for _, entity := range []celcoin.Entity{"details", "a/b", "a/details", "ü %", "a?b#c", "a+b", "a%2Fb", "..."} {
		s.Add(Webhook{Entity: entity, Created: noon})
		path := "/common/v1/webhook/replay/PIX/" + url.PathEscape(string(entity))
		got := direct(t, s).get(path + "/details" + day()).page(t)
		assert.Equal(t, entity, got.Entity)
		assert.Equal(t, 1, got.TotalItems)
		assert.Equal(t, 1, direct(t, s).get(path+day()).total(t))
	}
}

func TestForbiddenAndUnsubscribed(t *testing.T) {
	t.Parallel()
	t.Run("a client that is not allowed", func(t *testing.T) {
		t.Parallel()
		for forbidden, want := range map[bool]int{false: 200, true: 403} {
			got := direct(t, NewServer(t, WithForbidden(forbidden))).get(paymentIn + day())
			assert.Equal(t, want, got.status)
			if forbidden {
				assert.Equal(t, codeForbidden, got.code(t))
			}
		}
	})
	t.Run("an entity without subscription", func(t *testing.T) {
		t.Parallel()
		for required, want := range map[bool]int{false: 200, true: 404} {
			s := NewServer(t, WithSubscriptionRequired(required))
			require.NoError(t, s.Subscribe(celcoin.EntityPixPaymentOut, "https://receiver.example", "a", "b"))
			got := direct(t, s).get(paymentIn + day())
			assert.Equal(t, want, got.status)
			if required {
				assert.Equal(t, codeSubscription, got.code(t))
			}
			assert.Equal(t, 200, direct(t, s).get(paymentOut+day()).status)
		}
	})
	t.Run("a replay with nowhere to go", func(t *testing.T) {
		t.Parallel()
		s := NewServer(t)
		id := s.Add(Webhook{})[0]
		got := direct(t, s).put(paymentIn+"?webhookId="+id, "")
		assert.Equal(t, 404, got.status)
		assert.Equal(t, codeSubscription, got.code(t))
	})
}
