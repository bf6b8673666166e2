package recovery

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// fakeDisk is a file in memory that fails when it is told to.
type fakeDisk struct {
	data   []byte
	writes int
	synced int // how much of data is

	room        int // bytes that may still be written; below zero: any number
	writeErr    error
	syncErr     error
	truncateErr error
}

var errDisk = errors.New("the disk says no")

func newFakeDisk(data string) *fakeDisk { return &fakeDisk{data: []byte(data), room: -1} }

func (d *fakeDisk) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(d.data).ReadAt(p, off)
}

func (d *fakeDisk) WriteAt(p []byte, off int64) (int, error) {
	d.writes++
	n := len(p)
	if d.writeErr != nil && d.room >= 0 {
		n = min(n, d.room)
	}
	if end := int(off) + n; end > len(d.data) {
		d.data = append(d.data, make([]byte, end-len(d.data))...)
	}
	copy(d.data[off:], p[:n])
	return n, d.writeErr
}

func (d *fakeDisk) Truncate(size int64) error {
	if d.truncateErr == nil {
		d.data = d.data[:size]
	}
	return d.truncateErr
}

func (d *fakeDisk) Sync() error {
	if d.syncErr == nil {
		d.synced = len(d.data)
	}
	return d.syncErr
}

// openOn opens the journal "outage" on a disk.
func openOn(t *testing.T, d *fakeDisk) *fileJournal {
	t.Helper()
	j, err := tryOpenOn(d)
	require.NoError(t, err)
	return j
}

func tryOpenOn(d *fakeDisk) (*fileJournal, error) {
	return openFileJournal("outage.journal", "outage", d, int64(len(d.data)), func() error { return nil })
}

// contents are the entries that can be read, and the error that ends them.
func contents(t *testing.T, j Journal) ([]Entry, error) {
	t.Helper()
	var entries []Entry
	for s, err := range j.Entries(t.Context()) {
		if err != nil {
			return entries, err
		}
		entries = append(entries, s.Entry)
	}
	return entries, nil
}

// requireEntries expects exactly these.
func requireEntries(t *testing.T, j Journal, want []Entry) {
	t.Helper()
	got, err := contents(t, j)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i], "entry %d", i)
	}
}

var dawn = time.Date(2026, time.July, 14, 1, 10, 0, 0, time.UTC)

// identifier has no more pattern than a real one.
func identifier(n int) string {
	sum := sha256.Sum256([]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	return hex.EncodeToString(sum[:16])
}

func itemEntry(n int) Entry {
	return Entry{Kind: KindItem, Time: dawn.Add(time.Duration(n) * time.Microsecond), Item: &Item{
		Entity:         celcoin.EntityPixPaymentIn,
		ID:             identifier(n)[:24],
		Status:         celcoin.StatusPending,
		Created:        dawn.Add(time.Duration(n) * time.Millisecond).Format("2006-01-02T15:04:05.000Z"),
		Updated:        dawn.Add(time.Duration(n) * time.Second).Format("2006-01-02T15:04:05.000Z"),
		HTTPStatusCode: 503,
		Expires:        dawn.Add(7*24*time.Hour + time.Duration(n)*time.Millisecond),
	}}
}

func intentEntry(items ...int) Entry {
	return Entry{Kind: KindIntent, Time: dawn.Add(time.Hour), Items: items}
}

func outcomeEntry(n int) Entry {
	return Entry{
		Kind: KindOutcome, Time: dawn.Add(time.Hour + time.Duration(n)*5*time.Millisecond),
		Items: []int{n}, Result: ResultAccepted, RequestID: identifier(n),
	}
}

// history is a short recovery, in the appends that it was written with.
func history() [][]Entry {
	return [][]Entry{
		{{Kind: KindRequest, Time: dawn, Request: &Request{
			ID: "outage", Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, From: dawn, To: dawn.Add(time.Hour),
		}}},
		{
			{Kind: KindWindow, Time: dawn, Window: &Unit{Entity: celcoin.EntityPixPaymentIn, From: dawn, To: dawn.Add(time.Hour)}},
			itemEntry(0), itemEntry(1), itemEntry(2), itemEntry(3), itemEntry(4),
		},
		{{Kind: KindPlanned, Time: dawn, Digest: "8f14e45fceea167a"}, {Kind: KindRun, Time: dawn}},
		{intentEntry(0, 1)}, {outcomeEntry(0)}, {outcomeEntry(1)},
		{intentEntry(2), intentEntry(3), intentEntry(4)},
		{outcomeEntry(4), {Kind: KindOutcome, Time: dawn, Items: []int{3}, Result: ResultRefused, Status: 400, Code: "CBE001", Error: "não é \"aqui\" <&>\n"}},
		{{Kind: KindSeen, Time: dawn, Items: []int{0, 1, 4}, Result: ResultDelivered}},
		{{Kind: KindEnd, Time: dawn, Result: ResultPartial}},
	}
}

// written is a journal's file, and the entries in it.
func written(t *testing.T) (string, []Entry) {
	t.Helper()
	d := newFakeDisk("")
	j := openOn(t, d)
	var all []Entry
	for _, batch := range history() {
		_, err := j.Append(t.Context(), batch...)
		require.NoError(t, err)
		all = append(all, batch...)
	}
	requireEntries(t, j, all)
	return string(d.data), all
}
