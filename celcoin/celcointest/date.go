package celcointest

import "time"

// brasiliaBehind is Brasília's distance from UTC. Brazil has had no daylight
// saving time since 2019.
const brasiliaBehind = 3 * time.Hour

// brasilia is the zone of every date that comes without an offset (documented).
var brasilia = time.FixedZone("-03", -int(brasiliaBehind/time.Second))

// parseDate reads a date of a request: with Z or an offset, or without, which means
// Brasília; with or without a fraction of a second. Dates that were escaped twice,
// or whose plus sign was not escaped, are malformed.
func parseDate(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), nil
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", text, brasilia) // which takes a fraction too
	return t.UTC(), err
}

// echoDate writes a date of the request into the answer: in UTC, with a Z.
func echoDate(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Format(time.RFC3339Nano))
}

// showDate writes createDate and lastUpdateDate: Brasília's wall clock with a
// false Z behind it, or the true time in UTC. The fraction has 0, 3 or 7 digits,
// as few as will do, as the vendor's samples have.
func showDate(t time.Time, trueDates bool) string {
	if trueDates {
		t = t.Add(brasiliaBehind)
	}
	text := payloadDate(t)
	switch {
	case t.Nanosecond() == 0:
		text = text[:len("2006-01-02T15:04:05")]
	case t.Nanosecond()%int(time.Millisecond) == 0:
		text = text[:len("2006-01-02T15:04:05.000")]
	}
	return text + "Z"
}

// payloadDate writes the dates in a webhook's payload: Brasília, seven digits,
// no suffix.
func payloadDate(t time.Time) string { return t.In(brasilia).Format("2006-01-02T15:04:05.0000000") }
