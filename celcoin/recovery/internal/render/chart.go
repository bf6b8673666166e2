package render

import (
	"math"
	"slices"
	"strconv"
	"time"
)

// The measures of a timeline, in units of its viewBox: about pixels where two
// stand side by side. The page has the same numbers.
const (
	chartWidth = 480
	chartLeft  = 4
	chartRight = 474
	chartTop   = 26
	chartBase  = 122
	// chartBars is the most bars of a timeline: narrower ones are hard to tell
	// apart on a phone.
	chartBars = 60
	// chartSliver is the least that is drawn of what is not zero.
	chartSliver = 1.5
)

// length is in units of the viewBox. It prints with one decimal at most, which
// is finer than a screen, and the same on every machine.
type length float64

// String is the length as SVG has it.
func (l length) String() string {
	return strconv.FormatFloat(math.Round(float64(l)*10)/10, 'f', -1, 64)
}

// chart is the timeline of one entity, measured out for the template.
type chart struct {
	Number            int // of the chart in its page, for ids
	Entity            string
	Recovered, Missed string
	Span              string // of all charts of the page
	Peak              string // what the highest bar stands for
	Bars              []bar
	Ticks             []tick
	Outage            []stretch // one, or none if it is not known
}

// stretch is a stretch along the axis.
type stretch struct{ X, Width length }

// bar is a stretch of time in which webhooks were missed.
type bar struct {
	stretch

	Span              string
	Missed, Recovered string
	MissedHeight      length
	RecoveredHeight   length
}

// MissedY and RecoveredY are where the bars begin, at their top.
func (b bar) MissedY() length    { return chartBase - b.MissedHeight }
func (b bar) RecoveredY() length { return chartBase - b.RecoveredHeight }

// charts measures the timelines. All have the same axis, so that what failed
// together stands together; each has its own scale, as one busy entity would
// leave nothing to be seen of the others. Entities without a missed webhook are
// returned by name.
func (d *Document) charts() (charts []chart, without []string) {
	a := axis{clock: d.Clock}
	a.include(d.From, d.To)
	for _, t := range d.Timelines {
		for _, b := range t.missed() {
			a.include(b.Start, b.End)
		}
	}
	for _, t := range d.Timelines {
		buckets := merge(t.missed())
		if len(buckets) == 0 {
			without = append(without, t.Name)
			continue
		}
		c := chart{Number: len(charts) + 1, Entity: t.Name, Ticks: a.ticks(), Span: d.Clock.Span(a.from, a.to)}
		if !d.From.IsZero() && !d.To.IsZero() {
			c.Outage = []stretch{a.stretch(d.From, d.To, 1)}
		}
		c.draw(a, buckets)
		charts = append(charts, c)
	}
	return charts, without
}

// Missed tells whether the timeline has a webhook.
func (t Timeline) Missed() bool { return len(t.missed()) > 0 }

// missed is the timeline from the first missed webhook to the last. What is
// empty around it is the margin of the recovery, which is often longer than the
// outage and would press the bars together.
func (t Timeline) missed() []Bucket {
	missed := func(b Bucket) bool { return b.Missed > 0 }
	first := slices.IndexFunc(t.Buckets, missed)
	if first < 0 {
		return nil
	}
	end := len(t.Buckets)
	for !missed(t.Buckets[end-1]) {
		end--
	}
	return t.Buckets[first:end]
}

// draw adds the bars.
func (c *chart) draw(a axis, buckets []Bucket) {
	peak := slices.MaxFunc(buckets, func(a, b Bucket) int { return a.Missed - b.Missed })
	c.Peak = "peak: " + Count(peak.Missed) + " in " + Duration(peak.End.Sub(peak.Start))
	height := func(n int) length {
		if n <= 0 {
			return 0
		}
		return max(length(float64(n)/float64(peak.Missed)*(chartBase-chartTop)), chartSliver)
	}
	var missed, recovered int
	for _, b := range buckets {
		if b.Missed <= 0 {
			continue
		}
		missed += b.Missed
		recovered += b.Recovered
		c.Bars = append(c.Bars, bar{
			stretch: a.stretch(b.Start, b.End, 0.9), // so that neighbours are two bars
			Span:    a.clock.Span(b.Start, b.End), Missed: Count(b.Missed), Recovered: Count(b.Recovered),
			MissedHeight: height(b.Missed), RecoveredHeight: height(min(b.Recovered, b.Missed)),
		})
	}
	c.Missed, c.Recovered = Count(missed), Count(recovered)
}

