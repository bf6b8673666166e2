package recovery

import (
	"sort"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// dateReading finds out how the dates of a plan are likely to be meant: by how
// many more of them fall into the outage if their Z is not taken for UTC. It is
// for people who look at a timeline: what may be asked for is judged by the less
// favourable reading.
type dateReading int

func (d *dateReading) add(created string, from, to time.Time) {
	earliest, latest := celcoin.ParseTimestamp(created).Range()
	within := func(t time.Time) bool { return !t.Before(from) && !t.After(to) }
	if within(latest) {
		*d++
	}
	if within(earliest) {
		*d-- // nothing changes if there is but one reading
	}
}

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

// place puts an item into both timelines, by its date.
func (e *entityReporting) place(r *ledger.Row) {
	earlier, later := r.Expires()
	if earlier.IsZero() {
		return
	}
	place(e.atTheirWord, earlier.Add(-ledger.Lifetime), r.State)
	place(e.asBrasilia, later.Add(-ledger.Lifetime), r.State)
}

func place(line []Bucket, created time.Time, s ledger.State) {
	n := sort.Search(len(line)-1, func(i int) bool { return created.Before(line[i].End) })
	line[n].Missed++
	if s == ledger.Delivered || s == ledger.Counted {
		line[n].Recovered++
	}
}
