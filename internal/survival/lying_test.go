package survival

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/celcoin"
)

// lie is one answer of a server that does not care for the truth.
type lie struct {
	nothing    bool // "nothing matches"
	page       int  // what it calls the page; 0: as it was asked
	from, size int  // of its webhooks; from below 0: some that nobody has seen yet
	totalPages int
	totalItems int // below 0: it does not say
}

func drawLie(rt *rapid.T) lie {
	return lie{
		nothing:    rapid.IntRange(0, 9).Draw(rt, "nothing, if 0") == 0,
		page:       max(0, rapid.IntRange(-20, 3).Draw(rt, "page")),
		from:       rapid.OneOf(rapid.Just(-1), rapid.IntRange(0, 12)).Draw(rt, "from"),
		size:       rapid.IntRange(0, 5).Draw(rt, "size"),
		totalPages: rapid.IntRange(0, 30).Draw(rt, "total pages"),
		totalItems: rapid.IntRange(-1, 60).Draw(rt, "total items"),
	}
}

// A server whose pages repeat, shrink and grow, and whose totals change with
// every answer, for ever: whoever lists must come to an end, and may not say
// that all is well unless all was seen that there was said to be. This goes
// beyond celcoin's TestWebhooksComesToAnEndWhateverThePagesSay in that webhooks
// keep coming, and that nothing which was shown may be passed over.
func TestAListingThatLiesComesToAnEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(rapid.Custom(drawLie), 1, 12).Draw(rt, "answers, over and over")
		const supply = 400 // answers until the server runs out of new webhooks
		requests, admitted, fresh := 0, 0, 1000
		shown := make(map[string]bool)
		ids, err := lister(func(page, _ int) (int, any) {
			l := script[requests%len(script)]
			requests++
			require.Less(rt, requests, 5000, "it never ends")
			if l.nothing {
				return http.StatusNotFound, nothingMatches
			}
			if l.from < 0 {
				l.from = fresh
				if requests < supply {
					fresh += l.size
				}
			}
			for _, webhook := range items(l.from, l.from+l.size) {
				shown[webhook.ID] = true
			}
			admitted = max(admitted, l.totalItems)
			var answer listing
			answer.Status = "SUCCESS"
			answer.Body.CurrentPage, answer.Body.LimitPerPage = l.page, 200
			if l.page == 0 {
				answer.Body.CurrentPage = page
			}
			answer.Body.TotalPages = l.totalPages
			answer.Body.Webhooks = items(l.from, l.from+l.size)
			if l.totalItems >= 0 {
				answer.Body.TotalItems = &l.totalItems
			}
			return http.StatusOK, answer
		}).walk(rt)

		if err != nil {
			require.ErrorIs(rt, err, celcoin.ErrIncomplete)
			return
		}
		require.GreaterOrEqual(rt, len(ids), admitted, "there was said to be more")
		for _, id := range ids {
			delete(shown, id)
		}
		require.Empty(rt, shown, "what was shown was passed over in silence")
	})
}

// Pages without end that never repeat are more than the first page promised.
func TestAListingThatGrowsForEverComesToAnEnd(t *testing.T) {
	t.Parallel()
	for name, grows := range map[string]func(page int) (totalPages, totalItems int){
		"while it says how many pages there are": func(page int) (int, int) { return page + 1, 10 },
		"while it says how many items there are": func(page int) (int, int) { return 0, 10 * (page + 1) },
		"while it says what is long past":        func(int) (int, int) { return 7, 1000 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			ids, err := lister(func(page, _ int) (int, any) {
				requests++
				require.Less(t, requests, 5000, "it never ends")
				var answer listing
				answer.Status = "SUCCESS"
				answer.Body.CurrentPage = page
				answer.Body.Webhooks = items(2*page, 2*page+2)
				pages, total := grows(page)
				answer.Body.TotalPages, answer.Body.TotalItems = pages, &total
				return http.StatusOK, answer
			}).walk(t)
			if err != nil {
				require.ErrorIs(t, err, celcoin.ErrIncomplete)
			}
			require.NotEmpty(t, ids)
		})
	}
}
