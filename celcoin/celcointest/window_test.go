package celcointest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestDatesOfRequests(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	w := direct(t, s)
	for given, want := range map[string]string{
		"2026-03-10T06:30:00-03:00":         "2026-03-10T09:30:00Z",
		"2026-03-10T06:30:00Z":              "2026-03-10T06:30:00Z",
		"2026-03-10T06:30:00+05:30":         "2026-03-10T01:00:00Z",
		"2026-03-10T06:30:00":               "2026-03-10T09:30:00Z",
		"2026-03-10T06:30:00.25":            "2026-03-10T09:30:00.25Z",
		"2026-03-10T06:30:00.1234567-03:00": "2026-03-10T09:30:00.1234567Z",
	} {
		got := w.get(paymentIn + window(time.Time{}, noon, "DateFrom="+given))
		assert.Contains(t, got.body, `"dateFrom":"`+want+`"`, given)
	}
}

func TestDatesOfAnswersUnderBothReadings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		created           time.Time
		falseZ, trueDates string
	}{
		{noon, "2026-03-10T12:00:00Z", "2026-03-10T15:00:00Z"},
		{noon.Add(-5 * time.Millisecond), "2026-03-10T11:59:59.995Z", "2026-03-10T14:59:59.995Z"},
		{noon.Add(-5 * time.Microsecond), "2026-03-10T11:59:59.9999950Z", "2026-03-10T14:59:59.9999950Z"},
		{noon.Add(-14 * time.Hour), "2026-03-09T22:00:00Z", "2026-03-10T01:00:00Z"},
	} {
		for truly, want := range map[bool]string{false: tt.falseZ, true: tt.trueDates} {
			s := NewServer(t, at(noon), WithTrueDates(truly))
			s.Add(Webhook{Created: tt.created})
			page := direct(t, s).get(paymentIn + "/details" + day()).page(t)
			assert.Equal(t, want, page.WebhookDetails[0].CreateDate)
			assert.Equal(t, want, page.WebhookDetails[0].LastUpdateDate)
		}
	}
}

func TestBothEndsOfTheWindow(t *testing.T) {
	t.Parallel()
	for exclusive, want := range map[bool]int{false: 2, true: 1} {
		s := NewServer(t, at(noon), WithDateToExclusive(exclusive))
		from := noon.Add(-time.Hour)
		for _, created := range []time.Time{from.Add(-1), from, noon, noon.Add(1)} {
			s.Add(Webhook{Created: created})
		}
		assert.Equal(t, want, direct(t, s).get(paymentIn+window(from, noon)).total(t))
	}
}

func TestWindowsMayBeCheckedForWidth(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]int{0: 200, 25 * time.Hour: 200, 25*time.Hour - 1: 400} {
		s := NewServer(t, at(noon), WithMaxWindow(limit))
		require.NoError(t, s.Subscribe(celcoin.EntityPixPaymentIn, "http://127.0.0.1:1/", "", ""))
		w := direct(t, s)
		assert.Equal(t, want, w.get(paymentIn+day()).status)
		assert.Equal(t, want, w.put(paymentIn+day("webhookId=1"), "").status)
		if got := w.get(paymentIn + "/details" + day()); want == 400 {
			assert.Equal(t, codeWindow, got.code(t))
		}
	}
}

func TestSevenDaysEndOnTheClock(t *testing.T) {
	t.Parallel()
	now := noon
	for _, shifted := range []bool{false, true} {
		s := NewServer(t, WithClock(func() time.Time { return now }), WithShiftedDates(shifted), WithTokenLifetime(30*24*time.Hour))
		require.NoError(t, s.Subscribe(celcoin.EntityPixPaymentIn, "http://127.0.0.1:1/", "", ""))
		id := s.Add(Webhook{Created: noon})[0]
		w := direct(t, s)
		wide := window(noon.Add(-24*time.Hour), noon.Add(24*time.Hour))

		ends := noon.Add(7 * 24 * time.Hour)
		if shifted {
			ends = ends.Add(-3 * time.Hour)
		}
		now = ends
		assert.Len(t, w.get(paymentIn+"/details"+wide).page(t).WebhookDetails, 1)
		assert.Equal(t, 1, w.put(paymentIn+"?webhookId="+id, "").total(t))
		now = ends.Add(1)
		assert.Equal(t, codeNothing, w.get(paymentIn+"/details"+wide).code(t))
		assert.Equal(t, 0, w.put(paymentIn+"?webhookId="+id, "").total(t))
		assert.Equal(t, 1, w.get(paymentIn+wide).total(t), "count has no such limit")
		now = noon
	}
}

func TestQueriesThatReachOldEventsMayBeRefused(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon), WithOldRefused(true))
	require.NoError(t, s.Subscribe(celcoin.EntityPixPaymentIn, "http://127.0.0.1:1/", "", ""))
	s.Add(Webhook{ID: "old", Created: noon.Add(-7*24*time.Hour - 1)}, Webhook{ID: "young"})
	w := direct(t, s)
	wide := window(noon.Add(-30*24*time.Hour), noon)
	for name, got := range map[string]answer{
		"details":     w.get(paymentIn + "/details" + wide),
		"replay":      w.put(paymentIn+"?webhookId=old", ""),
		"bulk replay": w.put(paymentIn, ""),
	} {
		assert.Equal(t, 400, got.status, name)
		assert.Equal(t, codeWindow, got.code(t), name)
	}
	assert.Equal(t, 1, w.put(paymentIn+"?webhookId=young", "").total(t))
	assert.Len(t, w.get(paymentIn+"/details"+day()).page(t).WebhookDetails, 1, "a wide window without old events will do")
	assert.Len(t, w.get(paymentIn+"/details"+window(noon.Add(-7*24*time.Hour), noon)).page(t).WebhookDetails, 1)
	assert.Equal(t, 2, w.get(paymentIn+wide).total(t))
}

func TestWindowsMayFollowTheFalseDates(t *testing.T) {
	t.Parallel()
	for shifted, want := range map[bool][]int{false: {1, 0}, true: {0, 1}} {
		s := NewServer(t, at(noon), WithShiftedDates(shifted))
		s.Add(Webhook{Created: noon})
		w := direct(t, s)
		got := []int{
			w.get(paymentIn + window(noon.Add(-time.Minute), noon.Add(time.Minute))).total(t),
			w.get(paymentIn + window(noon.Add(-3*time.Hour-time.Minute), noon.Add(-3*time.Hour+time.Minute))).total(t),
		}
		assert.Equal(t, want, got, "shifted: %v", shifted)
		assert.Equal(t, 1, w.get(paymentIn+window(noon.Add(-4*time.Hour), noon)).total(t), "3 h earlier is safe under both")
	}
}

func TestWindowsFromTheBeginningOfTime(t *testing.T) {
	t.Parallel()
	s := NewServer(t, at(noon))
	s.Add(Webhook{})
	year := func(n int) time.Time { return time.Date(n, 1, 2, 0, 0, 0, 0, time.UTC) }
	assert.Equal(t, 1, direct(t, s).get(paymentIn+window(year(1), year(9999))).total(t))
}

func TestTheAgeLimitCanBeSet(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]int{7 * 24 * time.Hour: 0, 8 * 24 * time.Hour: 1, 0: 1} {
		s := NewServer(t, at(noon), WithReceiver(new(receiver)), WithAgeLimit(limit))
		old := noon.Add(-7*24*time.Hour - time.Minute)
		id := s.Add(Webhook{Created: old})[0]
		assert.Equal(t, want, direct(t, s).put(paymentIn+"?webhookId="+id, "").total(t), limit)
	}
}
