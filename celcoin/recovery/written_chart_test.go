package recovery_test

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// drawing is a timeline as far as its measures go.
type drawing struct {
	Class string `xml:"class,attr"`
	Title string `xml:"title"`
	Desc  string `xml:"desc"`
	Bars  []struct {
		Title string      `xml:"title"`
		Rects []rectangle `xml:"rect"`
	} `xml:"g"`
	Labels []struct {
		X    float64 `xml:"x,attr"`
		Text string  `xml:",chardata"`
	} `xml:"text"`
}

type rectangle struct {
	Class  string  `xml:"class,attr"`
	X      float64 `xml:"x,attr"`
	Y      float64 `xml:"y,attr"`
	Width  float64 `xml:"width,attr"`
	Height float64 `xml:"height,attr"`
}

// drawings are the timelines of a page. Each SVG in it must be XML, strictly.
func drawings(t *testing.T, r *recovery.Report) []drawing {
	t.Helper()
	page := written(t, "html", r)
	var all []drawing
	for _, part := range strings.Split(page, "<svg")[1:] {
		svg, _, found := strings.Cut("<svg"+part, "</svg>")
		require.True(t, found)
		var d drawing
		decoder := xml.NewDecoder(strings.NewReader(svg + "</svg>"))
		require.NoError(t, decoder.Decode(&d))
		_, err := decoder.Token()
		require.ErrorIs(t, err, io.EOF)
		if d.Class == "chart" {
			all = append(all, d)
		}
	}
	return all
}

func TestTimelineStaysWithinItsViewBox(t *testing.T) {
	t.Parallel()
	outside := report(recovery.StatePartial, entity("outside", 21, 60, 50))
	line := outside.Entities[0].Timeline
	line[3].Recovered = 10_000                      // more than was missed
	line[4].End = line[4].Start                     // no time at all
	line[5].Start = line[5].Start.AddDate(-1, 0, 0) // far before
	line[6].Missed = -1
	undated := report(recovery.StatePartial, recovery.EntityReport{Entity: "undated", Timeline: []recovery.Bucket{{Missed: 1}}})
	undated.From, undated.To = time.Time{}, time.Time{}
	for name, r := range map[string]*recovery.Report{"drained": allDelivered(), "partial": partial(), "outside": outside, "undated": undated} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := drawings(t, r)
			assert.NotEmpty(t, all)
			for _, d := range all {
				assert.NotEmpty(t, d.Title)
				assert.NotEmpty(t, d.Desc)
				assert.NotEmpty(t, d.Bars)
				assert.LessOrEqual(t, len(d.Bars), 60)
				for _, bar := range d.Bars {
					require.Len(t, bar.Rects, 2)
					missed, recovered := bar.Rects[0], bar.Rects[1]
					assert.LessOrEqual(t, recovered.Height, missed.Height)
					assert.InDelta(t, missed.Y+missed.Height, recovered.Y+recovered.Height, 0.11, "they stand on one line")
					for _, rect := range bar.Rects {
						assert.GreaterOrEqual(t, rect.X, 4.0)
						assert.LessOrEqual(t, rect.X+rect.Width, 474.1)
						assert.GreaterOrEqual(t, rect.Y, 26.0)
						assert.LessOrEqual(t, rect.Y+rect.Height, 122.1)
					}
				}
			}
		})
	}
}

// What little was delivered, or was not, is seen.
func TestTimelineShowsOneOfManyThousands(t *testing.T) {
	t.Parallel()
	line := []recovery.Bucket{
		{Start: outageStart, End: outageStart.Add(time.Minute), Missed: 50_000, Recovered: 1},
		{Start: outageStart.Add(time.Minute), End: outageStart.Add(2 * time.Minute), Missed: 1},
	}
	d := drawings(t, report(recovery.StatePartial, recovery.EntityReport{Entity: celcoin.EntityKYC, Timeline: line}))[0]
	require.Len(t, d.Bars, 2)
	assert.InDelta(t, 122-26, d.Bars[0].Rects[0].Height, 0)
	assert.Positive(t, d.Bars[0].Rects[1].Height)
	assert.Positive(t, d.Bars[1].Rects[0].Height)
	assert.Zero(t, d.Bars[1].Rects[1].Height)
	assert.Equal(t, "kyc: 1 of 50,001 missed webhooks delivered", d.Title)
	assert.Equal(t, "2026-11-21 22:10:00 to 22:11:00: 50,000 missed, 1 delivered", d.Bars[0].Title)
}

