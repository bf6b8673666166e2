package render

import (
	"math"
	"slices"
	"strconv"
)

// The measures of a timeline, in units of its viewBox: about pixels where two
// stand side by side.
const (
	chartWidth  = 480
	chartHeight = 150
	chartLeft   = 4
	chartRight  = 474
	chartTop    = 26
	chartBase   = 122
	chartTickY  = 127
	chartLabelY = 145
	// chartBars is the most bars of a timeline: narrower ones are hard to tell
	// apart on a phone.
	chartBars = 60
	// chartSliver is the least that is drawn of what is not zero.
	chartSliver = 1.5
)

// frame is what all timelines have in common, for the template.
type frame struct {
	Width, Height                    int
	Left, Right, Top, Base           int
	PeakY, TickY, LabelY, BandHeight int
}

// chart is the timeline of one entity, measured out for the template.
type chart struct {
	Frame             frame
	Number            int // of the chart in its page, for ids
	Entity            string
	Recovered, Missed string
	Span              string // of all charts of the page
	Peak              string // what the highest bar stands for
	Bars              []bar
	Ticks             []tick
	Outage            *band // nil if it is not known
}

// bar is a stretch of time in which webhooks were missed.
type bar struct {
	Span              string
	Missed, Recovered string
	X, Width          length
	MissedY           length
	MissedHeight      length
	RecoveredY        length
	RecoveredHeight   length
}

// band is a stretch along the axis.
type band struct{ X, Width length }

// length is in units of the viewBox. It prints with one decimal at most, which
// is finer than a screen, and the same on every machine.
type length float64

// String is the length as SVG has it.
func (l length) String() string {
	return strconv.FormatFloat(math.Round(float64(l)*10)/10, 'f', -1, 64)
}

// charts measures the timelines. All have the same axis, so that what failed
// together stands together; each has its own scale, as one busy entity would
// leave nothing to be seen of the others. Entities without a missed webhook are
// returned by name.
func (r *Report) charts(c clock) (charts []chart, without []string) {
	axis := r.axis(c)
	for _, e := range r.Entities {
		name := line(string(e.Entity))
		buckets := merge(e.missed())
		if len(buckets) == 0 {
			without = append(without, name)
			continue
		}
		chart := chart{
			Frame: frame{
				Width: chartWidth, Height: chartHeight,
				Left: chartLeft, Right: chartRight, Top: chartTop, Base: chartBase,
				PeakY: chartTop - 8, TickY: chartTickY, LabelY: chartLabelY,
				BandHeight: chartBase - chartTop,
			},
			Number: len(charts) + 1, Entity: name, Ticks: axis.ticks(), Span: c.span(axis.from, axis.to),
		}
		if !r.From.IsZero() && !r.To.IsZero() {
			x := axis.x(r.From)
			chart.Outage = &band{x, max(axis.x(r.To)-x, chartSliver)}
		}
		chart.draw(axis, buckets)
		charts = append(charts, chart)
	}
	return charts, without
}

// missed is the timeline from the first missed webhook to the last. What is
// empty around it is the margin of the recovery, which is often longer than the
// outage and would press the bars together.
func (e EntityReport) missed() []Bucket {
	missed := func(b Bucket) bool { return b.Missed > 0 }
	first := slices.IndexFunc(e.Timeline, missed)
	if first < 0 {
		return nil
	}
	end := len(e.Timeline)
	for !missed(e.Timeline[end-1]) {
		end--
	}
	return e.Timeline[first:end]
}

// axis spans the outage and all that was missed.
func (r *Report) axis(c clock) axis {
	a := axis{clock: c}
	a.include(r.From)
	a.include(r.To)
	for _, e := range r.Entities {
		for _, b := range e.missed() {
			a.include(b.Start)
			a.include(b.End)
		}
	}
	return a
}

// draw adds the bars.
func (c *chart) draw(a axis, buckets []Bucket) {
	peak := slices.MaxFunc(buckets, func(a, b Bucket) int { return a.Missed - b.Missed })
	c.Peak = "peak: " + count(peak.Missed) + " in " + duration(peak.End.Sub(peak.Start))
	var missed, recovered int
	for _, b := range buckets {
		if b.Missed <= 0 {
			continue
		}
		missed += b.Missed
		recovered += b.Recovered
		bar := bar{Span: a.clock.span(b.Start, b.End), Missed: count(b.Missed), Recovered: count(b.Recovered)}
		bar.X = a.x(b.Start)
		// A tenth stays free, so that neighbours are two bars.
		bar.Width = max((a.x(b.End)-bar.X)*9/10, chartSliver)
		bar.X = min(bar.X, chartRight-bar.Width)
		bar.MissedHeight = barHeight(b.Missed, peak.Missed)
		bar.RecoveredHeight = barHeight(min(b.Recovered, b.Missed), peak.Missed)
		bar.MissedY = chartBase - bar.MissedHeight
		bar.RecoveredY = chartBase - bar.RecoveredHeight
		c.Bars = append(c.Bars, bar)
	}
	c.Missed, c.Recovered = count(missed), count(recovered)
}

// barHeight is how high n of the most stands.
func barHeight(n, most int) length {
	if n <= 0 {
		return 0
	}
	return max(length(float64(n)/float64(most)*(chartBase-chartTop)), chartSliver)
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
