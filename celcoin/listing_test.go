package celcoin_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/celcoin"
)

// listing is a Celcoin that lists webhooks, under every reading of what is not
// documented. Its webhooks are the numbers from 1 to total.
type listing struct {
	total int
	// maxSize is the most webhooks that it puts on a page.
	maxSize int
	// capped lets Limit cap the whole result, and defaultLimit stand in for a
	// Limit that was not given.
	capped       bool
	defaultLimit int
	// emptyOK answers 200 with an empty list instead of CBE238.
	emptyOK bool
}

func (l *listing) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/v5/token") {
		return says(200, `{"access_token":"t"}`)(r)
	}
	q := r.URL.Query()
	page, size, limit := number(q, "Page"), number(q, "LimitPerPage"), number(q, "Limit")
	size = min(size, l.maxSize)
	if limit == 0 {
		limit = l.defaultLimit
	}
	shown := l.total
	if l.capped && limit > 0 {
		shown = min(shown, limit)
	}
	first := (page - 1) * size
	last := min(first+size, shown)
	if first >= last && !l.emptyOK {
		return says(404, `{"status":"ERROR","error":{"errorCode":"CBE238","message":"Nada."}}`)(r)
	}
	return says(200, pageJSON(fmt.Sprintf(`"limit":%d,"currentPage":%d,"limitPerPage":%d,"totalPages":%d,"totalItems":%d`,
		limit, page, size, (shown+size-1)/size, l.total), numbers(first+1, last)...))(r)
}

func number(q url.Values, name string) int {
	n, err := strconv.Atoi(q.Get(name))
	if err != nil {
		return 0
	}
	return n
}

func numbers(first, last int) []string {
	var ids []string
	for i := first; i <= last; i++ {
		ids = append(ids, strconv.Itoa(i))
	}
	return ids
}

// pageJSON is a page with these webhooks. What it says of itself is JSON members.
func pageJSON(members string, ids ...string) string {
	var b strings.Builder
	b.WriteString(`{"status":"SUCCESS","body":{`)
	if members != "" {
		b.WriteString(members + ",")
	}
	b.WriteString(`"webhookDetails":[`)
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"webhookId":"` + id + `","status":"PENDENTE"}`)
	}
	b.WriteString("]}}")
	return b.String()
}

// collect runs a listing to its end. Whatever the vendor does, there is at most
// one error, in the last place, beside a zero Webhook.
func collect(tb require.TestingT, seq iter.Seq2[celcoin.Webhook, error]) (ids []string, err error) {
	for w, e := range seq {
		require.NoError(tb, err, "the loop went on after an error")
		if err = e; err != nil {
			require.Equal(tb, celcoin.Webhook{}, w)
			continue
		}
		ids = append(ids, w.ID)
	}
	return ids, err
}

func TestWebhooksListsEachWebhookOnceForAnySizeLimitAndTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := &listing{
			total:        rapid.IntRange(0, 600).Draw(rt, "total"),
			maxSize:      rapid.SampledFrom([]int{1, 2, 3, 7, 50, 199, 200}).Draw(rt, "page size"),
			capped:       rapid.Bool().Draw(rt, "capped"),
			defaultLimit: rapid.IntRange(0, 650).Draw(rt, "default limit"),
			emptyOK:      rapid.Bool().Draw(rt, "empty page is 200"),
		}
		f := &fake{call: []reply{l.RoundTrip}}
		ids, err := collect(rt, clientOf(t, creds, f).Webhooks(t.Context(), somewhere))
		require.NoError(rt, err)
		require.Equal(rt, numbers(1, l.total), ids)
		pages := max((l.total+l.maxSize-1)/l.maxSize, 1)
		most := pages
		if l.capped && l.defaultLimit > 0 && l.defaultLimit < l.total {
			most += 2 // the page that shows that there is a cap, and that which it cut
		}
		require.LessOrEqual(rt, len(f.calls()), most, "more requests than needed")
	})
}

func TestWebhooksAsksForNothingAfterABreak(t *testing.T) {
	t.Parallel()
	for after, requests := range map[int]int{1: 1, 199: 1, 200: 1, 201: 2, 400: 2} {
		f := &fake{call: []reply{(&listing{total: 1000, maxSize: 200}).RoundTrip}}
		n := 0
		for _, err := range f.client(t).Webhooks(t.Context(), somewhere) {
			require.NoError(t, err)
			if n++; n == after {
				break
			}
		}
		assert.Len(t, f.calls(), requests, "after %d webhooks", after)
	}
}

func TestWebhooksAsksForEachPageAsListWebhooksDoes(t *testing.T) {
	t.Parallel()
	f := &fake{call: []reply{(&listing{total: 450, maxSize: 200}).RoundTrip}}
	q := somewhere
	q.OnlyPending, q.Account = new(true), "124"
	var last celcoin.Response
	_, err := collect(t, f.client(t).Webhooks(t.Context(), q, celcoin.WithResponse(&last), celcoin.WithPageSize(199)))
	require.NoError(t, err)
	for i, r := range f.calls() {
		assert.Contains(t, r.URI, "&LimitPerPage=199&OnlyPending=true&Page="+strconv.Itoa(i+1)+"&account=124")
		assert.NotContains(t, r.URI, "Limit=")
	}
	assert.Contains(t, string(last.Body), `"currentPage":3`)
}

func TestWebhooksYieldsOneErrorAndEnds(t *testing.T) {
	t.Parallel()
	first := (&listing{total: 400, maxSize: 200}).RoundTrip
	t.Run("of a page in the middle, after the webhooks before it", func(t *testing.T) {
		t.Parallel()
		f := &fake{call: []reply{first, says(403, fixture(t, "error-cbe468.json"))}}
		ids, err := collect(t, f.client(t).Webhooks(t.Context(), somewhere))
		require.ErrorIs(t, err, celcoin.ErrForbidden)
		require.NotErrorIs(t, err, celcoin.ErrIncomplete)
		assert.Len(t, ids, 200)
		assert.Len(t, f.calls(), 2)
	})
	t.Run("of a page beyond those announced, which says that some are missing", func(t *testing.T) {
		t.Parallel()
		f := &fake{call: []reply{says(200, pageJSON(claims(1, 1, 4), pair(1)...)), says(400, fixture(t, "error-cbe080.json"))}}
		ids, err := collect(t, f.client(t).Webhooks(t.Context(), somewhere))
		require.ErrorIs(t, err, celcoin.ErrIncomplete)
		require.ErrorIs(t, err, celcoin.ErrInvalidRequest)
		assert.Len(t, ids, 2)
	})
	t.Run("of a context that is cancelled in the loop", func(t *testing.T) {
		t.Parallel()
		f := &fake{call: []reply{first}}
		c := f.client(t)
		ctx, cancel := contextWithCause(t)
		n := 0
		var last error
		for _, err := range c.Webhooks(ctx, somewhere) {
			if last = err; err == nil {
				if n++; n == 100 {
					cancel(errShutdown)
				}
			}
		}
		require.ErrorIs(t, last, ctx.Err())
		require.ErrorIs(t, last, errShutdown)
		assert.Equal(t, 200, n, "a page that has arrived is not taken back")
		assert.Len(t, f.calls(), 1)
	})
}

var errShutdown = errors.New("the program is shutting down")
