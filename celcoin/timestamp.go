package celcoin

import (
	"encoding/json"
	"time"

	"github.com/reenvio/reenvio-go/internal/lenient"
)

// Timestamp is a date as Celcoin wrote it, beside the time that it is read as.
// It never fails to decode: what cannot be read keeps its Raw text, with a zero
// Time.
//
// Time takes the text at its word: an offset counts, Z is UTC, and a date
// without either is Brasília's (-03:00), as documented. But the dates of a
// webhook are very likely Brasília's wall time with a false Z behind it. This
// is not documented; all samples suggest it. Use [Timestamp.Range] where three
// hours matter.
type Timestamp struct {
	Raw  string
	Time time.Time
}

// brasilia has had no daylight saving time since 2019.
var brasilia = time.FixedZone("-03", -3*60*60)

// ParseTimestamp reads a date of RFC 3339, with or without an offset, seconds
// or a fraction of any length. It never fails: see [Timestamp].
func ParseTimestamp(raw string) Timestamp {
	ts := Timestamp{Raw: raw}
	if len(raw) > longestDate {
		return ts
	}
	for _, layout := range layouts {
		t, err := time.ParseInLocation(layout, raw, brasilia)
		if err == nil && t.Year() > 1 { // .NET's "no date" is the first moment of the year 1
			ts.Time = t
			break
		}
	}
	return ts
}

// layouts are tried in turn, the likeliest first. A fraction of any length is
// taken where there are seconds.
var layouts = [...]string{
	time.RFC3339, "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05",
	"2006-01-02",
}

// longestDate is more than any date takes. The errors of package time copy what
// they are about.
const longestDate = 64

// Range returns the earliest and the latest moment that the date may mean. They
// differ by three hours for a date that ends in Z: the earliest takes the Z at
// its word, the latest takes it for Brasília's wall time. They are zero if the
// date could not be read.
func (t Timestamp) Range() (earliest, latest time.Time) {
	if n := len(t.Raw); n > 0 && (t.Raw[n-1] == 'Z' || t.Raw[n-1] == 'z') && !t.Time.IsZero() {
		return t.Time, t.Time.Add(3 * time.Hour)
	}
	return t.Time, t.Time
}

// IsZero tells whether there was no date, or none that could be read.
func (t Timestamp) IsZero() bool { return t.Time.IsZero() }

// String is the text as Celcoin wrote it.
func (t Timestamp) String() string { return t.Raw }

// UnmarshalJSON never fails. null and a missing date are zero.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	var text lenient.Text
	err := text.UnmarshalJSON(data)
	*t = ParseTimestamp(string(text))
	return err
}

// MarshalJSON is the text as Celcoin wrote it; null if there is none.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	if t.Raw == "" {
		return []byte("null"), nil
	}
	return json.Marshal(t.Raw)
}
