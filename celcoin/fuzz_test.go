package celcoin_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/reenvio/reenvio-go/celcoin"
)

// seedFixtures adds all fixtures, each with a few statuses.
func seedFixtures(f *testing.F, statuses ...int) {
	f.Helper()
	entries, err := os.ReadDir(filepath.Join("..", "testdata", "celcoin"))
	if err != nil {
		f.Fatal(err)
	}
	for _, entry := range entries {
		for _, status := range statuses {
			f.Add(status, []byte(fixture(f, entry.Name())))
		}
	}
}

// onceMore is a client of a Celcoin that says one thing.
func onceMore(t *testing.T, status int, body []byte) (*celcoin.Client, *fake) {
	t.Helper()
	if status < 200 || status > 599 {
		t.Skip("no status of an answer")
	}
	f := &fake{call: []reply{says(status, string(body), "Content-Type", "application/json")}}
	return f.client(t, celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: -1})), f
}

// checkError wants an error that can be shown in one line, of the right kind.
func checkError(t *testing.T, err error, status int) {
	t.Helper()
	e, ok := errors.AsType[*celcoin.Error](err)
	if !ok {
		t.Fatalf("%v is not an *Error", err)
	}
	if e.StatusCode != status {
		t.Fatalf("status %d became %d", status, e.StatusCode)
	}
	text := e.Error()
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x00\x1b") || len(text) > 4096 {
		t.Fatalf("not fit to be shown: %q", text)
	}
	if out, err := json.Marshal(e); err != nil || !json.Valid(out) {
		t.Fatalf("%s, %v", out, err)
	}
}

// FuzzResponse: whatever a call is answered, there is a result or an *Error, and
// a replay without a clear answer is in doubt.
func FuzzResponse(f *testing.F) {
	seedFixtures(f, 200, 400, 500)
	f.Add(401, []byte(`{"error":{"errorCode":{"a":1},"message":["x"]}}`))
	f.Add(200, []byte(`{"status":"SUCCESS","body":[]}`))
	f.Add(404, []byte(`{"errorCode":"CBE238"}`))
	f.Add(200, []byte(`{"status":"SUCCESS","body":{"webhookDetails":[[[{}]]]}}`))
	f.Add(200, []byte(`{"status":"SUCCESS","body":{"webhookDetails":[{"filter":[]},{"request":{}}]}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		c, fake := onceMore(t, status, body)
		if _, err := c.CountWebhooks(t.Context(), somewhere); err != nil {
			checkError(t, err, status)
		}
		if _, err := c.ReplayWebhooks(t.Context(), one); err != nil {
			checkError(t, err, status)
			e, _ := errors.AsType[*celcoin.Error](err)
			if status/100 == 2 && e.Code == "" && !errors.Is(err, celcoin.ErrOutcomeUnknown) {
				t.Fatalf("a 2xx that says nothing is not in doubt: %v", err)
			}
		} else if status/100 != 2 {
			t.Fatalf("a success with status %d", status)
		}
		page, err := c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{})
		if err != nil {
			checkError(t, err, status)
			return
		}
		for _, w := range page.Webhooks {
			if out, err := json.Marshal(w); err != nil || !json.Valid(out) || strings.ContainsAny(w.String(), "\r\n") {
				t.Fatalf("%s, %v, %q", out, err, w.String())
			}
		}
		listed := len(page.Webhooks) // before the listing
		n := 0
		for _, err := range c.Webhooks(t.Context(), somewhere) {
			n++
			if err != nil && !errors.Is(err, celcoin.ErrIncomplete) {
				t.Fatal(err)
			}
		}
		if n > 2*listed+1 || len(fake.calls()) > 10 {
			t.Fatalf("%d webhooks of %d in %d requests", n, listed, len(fake.calls()))
		}
	})
}
