package recovery

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// WriteJSON writes the report as indented JSON. Times are RFC 3339 in its zone,
// but for the dates of failures, which stay as Celcoin wrote them; active_seconds
// and skew_seconds are numbers of seconds with a fraction. Text is as it is in the
// report, uncut. [json.Unmarshal] into a Report gives the same report back.
func (r *Report) WriteJSON(w io.Writer) error {
	data, err := json.MarshalIndent(r.local(), "", "  ")
	if err != nil {
		return fmt.Errorf("recovery: report as JSON: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// local is the report with its times in its zone.
func (r *Report) local() *Report {
	zone := r.clock().Zone
	local := func(times ...*time.Time) {
		for _, t := range times {
			if !t.IsZero() {
				*t = t.In(zone)
			}
		}
	}
	c := *r
	local(&c.From, &c.To, &c.Started, &c.Ended, &c.Next)
	c.SetAside = slices.Clone(r.SetAside)
	for i := range c.SetAside {
		local(&c.SetAside[i].From, &c.SetAside[i].To)
	}
	c.JournalCuts = slices.Clone(r.JournalCuts)
	for i := range c.JournalCuts {
		local(&c.JournalCuts[i].From, &c.JournalCuts[i].To)
	}
	c.Entities = slices.Clone(r.Entities)
	for i := range c.Entities {
		line := slices.Clone(c.Entities[i].Timeline)
		for j := range line {
			local(&line[j].Start, &line[j].End)
		}
		c.Entities[i].Timeline = line
	}
	return &c
}

// plainReport is a Report without its methods, which would call themselves.
type plainReport Report

// reportJSON is a report in JSON. Its seconds stand for Active and Skew, which
// have the same names in JSON and lie deeper.
type reportJSON struct {
	plainReport

	ActiveSeconds float64 `json:"active_seconds"`
	SkewSeconds   float64 `json:"skew_seconds,omitempty"`
}

// MarshalJSON writes durations in seconds, and no entities as an empty list.
func (r Report) MarshalJSON() ([]byte, error) {
	document := reportJSON{plainReport(r), r.Active.Seconds(), r.Skew.Seconds()}
	if document.Entities == nil {
		document.Entities = []EntityReport{}
	}
	return json.Marshal(document)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Report) UnmarshalJSON(data []byte) error {
	document := reportJSON{plainReport(*r), r.Active.Seconds(), r.Skew.Seconds()}
	if err := json.Unmarshal(data, &document); err != nil {
		return err
	}
	*r = Report(document.plainReport)
	// Rounded, as a fraction that is exact in decimal seldom is in binary.
	r.Active = time.Duration(math.Round(document.ActiveSeconds * float64(time.Second)))
	r.Skew = time.Duration(math.Round(document.SkewSeconds * float64(time.Second)))
	return nil
}
