package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listing is the part of a page that these tests look at.
type listing struct {
	Body struct {
		CurrentPage    int `json:"currentPage"`
		TotalPages     int `json:"totalPages"`
		TotalItems     int `json:"totalItems"`
		WebhookDetails []struct {
			WebhookID string `json:"webhookId"`
			Request   string `json:"request"`
		} `json:"webhookDetails"`
	} `json:"body"`
}

func page(t *testing.T, p *pages, n, total int) (listing, int) {
	t.Helper()
	var b bytes.Buffer
	p.write(&b, n, total)
	var l listing
	require.NoError(t, json.Unmarshal(b.Bytes(), &l))
	return l, b.Len()
}

func TestAListingHasEveryWebhookOnce(t *testing.T) {
	t.Parallel()
	p := newPages()
	const total = 3*PageSize + 7
	seen := map[string]bool{}
	for n := 1; n <= 4; n++ {
		l, _ := page(t, p, n, total)
		assert.Equal(t, n, l.Body.CurrentPage)
		assert.Equal(t, 4, l.Body.TotalPages)
		assert.Equal(t, total, l.Body.TotalItems)
		for _, w := range l.Body.WebhookDetails {
			assert.Contains(t, w.Request, w.WebhookID, "the payload is that webhook's")
			assert.True(t, json.Valid([]byte(w.Request)))
			seen[w.WebhookID] = true
		}
	}
	assert.Len(t, seen, total)
	assert.True(t, seen["84c5fc12-c2e4-4582-9566-000000000606"])
	beyond, _ := page(t, p, 5, total)
	assert.Empty(t, beyond.Body.WebhookDetails)
}

func TestAPageIsAsLargeAsTheVendorsSamplesSuggest(t *testing.T) {
	t.Parallel()
	_, size := page(t, newPages(), 1, PageSize)
	assert.Greater(t, size, 200<<10)
	assert.Less(t, size, 300<<10)
}

func ask(t *testing.T, h http.Handler, method, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody))
	return w
}

func TestTheLengthOfAListingStandsInThePath(t *testing.T) {
	t.Parallel()
	h := NewHandler(Behaviour{})
	var l listing
	require.NoError(t, json.Unmarshal(ask(t, h, http.MethodGet, "/n-1000/details?Page=5").Body.Bytes(), &l))
	assert.Equal(t, 1000, l.Body.TotalItems)
	assert.Len(t, l.Body.WebhookDetails, PageSize)
	require.NoError(t, json.Unmarshal(ask(t, h, http.MethodGet, "/details").Body.Bytes(), &l))
	assert.Equal(t, PageSize, l.Body.TotalItems)
}

func TestEveryOtherCallIsUnavailable(t *testing.T) {
	t.Parallel()
	h := NewHandler(Behaviour{Unavailable: 8192})
	for range 2 {
		r := ask(t, h, http.MethodPut, "/replay")
		assert.Equal(t, http.StatusServiceUnavailable, r.Code)
		assert.Len(t, r.Body.String(), 8192)
		assert.Equal(t, http.StatusOK, ask(t, h, http.MethodPost, "/v5/token").Code, "tokens do not count")
		assert.Equal(t, replayed, ask(t, h, http.MethodPut, "/replay").Body.String())
	}
}

func TestAnEndlessAnswerIsAsLongAsItSays(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	for _, announced := range []bool{false, true} {
		r := ask(t, NewHandler(Behaviour{Endless: size, Announced: announced}), http.MethodGet, "/details")
		assert.Len(t, r.Body.String(), size)
		assert.Equal(t, announced, r.Header().Get("Content-Length") == "1048576")
	}
}

func TestAnAnswerIsAsLateAsItShouldBe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHandler(Behaviour{Latency: 20 * time.Millisecond, TokenLatency: 300 * time.Millisecond, TokenRefused: true})
		begin := time.Now()
		assert.Equal(t, resent, ask(t, h, http.MethodPost, "/resend").Body.String())
		assert.Equal(t, 20*time.Millisecond, time.Since(begin))
		assert.Equal(t, http.StatusUnauthorized, ask(t, h, http.MethodPost, "/v5/token").Code)
		assert.Equal(t, 320*time.Millisecond, time.Since(begin))
	})
}

func TestConnectionsAndRequestsAreCounted(t *testing.T) {
	t.Parallel()
	s, err := Listen(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	client := &http.Client{Transport: &http.Transport{}}
	for range 3 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URLs[Plain], http.NoBody)
		require.NoError(t, err)
		r, err := client.Do(req)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, r.Body)
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
	}
	assert.Equal(t, Counts{Connections: 1, Requests: 3}, s.Counts()[Plain])
	assert.Zero(t, s.Counts()[Flaky])
}
