package render

import (
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// brasilia is the zone of most who read a report. Brazil has had no daylight
// saving time since 2019.
var brasilia = time.FixedZone("Brasília", -3*60*60)

// stamp is how a time is written. The zone is named once an output.
const stamp = "2006-01-02 15:04:05"

// clock writes all times of an output in one zone.
type clock struct {
	zone   *time.Location
	offset string // that the output names
	falseZ bool   // the Z of Celcoin's dates is taken for Brasília's time
}

// newClock is the clock of an output. A zone has the offset that it has at the
// first of the times that is known.
func newClock(zone *time.Location, falseZ bool, times ...time.Time) clock {
	if zone == nil {
		zone = brasilia
	}
	at := time.Now()
	for _, t := range times {
		if !t.IsZero() {
			at = t
			break
		}
	}
	return clock{zone: zone, offset: at.In(zone).Format("-07:00"), falseZ: falseZ}
}

// name is the zone for people: "Brasília (UTC-03:00)".
func (c clock) name() string {
	name, offset := c.zone.String(), "UTC"+c.offset
	switch {
	case c.zone == time.UTC:
		return "UTC"
	case c.zone == time.Local:
		return "this machine's (" + offset + ")"
	case name == "" || strings.ContainsAny(name[:1], "+-"):
		return offset
	}
	return line(name) + " (" + offset + ")"
}

// time writes a time, and its offset only if it is another than the named: a
// zone with daylight saving time has two.
func (c clock) time(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	t = t.In(c.zone)
	text := t.Format(stamp)
	if offset := t.Format("-07:00"); offset != c.offset {
		text += " " + offset
	}
	return text
}

// span writes a stretch of time, with the day once if it is the same.
func (c clock) span(from, to time.Time) string {
	start, end := c.time(from), c.time(to)
	if from.IsZero() || to.IsZero() {
		return start + " to " + end
	}
	if day := len(time.DateOnly); start[:day] == end[:day] {
		end = end[day+1:]
	}
	return start + " to " + end
}

// created reads a date of Celcoin's as the timelines do.
func (c clock) created(raw string) time.Time {
	earliest, latest := celcoin.ParseTimestamp(raw).Range()
	if c.falseZ {
		return latest
	}
	return earliest
}

// createdText writes a date of Celcoin's; as it came, if it cannot be read.
func (c clock) createdText(raw string) string {
	if t := c.created(raw); !t.IsZero() {
		return c.time(t)
	}
	if raw == "" {
		return "not known"
	}
	return line(raw)
}

// doubt says once how the dates of Celcoin were read.
func (c clock) doubt() fact {
	if c.falseZ {
		return fact{"dates", []string{
			"Celcoin's that end in Z are read as Brasília's: more fall into the outage.",
			"If the Z is right, the webhooks were created 3 hours earlier.",
		}}
	}
	return fact{"dates", []string{
		"Celcoin's that end in Z are read as UTC, which is not documented.",
		"If they are Brasília's time, the webhooks were created 3 hours later.",
	}}
}
