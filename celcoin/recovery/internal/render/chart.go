package render

import (
	"slices"
	"time"
)

// chart is the timeline of one entity, as the page draws it: its width is in
// seconds, its height in webhooks.
type chart struct {
	Entity            string
	Width, Height     int
	Missed, Recovered int
	Peak              string // what the highest bar stands for
	Outage            []stretch
	Bars              []bar
}

// stretch is a stretch along the axis.
type stretch struct{ X, Width int }

// bar is a stretch in which webhooks were missed.
type bar struct {
	stretch

	Span                          string
	Missed, Recovered             int
	MissedHeight, RecoveredHeight int
}

// span is the time of all charts of a page. Only what was missed, and the outage,
// widen it: the margin of a recovery would press the bars together.
type span struct{ From, To time.Time }

func (s *span) include(times ...time.Time) {
	for _, t := range times {
		if !t.IsZero() && (s.From.IsZero() || t.Before(s.From)) {
			s.From = t
		}
		if t.After(s.To) {
			s.To = t
		}
	}
}

func (s *span) stretch(from, to time.Time) stretch {
	x := int(from.Sub(s.From) / time.Second)
	return stretch{x, max(int(to.Sub(s.From)/time.Second)-x, 1)}
}

// charts draws the timelines. All have the same axis, so that what failed
// together stands together; each has its own scale, as one busy entity would
// leave nothing to be seen of the others. Entities without a missed webhook are
// returned by name.
func (d *Document) charts() (axis span, charts []chart, without []string) {
	axis.include(d.From, d.To)
	for _, t := range d.Timelines {
		for _, b := range t.Buckets {
			if b.Missed > 0 {
				axis.include(b.Start, b.End)
			}
		}
	}
	for _, t := range d.Timelines {
		if !t.Missed() {
			without = append(without, t.Name)
			continue
		}
		c := chart{Entity: t.Name, Width: axis.stretch(axis.From, axis.To).Width}
		if !d.From.IsZero() && !d.To.IsZero() {
			c.Outage = []stretch{axis.stretch(d.From, d.To)}
		}
		c.draw(d.Clock, &axis, t.Buckets)
		charts = append(charts, c)
	}
	return axis, charts, without
}

// Missed tells whether the timeline has a webhook.
func (t Timeline) Missed() bool {
	return slices.ContainsFunc(t.Buckets, func(b Bucket) bool { return b.Missed > 0 })
}

// draw adds the bars.
func (c *chart) draw(clock Clock, axis *span, buckets []Bucket) {
	for _, b := range buckets {
		if b.Missed > c.Height {
			c.Height = b.Missed
			c.Peak = "peak: " + Count(b.Missed) + " in " + Duration(b.End.Sub(b.Start))
		}
	}
	height := func(n int) int {
		if n <= 0 {
			return 0
		}
		return max(n, c.Height/64) // one of many thousands is seen, too
	}
	for _, b := range buckets {
		if b.Missed <= 0 {
			continue
		}
		c.Missed += b.Missed
		c.Recovered += b.Recovered
		one := bar{
			stretch: axis.stretch(b.Start, b.End), Span: clock.Span(b.Start, b.End), Missed: b.Missed, Recovered: b.Recovered,
			MissedHeight: height(b.Missed), RecoveredHeight: height(b.Recovered),
		}
		one.Width -= one.Width / 10 // so that neighbours are two bars
		c.Bars = append(c.Bars, one)
	}
}
