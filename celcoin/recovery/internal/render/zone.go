package render

import (
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// brasilia is the zone of most who read a report. Brazil has had no daylight
// saving time since 2019.
var brasilia = time.FixedZone("Brasília", -3*60*60)

// stamp is how a time is written. The zone is named once an output.
const stamp = "2006-01-02 15:04:05"

// Clock writes all times of an output in one zone.
type Clock struct {
	Zone   *time.Location
	offset string // that the output names
	falseZ bool   // the Z of Celcoin's dates is taken for Brasília's time
}

// NewClock is the clock of an output; without a zone, Brasília's. A zone has the
// offset that it has at the first of the times that is known.
func NewClock(zone *time.Location, falseZ bool, times ...time.Time) Clock {
	if zone == nil {
		zone = brasilia
	}
	at := time.Now()
	if i := slices.IndexFunc(times, func(t time.Time) bool { return !t.IsZero() }); i >= 0 {
		at = times[i]
	}
	return Clock{Zone: zone, offset: at.In(zone).Format("-07:00"), falseZ: falseZ}
}

// Name is the zone for people: "Brasília (UTC-03:00)".
func (c Clock) Name() string {
	name, offset := c.Zone.String(), "UTC"+c.offset
	switch {
	case c.Zone == time.UTC:
		return "UTC"
	case c.Zone == time.Local:
		return "this machine's (" + offset + ")"
	case name == "" || strings.ContainsAny(name[:1], "+-"):
		return offset
	}
	return Line(name) + " (" + offset + ")"
}

// Time writes a time, and its offset only if it is another than the named: a
// zone with daylight saving time has two.
func (c Clock) Time(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	t = t.In(c.Zone)
	text := t.Format(stamp)
	if offset := t.Format("-07:00"); offset != c.offset {
		text += " " + offset
	}
	return text
}

// Span writes a stretch of time, with the day once if it is the same.
func (c Clock) Span(from, to time.Time) string {
	start, end := c.Time(from), c.Time(to)
	if from.IsZero() || to.IsZero() {
		return start + " to " + end
	}
	if day := len(time.DateOnly); start[:day] == end[:day] {
		end = end[day+1:]
	}
	return start + " to " + end
}

// Created reads a date of Celcoin's as the timelines do.
func (c Clock) Created(raw string) time.Time {
	earliest, latest := celcoin.ParseTimestamp(raw).Range()
	if c.falseZ {
		return latest
	}
	return earliest
}

// CreatedText writes a date of Celcoin's; as it came, if it cannot be read.
func (c Clock) CreatedText(raw string) string {
	if t := c.Created(raw); !t.IsZero() {
		return c.Time(t)
	}
	if raw == "" {
		return "not known"
	}
	return Line(raw)
}

// Dates says once how the dates of Celcoin were read.
func (c Clock) Dates() []string {
	if c.falseZ {
		return []string{
			"Celcoin's that end in Z are read as Brasília's: more fall into the outage.",
			"If the Z is right, the webhooks were created 3 hours earlier.",
		}
	}
	return []string{
		"Celcoin's that end in Z are read as UTC, which is not documented.",
		"If they are Brasília's time, the webhooks were created 3 hours later.",
	}
}
