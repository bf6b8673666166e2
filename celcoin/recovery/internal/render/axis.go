package render

import "time"

// axis is the time that the timelines of a page span, in its zone.
type axis struct {
	clock    clock
	from, to time.Time
}

// include widens the axis to a time, if that is known.
func (a *axis) include(t time.Time) {
	if t.IsZero() {
		return
	}
	if a.from.IsZero() || t.Before(a.from) {
		a.from = t
	}
	if a.to.IsZero() || t.After(a.to) {
		a.to = t
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
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// ticks are as many as there is room for on a phone, at round times of the
// zone: about five on a day, three where the labels need dates. Those that are too
// near to an end to stand in the middle of their label are left out, unless none
// is left.
func (a axis) ticks() []tick {
	if a.from.IsZero() {
		return nil
	}
	span := a.to.Sub(a.from)
	most, layout, room := 5.0, "15:04", length(24)
	if span > 24*time.Hour {
		most, layout, room = 3.8, "Jan _2 15:04", length(56)
	}
	step := tickStep(span, most)
	if step < time.Minute {
		layout, room = time.TimeOnly, length(38)
	}
	_, seconds := a.from.In(a.clock.zone).Zone()
	offset := time.Duration(seconds) * time.Second
	first := a.from.Add(offset).Truncate(step).Add(-offset)
	if first.Before(a.from) {
		first = first.Add(step)
	}
	if first.After(a.to) {
		first = a.from // a moment between two round times
	}
	at := func(t time.Time, x, labelX length) tick { return tick{x, labelX, t.In(a.clock.zone).Format(layout)} }
	var ticks []tick
	for t := first; !t.After(a.to) && t.Sub(first) <= span; t = t.Add(step) {
		if x := a.x(t); x >= chartLeft+room && x <= chartWidth-room {
			ticks = append(ticks, at(t, x, x))
		}
	}
	if len(ticks) == 0 {
		x := a.x(first)
		ticks = append(ticks, at(first, x, min(max(x, chartLeft+room), chartWidth-room)))
	}
	return ticks
}

// tickStep is the shortest step of which a span has at most so many. Beyond a
// day it doubles.
func tickStep(span time.Duration, most float64) time.Duration {
	for _, step := range tickSteps {
		if float64(span) <= most*float64(step) {
			return step
		}
	}
	step := tickSteps[len(tickSteps)-1]
	for float64(span) > most*float64(step) {
		step *= 2
	}
	return step
}
