package recovery

import (
	"strings"
	"time"
)

// brasiliaOffset is in seconds. Brazil has had no daylight saving time since
// 2019.
const brasiliaOffset = -3 * 60 * 60

// reportBrasilia is the time of most who read a report.
var reportBrasilia = time.FixedZone("-03", brasiliaOffset)

// reportTime writes a time with its offset, which UTC is by its name.
func reportTime(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	if _, offset := t.Zone(); offset == 0 {
		return t.Format("2006-01-02 15:04:05 UTC")
	}
	return t.Format("2006-01-02 15:04:05 -07:00")
}

// reportSpan writes a stretch of time once for every offset that a reader may
// think in: the one that it came in, Brasília's and UTC.
func reportSpan(from, to time.Time) []string {
	if from.IsZero() || to.IsZero() {
		return []string{reportTime(from) + " to " + reportTime(to)}
	}
	var spans []string
	seen := map[int]bool{}
	for i, zone := range []*time.Location{from.Location(), reportBrasilia, time.UTC} {
		// The offset is that of the beginning, for both: a stretch that is told
		// by two clocks is misread.
		_, offset := from.In(zone).Zone()
		if seen[offset] || (i == 0 && offset == 0) { // UTC comes last
			continue
		}
		seen[offset] = true
		fixed := time.FixedZone("", offset)
		spans = append(spans, reportStretch(from.In(fixed), to.In(fixed)))
	}
	return spans
}

// reportStretch names the day and the offset once if they are the same.
func reportStretch(from, to time.Time) string {
	start, end := from.Format("2006-01-02 15:04:05"), reportTime(to)
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		_, end, _ = strings.Cut(end, " ")
	}
	if _, offset := from.Zone(); offset == brasiliaOffset {
		end += " (Brasília)"
	}
	return start + " to " + end
}
