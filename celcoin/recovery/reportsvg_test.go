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
	Class   string     `xml:"class,attr"`
	ViewBox string     `xml:"viewBox,attr"`
	Role    string     `xml:"role,attr"`
	Title   string     `xml:"title"`
	Desc    string     `xml:"desc"`
	Band    *rectangle `xml:"rect"`
	Bars    []struct {
		Title string      `xml:"title"`
		Rects []rectangle `xml:"rect"`
	} `xml:"g"`
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
	page := written(t, r, (*recovery.Report).WriteHTML)
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

func TestReportTimelineStaysWithinItsViewBox(t *testing.T) {
	t.Parallel()
	outside := reportOf(recovery.StatePartial, entityReport("outside", 21, 60, 50))
	outside.Entities[0].Timeline[3].Recovered = 10_000                                              // more than was missed
	outside.Entities[0].Timeline[4].End = outside.Entities[0].Timeline[4].Start                     // no time at all
	outside.Entities[0].Timeline[5].Start = outside.Entities[0].Timeline[5].Start.AddDate(-1, 0, 0) // far before
	outside.Entities[0].Timeline[6].Missed = -1
	undated := reportOf(recovery.StatePartial, recovery.EntityReport{Entity: "undated", Timeline: []recovery.Bucket{{Missed: 1}}})
	undated.From, undated.To = time.Time{}, time.Time{}
	for name, r := range map[string]*recovery.Report{
		"drained": drainedReport(), "partial": partialReport(), "many": manyReport(), "outside": outside, "undated": undated,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := drawings(t, r)
			assert.NotEmpty(t, all)
			for _, d := range all {
				assert.Equal(t, "0 0 480 168", d.ViewBox)
				assert.Equal(t, "img", d.Role)
				assert.NotEmpty(t, d.Title)
				assert.NotEmpty(t, d.Desc)
				assert.NotEmpty(t, d.Bars)
				assert.LessOrEqual(t, len(d.Bars), 60)
				for _, bar := range d.Bars {
					require.Len(t, bar.Rects, 2)
					missed, recovered := bar.Rects[0], bar.Rects[1]
					assert.Equal(t, "missed", missed.Class)
					assert.Equal(t, "recovered", recovered.Class)
					assert.LessOrEqual(t, recovered.Height, missed.Height)
					assert.InDelta(t, missed.Y+missed.Height, recovered.Y+recovered.Height, 0.11, "they stand on one line")
					for _, rect := range bar.Rects {
						assert.GreaterOrEqual(t, rect.X, 54.0)
						assert.LessOrEqual(t, rect.X+rect.Width, 474.1)
						assert.GreaterOrEqual(t, rect.Y, 26.0)
						assert.LessOrEqual(t, rect.Y+rect.Height, 122.1)
					}
				}
			}
		})
	}
}

// What little came back, or did not, is seen.
func TestReportTimelineShowsOneOfManyThousands(t *testing.T) {
	t.Parallel()
	line := []recovery.Bucket{
		{Start: outageStart, End: outageStart.Add(time.Minute), Missed: 50_000, Recovered: 1},
		{Start: outageStart.Add(time.Minute), End: outageStart.Add(2 * time.Minute), Missed: 1},
	}
	d := drawings(t, reportOf(recovery.StatePartial, recovery.EntityReport{Entity: celcoin.EntityKYC, Timeline: line}))[0]
	require.Len(t, d.Bars, 2)
	assert.InDelta(t, 96, d.Bars[0].Rects[0].Height, 0)
	assert.InDelta(t, 1.5, d.Bars[0].Rects[1].Height, 0)
	assert.InDelta(t, 1.5, d.Bars[1].Rects[0].Height, 0)
	assert.InDelta(t, 0, d.Bars[1].Rects[1].Height, 0)
	assert.Equal(t, "kyc: 1 of 50,001 missed webhooks recovered", d.Title)
	assert.Equal(t, "2026-11-22 01:10:00 UTC to 2026-11-22 01:11:00 UTC: 50,000 missed, 1 recovered", d.Bars[0].Title)
}

// Joining neighbours keeps the sum, and the hidden table says what the bars do.
func TestReportTimelineJoinsBucketsWithoutLosingAny(t *testing.T) {
	t.Parallel()
	for _, buckets := range []int{1, 2, 59, 60, 61, 120, 121, 1000} {
		r := reportOf(recovery.StatePartial, entityReport(celcoin.EntityKYC, buckets, 500, 50))
		page := written(t, r, (*recovery.Report).WriteHTML)
		missed, recovered := 0, 0
		d := drawings(t, r)[0]
		for _, bar := range d.Bars {
			span, counts, _ := strings.Cut(bar.Title, " UTC: ")
			words := strings.Fields(strings.ReplaceAll(counts, ",", ""))
			m, err := strconv.Atoi(words[0])
			require.NoError(t, err)
			n, err := strconv.Atoi(words[2])
			require.NoError(t, err)
			missed, recovered = missed+m, recovered+n
			from, to, _ := strings.Cut(span+" UTC", " to ")
			assert.Contains(t, page, "<tr><td>"+from+"</td><td>"+to+"</td>")
		}
		assert.Equal(t, r.Totals.Planned, missed, buckets)
		assert.Equal(t, r.Totals.Delivered, recovered, buckets)
	}
}

// The margin of a recovery is often longer than the outage. It takes no room
// unless something was missed in it.
func TestReportTimelineLeavesTheEmptyMarginOut(t *testing.T) {
	t.Parallel()
	e := entityReport(celcoin.EntityKYC, 21, 60, 50)
	bare := drawings(t, reportOf(recovery.StatePartial, e))
	before := recovery.Bucket{Start: outageStart.Add(-3 * time.Hour), End: outageStart}
	after := recovery.Bucket{Start: outageStart.Add(105 * time.Minute), End: outageStart.Add(285 * time.Minute)}
	e.Timeline = append(append([]recovery.Bucket{before}, e.Timeline...), after)
	assert.Equal(t, bare, drawings(t, reportOf(recovery.StatePartial, e)))
	e.Timeline[0].Missed = 1
	assert.NotEqual(t, bare[0].Bars, drawings(t, reportOf(recovery.StatePartial, e))[0].Bars)
}

func TestReportTimelineIsLeftOutWhereNothingWasMissed(t *testing.T) {
	t.Parallel()
	r := drainedReport()
	assert.Len(t, drawings(t, r), 3)
	assert.Contains(t, written(t, r, (*recovery.Report).WriteHTML), "at a known time: pix-automatic-payment-instruction-expired.")
	assert.Empty(t, drawings(t, emptyReport()))
}
