package recovery

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// sealed is a line of that JSON.
func sealed(payload string) string { return string(checksum([]byte(payload))) + " " + payload + "\n" }

func TestTheFirstLineSaysWhatTheFileIs(t *testing.T) {
	t.Parallel()
	d := newFakeDisk("")
	openOn(t, d)
	assert.Equal(t, sealed(`{"kind":"journal","version":1,"id":"outage"}`), string(d.data))
}

// The file was written by the first release. It must be read for ever: do not
// change it, and add another for another version.
func TestAJournalOfVersion1IsReadForEver(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../../testdata/recovery/version-1.journal")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "version-1.journal"), file, 0o600)) //nolint:gosec // the name is above
	j, err := FileStore(dir).Open(t.Context(), "version-1")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, j.Close()) })

	outage := time.Date(2026, time.July, 14, 1, 10, 0, 0, time.UTC)
	at := func(n int) time.Time { return outage.Add(8*time.Hour + time.Duration(n)*time.Millisecond) }
	requireEntries(t, j, []Entry{
		{Kind: KindRequest, Time: at(0), Version: 1, Skew: -45 * time.Second, Request: &Request{
			ID: "version-1", Product: celcoin.ProductPix,
			Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut},
			From:     outage, To: outage.Add(105 * time.Minute), Margin: 3 * time.Hour,
			Filter: celcoin.Filter{Account: "00000000000"}, MaxItems: 1000,
		}},
		{Kind: KindWindow, Time: at(1), Window: &Unit{Entity: celcoin.EntityPixPaymentIn, From: outage, To: outage.Add(time.Hour)}},
		{Kind: KindItem, Time: at(2), Item: &Item{
			Entity: celcoin.EntityPixPaymentIn, ID: "669f1c2d3e4f5a6b7c8d9e01", Status: celcoin.StatusPending,
			Created: "2026-07-13T22:11:03.417Z", Updated: "2026-07-13T22:41:09Z", HTTPStatusCode: 503,
			Expires: outage.Add(165*time.Hour + time.Minute),
		}},
		{Kind: KindItem, Time: at(3), Item: &Item{Entity: celcoin.EntityPixPaymentIn, ID: "não \"é\" <aqui> & já"}},
		{Kind: KindPlanned, Time: at(4), Digest: "8f14e45fceea167a5a36dedd4bea2543"},
		{Kind: KindRun, Time: at(5)},
		{Kind: KindGate, Time: at(6), Error: "receiver: 503"},
		{Kind: KindIntent, Time: at(7), Items: []int{0, 1}},
		{Kind: KindOutcome, Time: at(8), Items: []int{0}, Result: ResultAccepted, RequestID: "fake-request-1"},
		{
			Kind: KindOutcome, Time: at(9), Items: []int{1}, Result: ResultRefused, Status: 400, Code: "CBE001",
			RequestID: "fake-request-2", Error: "celcoin: replay webhooks: 400 CBE001, request fake-request-2, 1 attempt",
		},
		{Kind: KindSeen, Time: at(10), Items: []int{0}, Result: ResultDelivered},
		{Kind: KindFresh, Time: at(11), Count: 2},
		{Kind: KindSpent, Time: at(12), Calls: 17, Retries: 3},
		{Kind: KindEnd, Time: at(13), Result: ResultPartial, Error: "1 of 2 webhooks was rejected"},
	})
	after, err := os.ReadFile(filepath.Join(dir, "version-1.journal"))
	require.NoError(t, err)
	assert.Equal(t, string(file), string(after), "reading changes nothing")
}

func TestWhatALaterReleaseAddsIsPassedOver(t *testing.T) {
	t.Parallel()
	d := newFakeDisk(sealed(`{"kind":"journal","version":1,"id":"outage","written_by":"v2.3.4"}`) +
		sealed(`{"kind":"siesta","time":"2026-07-14T01:10:00Z","until":{"hour":4}}`) +
		sealed(`{"kind":"intent","time":"2026-07-14T02:10:00Z","items":[7],"mood":["good"]}`))
	j := openOn(t, d)
	requireEntries(t, j, []Entry{{Kind: "siesta", Time: dawn}, intentEntry(7)})
	_, err := j.Append(t.Context(), outcomeEntry(7))
	require.NoError(t, err)
	requireEntries(t, openOn(t, d), []Entry{{Kind: "siesta", Time: dawn}, intentEntry(7), outcomeEntry(7)})
}

func TestFilesThatAreNoJournalOfOursAreRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, problem string }{
		"a later format, with a torn end": {
			sealed(`{"kind":"journal","version":2,"id":"outage"}`) + "torn",
			"it is of format 2, and this release of reenvio-go reads up to 1: use a newer one",
		},
		"another recovery's": {
			sealed(`{"kind":"journal","version":1,"id":"Outage"}`) + sealed(`{"kind":"run"}`),
			`it holds recovery "Outage", not "outage": the file was renamed, or file names that differ only in case are the same here`,
		},
		"no version":             {sealed(`{"kind":"journal","id":"outage"}`), "line 1: not the header of a journal"},
		"an entry":               {sealed(`{"kind":"run","version":1,"id":"outage"}`), "line 1: not the header of a journal"},
		"no object":              {sealed(`[]`), "line 1: not the header of a journal"},
		"text":                   {"shopping list\nmilk", "line 1: checksum does not match: the journal is damaged"},
		"text without a newline": {"milk", "line 1: not the header of a journal"},
		"a long text":            {strings.Repeat("milk ", maxHeader), "line 1: not the header of a journal"},
		"an empty first line":    {"\n", "line 1: checksum does not match: the journal is damaged"},
	} {
		d := newFakeDisk(c.text)
		_, err := tryOpenOn(d)
		require.ErrorContains(t, err, c.problem, name)
		assert.Equal(t, c.text, string(d.data), name)
		assert.Equal(t, strings.HasPrefix(c.problem, "line 1: "), errors.Is(err, ErrCorrupt), name)
	}
}
