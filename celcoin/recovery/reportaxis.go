package recovery

import "time"

// chartAxis is the time that the timelines of a page span.
type chartAxis struct{ from, to time.Time }

// include widens the axis to a time, if that is known.
func (a *chartAxis) include(t time.Time) {
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
func (a chartAxis) x(t time.Time) chartUnit {
	span := a.to.Sub(a.from)
	if span <= 0 {
		return chartLeft
	}
	share := float64(t.Sub(a.from)) / float64(span)
	return chartLeft + chartUnit(min(max(share, 0), 1)*(chartRight-chartLeft))
}

// reportTick is a time on the axis, by both clocks.
type reportTick struct {
	X             chartUnit
	LabelX        chartUnit // where there is room for the labels
	UTC, Brasilia string
}

// chartSteps are the distances between ticks that people count in.
var chartSteps = [...]time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// ticks are as many as there is room for on a phone, at round times: about
// five on a day, three where the labels need dates. Those that are too near to an
// end to stand in the middle of their labels are left out, unless none is left.
func (a chartAxis) ticks() []reportTick {
	if a.from.IsZero() {
		return nil
	}
	span := a.to.Sub(a.from)
	most, layout, room := 5.0, "15:04", chartUnit(24)
	if span > 24*time.Hour {
		most, layout, room = 3.8, "Jan _2 15:04", chartUnit(56)
	}
	step := chartStep(span, most)
	if step < time.Minute {
		layout, room = time.TimeOnly, chartUnit(38)
	}
	first := a.from.UTC().Truncate(step)
	if first.Before(a.from) {
		first = first.Add(step)
	}
	if first.After(a.to) {
		first = a.from.UTC() // a moment between two round times
	}
	var ticks []reportTick
	for t := first; !t.After(a.to) && t.Sub(first) <= span; t = t.Add(step) {
		if x := a.x(t); x >= chartLeft+room && x <= chartWidth-room {
			ticks = append(ticks, tickAt(t, layout, x, x))
		}
	}
	if len(ticks) == 0 {
		x := a.x(first)
		ticks = append(ticks, tickAt(first, layout, x, min(max(x, chartLeft+room), chartWidth-room)))
	}
	return ticks
}

func tickAt(t time.Time, layout string, x, label chartUnit) reportTick {
	return reportTick{X: x, LabelX: label, UTC: t.Format(layout), Brasilia: t.In(reportBrasilia).Format(layout)}
}

// chartStep is the shortest that a span is at most so many of. Beyond a day it
// doubles.
func chartStep(span time.Duration, most float64) time.Duration {
	for _, step := range chartSteps {
		if float64(span) <= most*float64(step) {
			return step
		}
	}
	step := chartSteps[len(chartSteps)-1]
	for float64(span) > most*float64(step) {
		step *= 2
	}
	return step
}
