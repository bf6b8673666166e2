package render

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// JSON writes a report as indented JSON: all that it holds, under the names of
// its fields' tags, text uncut. Times are RFC 3339 in the output's zone, except
// the dates of failures, which stay as Celcoin wrote them; active_seconds and
// skew_seconds are numbers of seconds with a fraction. [json.Unmarshal] into a
// Report gives an equal report back.
func JSON(w io.Writer, r *Report, o Options) error {
	data, err := json.MarshalIndent(r.in(newClock(o.Zone, r.FalseZ).zone), "", "  ")
	if err != nil {
		return fmt.Errorf("recovery: report as JSON: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// in is the report with its times in a zone.
func (r *Report) in(zone *time.Location) *Report {
	local := func(t time.Time) time.Time {
		// JSON has no year beyond 9999, and a zero time stays in the year 1.
		if moved := t.In(zone); !t.IsZero() && moved.Year() <= 9999 {
			return moved
		}
		return t
	}
	c := *r
	c.From, c.To, c.Started, c.Ended, c.Next = local(r.From), local(r.To), local(r.Started), local(r.Ended), local(r.Next)
	c.SetAside = slices.Clone(r.SetAside)
	for i, s := range c.SetAside {
		c.SetAside[i].From, c.SetAside[i].To = local(s.From), local(s.To)
	}
	c.Entities = slices.Clone(r.Entities)
	for i := range c.Entities {
		line := slices.Clone(c.Entities[i].Timeline)
		for j, b := range line {
			line[j].Start, line[j].End = local(b.Start), local(b.End)
		}
		c.Entities[i].Timeline = line
	}
	return &c
}

// plainReport is a Report without its methods, which would call themselves.
type plainReport Report

// reportDocument is a report in JSON. Its seconds stand for Active and Skew,
// which have the same names in JSON and lie deeper.
type reportDocument struct {
	plainReport

	ActiveSeconds float64 `json:"active_seconds"`
	SkewSeconds   float64 `json:"skew_seconds,omitempty"`
}

// MarshalJSON writes durations in seconds, and no entities as an empty list.
func (r Report) MarshalJSON() ([]byte, error) {
	document := reportDocument{plainReport(r), r.Active.Seconds(), r.Skew.Seconds()}
	if document.Entities == nil {
		document.Entities = []EntityReport{}
	}
	return json.Marshal(document)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Report) UnmarshalJSON(data []byte) error {
	document := reportDocument{plainReport(*r), r.Active.Seconds(), r.Skew.Seconds()}
	if err := json.Unmarshal(data, &document); err != nil {
		return err
	}
	*r = Report(document.plainReport)
	// Rounded, as a fraction that is exact in decimal seldom is in binary.
	r.Active = time.Duration(math.Round(document.ActiveSeconds * float64(time.Second)))
	r.Skew = time.Duration(math.Round(document.SkewSeconds * float64(time.Second)))
	return nil
}
