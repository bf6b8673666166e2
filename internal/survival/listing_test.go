package survival

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/celcoin"
)

// lister answers the details call. It has the arguments Page and Limit, and
// gives a status and the body of an answer.
type lister func(page, limit int) (status int, body any)

// RoundTrip implements http.RoundTripper.
func (l lister) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	page, err := strconv.Atoi(q.Get("Page"))
	if err != nil {
		return nil, err
	}
	limit := 0
	if text := q.Get("Limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil {
			return nil, err
		}
	}
	status, body := l(page, limit)
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(text)))}, nil
}

// tester is a *testing.T or a *rapid.T.
type tester interface {
	require.TestingT
	Context() context.Context
}

// walk lists everything and returns the ids.
func (l lister) walk(tb tester) (ids []string, err error) {
	client, err := celcoin.New(fixedToken, celcoin.WithBaseURL(celcoin.SandboxURL), celcoin.WithHTTPClient(&http.Client{Transport: l}),
		celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: -1}))
	require.NoError(tb, err)
	q := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: time.Unix(0, 0), To: time.Unix(1, 0)}
	for webhook, err := range client.Webhooks(tb.Context(), q) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, webhook.ID)
	}
	return ids, nil
}

type item struct {
	ID string `json:"webhookId"`
}

func items(from, to int) []item {
	list := make([]item, 0, max(to-from, 0))
	for i := from; i < to; i++ {
		list = append(list, item{"w" + strconv.Itoa(i)})
	}
	return list
}

type listing struct {
	Body struct {
		Limit        int    `json:"limit"`
		CurrentPage  int    `json:"currentPage"`
		LimitPerPage int    `json:"limitPerPage"`
		TotalPages   int    `json:"totalPages"`
		Webhooks     []item `json:"webhookDetails"`
		TotalItems   *int   `json:"totalItems,omitempty"`
	} `json:"body"`
	Status string `json:"status"`
}

var nothingMatches = map[string]any{
	"status": "ERROR", "error": map[string]string{"errorCode": "CBE238", "message": "nada"},
}

// honest is a Celcoin whose webhooks stand still. What it does with sizes and
// limits is one of the readings of the documentation.
type honest struct {
	total, size  int
	defaultLimit int  // of a query that has none
	ignoresLimit bool // that a query has
	emptyIs404   bool
	silent       bool // it does not say how many there are
}

func (h honest) answer(page, limit int) (int, any) {
	if h.ignoresLimit {
		limit = 0
	}
	if limit == 0 {
		limit = h.defaultLimit
	}
	reachable := h.total
	if limit > 0 {
		reachable = min(reachable, limit)
	}
	var l listing
	l.Status = "SUCCESS"
	l.Body.Limit, l.Body.CurrentPage, l.Body.LimitPerPage = limit, page, h.size
	l.Body.TotalPages = (reachable + h.size - 1) / h.size
	l.Body.Webhooks = items((page-1)*h.size, min(page*h.size, reachable))
	if !h.silent {
		l.Body.TotalItems = &h.total
	}
	if len(l.Body.Webhooks) == 0 && h.emptyIs404 {
		return http.StatusNotFound, nothingMatches
	}
	return http.StatusOK, l
}

// One that says how many there are: celcoin's
// TestWebhooksListsEachWebhookOnceForAnySizeLimitAndTotal.
func TestAListingThatDoesNotSayHowManyIsSeenWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := honest{
			total:      rapid.IntRange(0, 700).Draw(rt, "total"),
			size:       rapid.IntRange(1, 200).Draw(rt, "page size that the server imposes"),
			emptyIs404: rapid.Bool().Draw(rt, "404 for an empty page"),
			silent:     true,
		}
		requests := 0
		ids, err := lister(func(page, limit int) (int, any) { requests++; return h.answer(page, limit) }).walk(rt)
		require.NoError(rt, err)
		require.Len(rt, ids, h.total)
		for i, w := range items(0, h.total) {
			require.Equal(rt, w.ID, ids[i])
		}
		require.LessOrEqual(rt, requests, h.total/h.size+2)
	})
}

// A cap that no argument moves can only be told of.
func TestAListingThatIsCappedForGoodIsIncomplete(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := honest{
			total:        rapid.IntRange(2, 700).Draw(rt, "total"),
			size:         rapid.IntRange(1, 200).Draw(rt, "page size that the server imposes"),
			ignoresLimit: true,
			emptyIs404:   rapid.Bool().Draw(rt, "404 for an empty page"),
		}
		h.defaultLimit = rapid.IntRange(1, h.total-1).Draw(rt, "cap")
		ids, err := lister(h.answer).walk(rt)
		require.ErrorIs(rt, err, celcoin.ErrIncomplete)
		require.Len(rt, ids, h.defaultLimit)
		slices.Sort(ids)
		require.Len(rt, slices.Compact(ids), h.defaultLimit)
	})
}
