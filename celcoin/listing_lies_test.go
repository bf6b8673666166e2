package celcoin_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/celcoin"
)

func contextWithCause(t *testing.T) (context.Context, context.CancelCauseFunc) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	t.Cleanup(func() { cancel(nil) })
	return ctx, cancel
}

// pages answers page n with what of(n) says: its members and webhooks.
func pages(of func(page int) (members string, ids []string)) reply {
	return func(r *http.Request) (*http.Response, error) {
		members, ids := of(number(r.URL.Query(), "Page"))
		return says(200, pageJSON(members, ids...))(r)
	}
}

// claims is what a page says of itself.
func claims(page, totalPages, totalItems int) string {
	return fmt.Sprintf(`"currentPage":%d,"limitPerPage":2,"totalPages":%d,"totalItems":%d`, page, totalPages, totalItems)
}

// pair is the two webhooks of a page.
func pair(page int) []string { return numbers(2*page-1, 2*page) }

func TestWebhooksNeverEndsSilentlyShortNorRunsForever(t *testing.T) {
	t.Parallel()
	beyond := 0
	for name, tc := range map[string]struct {
		of         func(page int) (string, []string)
		want       []string // nil: not looked at
		incomplete bool
		requests   int // at most
	}{
		"a page that repeats, of a listing without totals": {
			func(int) (string, []string) { return "", pair(1) }, pair(1), true, 2,
		},
		"pages that go round when asked with a limit": {
			func(page int) (string, []string) {
				if page > 2 {
					if beyond++; beyond == 1 {
						return claims(page, 2, 8), nil
					}
				}
				return claims(page, 2, 8), pair(1 + (page-1)%2)
			}, numbers(1, 4), true, 4,
		},
		"pages that announce another one, always": {
			func(page int) (string, []string) { return claims(page, page+1, 2*page+2), pair(page) }, nil, true, 105,
		},
		"a page that repeats, whose dates have an offset": {
			func(int) (string, []string) { return "", []string{`1","createDate":"2023-11-08T17:47:49+05:30`} }, []string{"1"}, true, 2,
		},
		"pages that go round in two, as many as promised": {
			func(page int) (string, []string) { return claims(page, 3, 6), pair(1 + (page-1)%2) }, numbers(1, 4), true, 3,
		},
		"pages that go round in three": {
			func(page int) (string, []string) { return claims(page, 50, 100), pair(1 + (page-1)%3) }, numbers(1, 6), true, 4,
		},
		"pages that go round after a start of their own": {
			func(page int) (string, []string) { return "", pair(min(page, 5+page%2)) }, nil, true, 8,
		},
		"a total that shrinks while pages go missing": {
			func(page int) (string, []string) {
				if page > 2 {
					return claims(page, 2, 4), nil
				}
				return claims(page, 4-page, 8-2*page), pair(page)
			}, numbers(1, 4), true, 4,
		},
		"totalPages below what there is": {
			func(page int) (string, []string) { return claims(page, 1, 6), pair(page) }, numbers(1, 6), false, 3,
		},
		"totalPages above what there is": {
			func(page int) (string, []string) {
				if page > 3 {
					return claims(page, 9, 6), nil
				}
				return claims(page, 9, 6), pair(page)
			}, numbers(1, 6), false, 4,
		},
		"currentPage that does not advance": {
			func(page int) (string, []string) { return claims(1, 3, 6), pair(page) }, pair(1), true, 2,
		},
		"an empty page in the middle": {
			func(page int) (string, []string) {
				if page == 2 {
					return claims(page, 3, 6), nil
				}
				return claims(page, 3, 6), pair(page)
			}, pair(1), true, 3,
		},
		"a first page that is empty, with a total": {
			func(page int) (string, []string) { return claims(page, 3, 6), nil }, nil, true, 1,
		},
		"no totals at all: the end is the first empty page": {
			func(page int) (string, []string) {
				if page > 3 {
					return "", nil
				}
				return "", pair(page)
			}, numbers(1, 6), false, 4,
		},
		"pages that overlap, so that one is missing": {
			func(page int) (string, []string) {
				if page > 2 {
					return claims(page, 2, 4), nil
				}
				return claims(page, 2, 4), numbers(page, page+1)
			}, numbers(1, 3), true, 4,
		},
		"more webhooks than the total admits": {
			func(page int) (string, []string) { return claims(page, 3, 1), pair(page) }, numbers(1, 6), false, 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{call: []reply{pages(tc.of)}}
			ids, err := collect(t, f.client(t).Webhooks(t.Context(), somewhere))
			if tc.incomplete {
				require.ErrorIs(t, err, celcoin.ErrIncomplete)
				assert.Regexp(t, `^celcoin: list webhooks: .*: incomplete listing$`, err.Error())
			} else {
				require.NoError(t, err)
			}
			if tc.want != nil {
				assert.Equal(t, tc.want, ids)
			}
			assert.LessOrEqual(t, len(f.calls()), tc.requests)
		})
	}
}

// A vendor that says anything at all is answered within bounds, and a loop
// without an error has seen as many webhooks as any page has promised.
func TestWebhooksComesToAnEndWhateverThePagesSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		type lie struct{ total, pages, current, first, length int }
		lies := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) lie {
			n := func(label string, most int) int { return rapid.IntRange(-1, most).Draw(rt, label) }
			return lie{n("total", 9), n("pages", 5), n("current", 5), n("first", 9), max(n("length", 3), 0)}
		}), 1, 8).Draw(rt, "answers")
		asked, promised := 0, 0
		f := &fake{call: []reply{pages(func(page int) (string, []string) {
			l := lies[asked%len(lies)]
			asked++
			if l.current <= 0 {
				l.current = page
			}
			promised = max(promised, l.total)
			return claims(l.current, l.pages, l.total), numbers(l.first, l.first+l.length-1)
		})}}
		ids, err := collect(rt, f.client(t).Webhooks(t.Context(), somewhere))
		require.Less(rt, asked, 150)
		if err != nil {
			require.ErrorIs(rt, err, celcoin.ErrIncomplete)
			return
		}
		require.GreaterOrEqual(rt, len(ids), promised)
	})
}
