package celcoin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// narrowing are the texts of a query or a replay's filter, by name.
var narrowing = map[string]func(*celcoin.Query, *celcoin.ReplayRequest, string){
	"Entity": func(q *celcoin.Query, r *celcoin.ReplayRequest, s string) {
		q.Entity, r.Entity = celcoin.Entity(s), celcoin.Entity(s)
	},
	"Product": func(q *celcoin.Query, r *celcoin.ReplayRequest, s string) {
		q.Product, r.Product = celcoin.Product(s), celcoin.Product(s)
	},
	"WebhookID": func(q *celcoin.Query, r *celcoin.ReplayRequest, s string) { q.WebhookID, r.WebhookID = s, s },
	"DocumentNumber": func(q *celcoin.Query, r *celcoin.ReplayRequest, s string) {
		q.DocumentNumber, r.Filter.DocumentNumber = s, s
	},
	"Account": func(q *celcoin.Query, r *celcoin.ReplayRequest, s string) { q.Account, r.Filter.Account = s, s },
	"ID":      func(q *celcoin.Query, r *celcoin.ReplayRequest, s string) { q.ID, r.Filter.ID = s, s },
	"ClientRequestID": func(q *celcoin.Query, r *celcoin.ReplayRequest, s string) {
		q.ClientRequestID, r.Filter.ClientRequestID = s, s
	},
}

// refuses makes every call with the arguments, and wants it refused for the field.
func refuses(t *testing.T, q *celcoin.Query, p celcoin.PageOptions, r *celcoin.ReplayRequest, field string) {
	t.Helper()
	f := &fake{}
	c := f.client(t)
	calls := map[string]func() error{}
	if q != nil {
		calls["list webhooks"] = func() error { _, err := c.ListWebhooks(t.Context(), *q, p); return err }
		if (p == celcoin.PageOptions{}) {
			calls["count webhooks"] = func() error { _, err := c.CountWebhooks(t.Context(), *q); return err }
		}
	}
	if r != nil {
		calls["replay webhooks"] = func() error { _, err := c.ReplayWebhooks(t.Context(), *r); return err }
	}
	for op, call := range calls {
		err := call()
		require.Error(t, err)
		assertCategories(t, err, celcoin.ErrInvalidRequest)
		assert.True(t, strings.HasPrefix(err.Error(), "celcoin: "+op+": "+field+" "), "%q does not name %s", err, field)
		assert.True(t, strings.HasSuffix(err.Error(), ": invalid request"))
		var e *celcoin.Error
		require.ErrorAs(t, err, &e)
	}
	assert.Empty(t, f.requests, "not even a token")
}

func TestATextThatCannotBeSentIsRefusedByName(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a line break": "a\nb", "a carriage return": "a\r", "a tab": "\t", "NUL": "\x00", "DEL": "a\x7f",
		"a C1 control": "a\u0085b", "bytes that are no UTF-8": "a\xff",
	} {
		for field, set := range narrowing {
			t.Run(field+" with "+name, func(t *testing.T) {
				t.Parallel()
				q, r := somewhere, one
				set(&q, &r, text)
				refuses(t, &q, celcoin.PageOptions{}, &r, field)
			})
		}
	}
}

func TestAnArgumentThatMakesNoSenseIsRefusedByName(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*celcoin.Query, *celcoin.PageOptions, *celcoin.ReplayRequest)
		query  bool
		replay bool
		field  string
	}{
		"no entity": {func(q *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) { q.Entity, r.Entity = "", "" }, true, true, "Entity"},
		"an entity of a dot": {func(q *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) {
			q.Entity, r.Entity = ".", "."
		}, true, true, "Entity"},
		"an entity of two": {func(q *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) {
			q.Entity, r.Entity = "..", ".."
		}, true, true, "Entity"},
		"a product of a dot": {func(q *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) {
			q.Product, r.Product = ".", "."
		}, true, true, "Product"},
		"a product of two": {func(q *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) {
			q.Product, r.Product = "..", ".."
		}, true, true, "Product"},
		"no From": {func(q *celcoin.Query, _ *celcoin.PageOptions, _ *celcoin.ReplayRequest) { q.From = time.Time{} }, true, false, "From"},
		"no To":   {func(q *celcoin.Query, _ *celcoin.PageOptions, _ *celcoin.ReplayRequest) { q.To = time.Time{} }, true, false, "To"},
		"From after To": {func(q *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) {
			q.From, q.To = to, from
			r.From, r.To = to, from
		}, true, true, "From"},
		"From after To by a nanosecond": {func(q *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) {
			q.From, q.To = to.Add(1), to
			r.From, r.To = to.Add(1), to
		}, true, true, "From"},
		"From in another age": {func(q *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) {
			q.From, r.From = time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC)
		}, true, true, "From"},
		"To beyond what can be written": {func(q *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) {
			q.To, r.To = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
		}, true, true, "To"},
		"a page below nought":      {func(_ *celcoin.Query, p *celcoin.PageOptions, _ *celcoin.ReplayRequest) { p.Page = -1 }, true, false, "Page"},
		"a page size below nought": {func(_ *celcoin.Query, p *celcoin.PageOptions, _ *celcoin.ReplayRequest) { p.PageSize = -1 }, true, false, "PageSize"},
		"a limit below nought":     {func(_ *celcoin.Query, p *celcoin.PageOptions, _ *celcoin.ReplayRequest) { p.Limit = -1 }, true, false, "Limit"},
		"a replay of nothing":      {func(_ *celcoin.Query, _ *celcoin.PageOptions, r *celcoin.ReplayRequest) { r.WebhookID = "" }, false, true, "WebhookID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, p, r := somewhere, celcoin.PageOptions{}, one
			tc.change(&q, &p, &r)
			if tc.query {
				refuses(t, &q, p, nil, tc.field)
			}
			if tc.replay {
				refuses(t, nil, p, &r, tc.field)
			}
		})
	}
}

func TestEntitiesAreWrittenAsDocumented(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []celcoin.Entity{
		"pix-payment-in", "pix-payment-out", "pix-reversal-in", "pix-reversal-out", "pix-dict-claim", "pix-infraction",
		"pix-med-refund", "pix-automatic-payment-instruction-expired",
	}, celcoin.PixEntities())
	baas := celcoin.BaaSEntities()
	assert.Len(t, baas, 41)
	slices.Sort(baas)
	assert.Len(t, slices.Compact(baas), 41)
	for _, entity := range baas {
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, string(entity))
	}
	all := celcoin.PixEntities()
	all[0] = "changed"
	assert.Equal(t, celcoin.EntityPixPaymentIn, celcoin.PixEntities()[0], "each caller has a list of its own")
}