// merge joins neighbours until there are few enough to draw.
func merge(buckets []Bucket) []Bucket {
	each := max((len(buckets)+chartBars-1)/chartBars, 1)
	merged := make([]Bucket, 0, chartBars)
	for group := range slices.Chunk(buckets, each) {
		sum := Bucket{Start: group[0].Start, End: group[len(group)-1].End}
		for _, b := range group {
			sum.Missed += b.Missed
			sum.Recovered += b.Recovered
		}
		merged = append(merged, sum)
	}
	return merged
}

// axis is the time that the timelines of a page span.
type axis struct {
	clock    Clock
	from, to time.Time
}

// include widens the axis to times, as far as they are known.
func (a *axis) include(times ...time.Time) {
	for _, t := range times {
		if !t.IsZero() && (a.from.IsZero() || t.Before(a.from)) {
			a.from = t
		}
		if !t.IsZero() && (a.to.IsZero() || t.After(a.to)) {
			a.to = t
		}
	}
}

// x is where a time stands in the viewBox.
func (a axis) x(t time.Time) length {
	span := a.to.Sub(a.from)
	if span <= 0 {
		return chartLeft
	}
	share := float64(t.Sub(a.from)) / float64(span)
	return chartLeft + length(min(max(share, 0), 1)*(chartRight-chartLeft))
}

// stretch is that share of a stretch which begins with it.
func (a axis) stretch(from, to time.Time, share length) stretch {
	x := a.x(from)
	width := max((a.x(to)-x)*share, chartSliver)
	return stretch{min(x, chartRight-width), width}
}

// tick is a time on the axis.
type tick struct {
	X      length
	LabelX length // where there is room for the label
	Label  string
}

// tickSteps are the distances between ticks that people count in.
var tickSteps = [...]time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// ticks are as many as there is room for on a phone, at round times of the
// zone: about five on a day, three where the labels need dates. Those that are too
// near to an end to stand in the middle of their label are left out; if none is
// left, the beginning has one.
func (a axis) ticks() (ticks []tick) {
	span := a.to.Sub(a.from)
	most, layout, room := 5.0, "15:04", length(24)
	if span > 24*time.Hour {
		most, layout, room = 3.8, "Jan _2 15:04", length(56)
	}
	step := tickStep(span, most)
	if step < time.Minute {
		layout, room = time.TimeOnly, length(38)
	}
	_, seconds := a.from.In(a.clock.Zone).Zone()
	offset := time.Duration(seconds) * time.Second
	label := func(t time.Time) string { return t.In(a.clock.Zone).Format(layout) }
	for t := a.from.Add(offset).Truncate(step).Add(-offset); !t.After(a.to); t = t.Add(step) {
		if x := a.x(t); x >= chartLeft+room && x <= chartWidth-room {
			ticks = append(ticks, tick{x, x, label(t)})
		}
	}
	if len(ticks) == 0 {
		x := a.x(a.from)
		ticks = append(ticks, tick{x, max(x, chartLeft+room), label(a.from)})
	}
	return ticks
}

// tickStep is the shortest step of which a span has at most so many. Beyond a
// day it doubles.
func tickStep(span time.Duration, most float64) time.Duration {
	step := 24 * time.Hour
	for float64(span) > most*float64(step) {
		step *= 2
	}
	for _, shorter := range slices.Backward(tickSteps[:]) {
		if float64(span) <= most*float64(shorter) {
			step = shorter
		}
	}
	return step
}
