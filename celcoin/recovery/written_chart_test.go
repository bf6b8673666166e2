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

// drawing is a timeline: a second is a unit of its width, a webhook one of its height.
type drawing struct {
	Class   string `xml:"class,attr"`
	ViewBox string `xml:"viewBox,attr"`
	Outage  []rect `xml:"rect"`
	Bars    []struct {
		Title string `xml:"title"`
		Rects []rect `xml:"rect"` // what was missed, and of that what is delivered
	} `xml:"g>g"`
}

type rect struct {
	X      int `xml:"x,attr"`
	Width  int `xml:"width,attr"`
	Height int `xml:"height,attr"`
}

// drawings are the timelines of a page. Each SVG in it must be XML, strictly.
func drawings(t *testing.T, r *recovery.Report) []drawing {
	t.Helper()
	var all []drawing
	for _, part := range strings.Split(written(t, "html", r), "<svg")[1:] {
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

func TestATimelineHasABarForEachStretchInWhichSomethingWasMissed(t *testing.T) {
	t.Parallel()
	gap := report(recovery.StatePartial, entity("gap", 21, 60, 50))
	gap.Entities[0].Timeline[6].Missed = 0
	for name, r := range map[string]*recovery.Report{"drained": allDelivered(), "partial": partial(), "gap": gap} {
		all := drawings(t, r)
		assert.NotEmpty(t, all, name)
		read := map[string]bool{} // what is read aloud instead
		for _, row := range strings.Split(written(t, "html", r), "<tr><td>")[1:] {
			span, _, _ := strings.Cut(row, "</td>")
			read[span] = true
		}
		for i, d := range all {
			view := strings.Fields(d.ViewBox)
			assert.Equal(t, strconv.Itoa(105*60), view[2], "the outage is all of the axis")
			assert.Equal(t, 105*60, d.Outage[0].Width)
			peak := 0
			for _, b := range r.Entities[i].Timeline {
				if b.Missed > 0 {
					bar := d.Bars[0]
					d.Bars = d.Bars[1:]
					assert.Equal(t, int(b.Start.Sub(outageStart).Seconds()), bar.Rects[0].X)
					assert.Less(t, bar.Rects[0].Width, 300, "neighbours are two bars")
					assert.Equal(t, b.Missed, bar.Rects[0].Height)
					assert.Equal(t, b.Recovered, bar.Rects[1].Height)
					span, _, _ := strings.Cut(bar.Title, ": ")
					assert.True(t, read[span], span)
				}
				peak = max(peak, b.Missed)
			}
			assert.Empty(t, d.Bars)
			assert.Equal(t, strconv.Itoa(peak), view[3])
		}
	}
}

// What little was delivered, or was not, is seen.
func TestTimelineShowsOneOfManyThousands(t *testing.T) {
	t.Parallel()
	line := []recovery.Bucket{
		{Start: outageStart, End: outageStart.Add(time.Minute), Missed: 50_000, Recovered: 1},
		{Start: outageStart.Add(time.Minute), End: outageStart.Add(2 * time.Minute), Missed: 1},
	}
	r := report(recovery.StatePartial, recovery.EntityReport{Entity: celcoin.EntityKYC, Timeline: line})
	d := drawings(t, r)[0]
	require.Len(t, d.Bars, 2)
	assert.Equal(t, 50_000, d.Bars[0].Rects[0].Height)
	assert.Greater(t, d.Bars[0].Rects[1].Height, 500)
	assert.Greater(t, d.Bars[1].Rects[0].Height, 500)
	assert.Zero(t, d.Bars[1].Rects[1].Height)
	assert.Equal(t, "2026-11-21 22:10:00 to 22:11:00: 50,000 missed, 1 delivered", d.Bars[0].Title)
	assert.Contains(t, written(t, "html", r), "1 of 50,001 delivered; peak: 50,000 in 1m<")
}

// The margin of a recovery is often longer than the outage. It takes no space
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
	assert.Equal(t, 3*60*60, drawings(t, report(recovery.StatePartial, e))[0].Outage[0].X)
}

func TestTimelineIsLeftOutWhereNothingWasMissed(t *testing.T) {
	t.Parallel()
	assert.Len(t, drawings(t, allDelivered()), 2)
	assert.Contains(t, written(t, "html", allDelivered()), ": pix-automatic-payment-instruction-expired.</p>")
	assert.Empty(t, drawings(t, report(recovery.StateDrained)))
}