// Joining neighbours keeps the sum, and the hidden table says what the bars do.
func TestTimelineJoinsBucketsWithoutLosingAny(t *testing.T) {
	t.Parallel()
	for _, buckets := range []int{1, 59, 60, 61, 121, 1000} {
		r := report(recovery.StatePartial, entity(celcoin.EntityKYC, buckets, 500, 50))
		page := written(t, "html", r)
		missed, recovered := 0, 0
		for _, bar := range drawings(t, r)[0].Bars {
			span, counts, _ := strings.Cut(bar.Title, ": ")
			words := strings.Fields(strings.ReplaceAll(counts, ",", ""))
			m, err := strconv.Atoi(words[0])
			require.NoError(t, err)
			n, err := strconv.Atoi(words[2])
			require.NoError(t, err)
			missed, recovered = missed+m, recovered+n
			assert.Contains(t, page, "<tr><td>"+span+"</td><td>")
		}
		assert.Equal(t, r.Totals.Planned, missed, buckets)
		assert.Equal(t, r.Totals.Delivered, recovered, buckets)
	}
}

// The margin of a recovery is often longer than the outage. It takes no room
// unless something was missed in it.
func TestTimelineLeavesTheEmptyMarginOut(t *testing.T) {
	t.Parallel()
	e := entity(celcoin.EntityKYC, 21, 60, 50)
	bare := drawings(t, report(recovery.StatePartial, e))
	before := recovery.Bucket{Start: outageStart.Add(-3 * time.Hour), End: outageStart}
	after := recovery.Bucket{Start: outageStart.Add(105 * time.Minute), End: outageStart.Add(285 * time.Minute)}
	e.Timeline = append(append([]recovery.Bucket{before}, e.Timeline...), after)
	assert.Equal(t, bare, drawings(t, report(recovery.StatePartial, e)))
	e.Timeline[0].Missed = 1
	assert.NotEqual(t, bare[0].Bars, drawings(t, report(recovery.StatePartial, e))[0].Bars)
}

func TestTimelineIsLeftOutWhereNothingWasMissed(t *testing.T) {
	t.Parallel()
	assert.Len(t, drawings(t, allDelivered()), 2)
	assert.Contains(t, written(t, "html", allDelivered()), ": pix-automatic-payment-instruction-expired.</p>")
	assert.Empty(t, drawings(t, report(recovery.StateDrained)))
}

// Ticks stand at round times of the zone, apart from each other, within the
// chart; there is always one.
func TestTimelineHasTicksAtRoundTimesOfTheZone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from   time.Time
		length time.Duration
		zone   *time.Location
		want   []string // the first ones
	}{
		"half an hour":        {outageStart, 105 * time.Minute, nil, []string{"22:30", "23:00", "23:30"}},
		"another zone":        {outageStart, 105 * time.Minute, time.FixedZone("", 19800), []string{"07:00", "07:30", "08:00"}},
		"a minute":            {outageStart, time.Minute, nil, []string{"22:10:15", "22:10:30", "22:10:45"}},
		"days begin at night": {outageStart, 72 * time.Hour, nil, []string{"Nov 23 00:00", "Nov 24 00:00"}},
		"months":              {outageStart, 31 * 24 * time.Hour, time.UTC, []string{"Dec  3 00:00", "Dec 19 00:00"}},
		"a moment":            {outageStart.Add(7 * time.Millisecond), time.Millisecond, nil, []string{"22:10:00"}},
		"no time":             {outageStart, 0, nil, []string{"22:10:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := report(recovery.StatePartial, recovery.EntityReport{Entity: "x", Timeline: []recovery.Bucket{{Start: tc.from, End: tc.from.Add(tc.length), Missed: 1}}})
			r.From, r.To = tc.from, tc.from.Add(tc.length)
			labels := drawings(t, r.In(tc.zone))[0].Labels[1:] // the first names the peak
			require.GreaterOrEqual(t, len(labels), len(tc.want))
			assert.LessOrEqual(t, len(labels), 6)
			for i, label := range labels {
				if i < len(tc.want) {
					assert.Equal(t, tc.want[i], label.Text)
				}
				assert.Greater(t, label.X, 20.0)
				assert.Less(t, label.X, 460.0)
				if i > 0 {
					assert.Greater(t, label.X-labels[i-1].X, 9*float64(len(label.Text)), "they overlap")
				}
			}
		})
	}
}
