package celcoin_test

import (
	"context"
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
		"a C1 control": "a\u0085b", "bytes that are not UTF-8": "a\xff",
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
	for _, tc := range []struct {
		field  string
		change func(*celcoin.Query, *celcoin.ReplayRequest)
	}{
		{"Entity", func(q *celcoin.Query, r *celcoin.ReplayRequest) { q.Entity, r.Entity = "", "" }},
		{"Entity", func(q *celcoin.Query, r *celcoin.ReplayRequest) { q.Entity, r.Entity = ".", "." }},
		{"Entity", func(q *celcoin.Query, r *celcoin.ReplayRequest) { q.Entity, r.Entity = "..", ".." }},
		{"Product", func(q *celcoin.Query, r *celcoin.ReplayRequest) { q.Product, r.Product = ".", "." }},
		{"Product", func(q *celcoin.Query, r *celcoin.ReplayRequest) { q.Product, r.Product = "..", ".." }},
		{"From", func(q *celcoin.Query, r *celcoin.ReplayRequest) { q.From, q.To, r.From, r.To = to, from, to, from }},
		{"From", func(q *celcoin.Query, r *celcoin.ReplayRequest) {
			q.From, q.To, r.From, r.To = to.Add(1), to, to.Add(1), to
		}},
		{"From", func(q *celcoin.Query, r *celcoin.ReplayRequest) {
			q.From, r.From = time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC)
		}},
		{"To", func(q *celcoin.Query, r *celcoin.ReplayRequest) {
			q.To, r.To = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
		}},
	} {
		q, r := somewhere, one
		tc.change(&q, &r)
		refuses(t, &q, celcoin.PageOptions{}, &r, tc.field)
	}
	refuses(t, &celcoin.Query{Entity: "e", To: to}, celcoin.PageOptions{}, nil, "From")
	refuses(t, &celcoin.Query{Entity: "e", From: from}, celcoin.PageOptions{}, nil, "To")
	refuses(t, nil, celcoin.PageOptions{}, &celcoin.ReplayRequest{Entity: "e"}, "WebhookID")
	var none context.Context
	_, err := (&fake{}).client(t).ReplayWebhooks(none, one)
	require.EqualError(t, err, "celcoin: replay webhooks: ctx is nil: invalid request")
	for field, p := range map[string]celcoin.PageOptions{"Page": {Page: -1}, "PageSize": {PageSize: -1}, "Limit": {Limit: -1}} {
		refuses(t, &somewhere, p, nil, field)
	}
}

func TestEntitiesAreWrittenAsDocumented(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []celcoin.Entity{
		"pix-payment-in", "pix-payment-out", "pix-reversal-in", "pix-reversal-out", "pix-dict-claim", "pix-infraction",
		"pix-med-refund", "pix-automatic-payment-instruction-expired",
	}, celcoin.PixEntities())
	baas := celcoin.BaaSEntities()
	slices.Sort(baas)
	assert.Len(t, slices.Compact(baas), 41)
	for _, entity := range baas {
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, string(entity))
	}
	celcoin.PixEntities()[0] = "changed"
	assert.Equal(t, celcoin.EntityPixPaymentIn, celcoin.PixEntities()[0], "each caller has a list of its own")
}
