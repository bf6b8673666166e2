package recovery

import (
	"sort"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// stretches are the lengths that a bucket of a timeline may have.
var stretches = []time.Duration{
	time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// maxBuckets is how many stretches a timeline has at most.
const maxBuckets = 100

// timeline cuts the outage, with its margin, into round stretches.
func (r *Request) timeline() []Bucket {
	margin := max(r.Margin, 0)
	from, to := r.From.Add(-margin), r.To.Add(margin)
	step := stretches[len(stretches)-1]
	for _, s := range stretches {
		if to.Sub(from)/s < maxBuckets {
			step = s
			break
		}
	}
	var line []Bucket
	for t := from.Truncate(step); len(line) == 0 || t.Before(to); t = t.Add(step) {
		line = append(line, Bucket{Start: t, End: t.Add(step)})
	}
	return line
}

// place puts an item into both timelines of its entity, by its date, and counts
// the readings by which it falls into the outage. The more frequent one is likely
// to be meant. It is for people who look at a timeline: what may be asked for is
// judged by the less favourable reading.
func (m *reporting) place(e *entityReporting, row *ledger.Row) {
	earlier, later := row.Expires()
	if earlier.IsZero() {
		return
	}
	for i, expires := range []time.Time{earlier, later} {
		created := expires.Add(-ledger.Lifetime)
		if !created.Before(m.report.From) && !created.After(m.report.To) {
			m.within[i]++
		}
		line := e.timelines[i]
		n := sort.Search(len(line)-1, func(i int) bool { return created.Before(line[i].End) })
		line[n].Missed++
		if row.State == ledger.Delivered || row.State == ledger.Counted {
			line[n].Recovered++
		}
	}
}
