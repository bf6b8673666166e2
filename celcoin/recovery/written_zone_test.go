package recovery_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestAnOutputHasOneZoneAndNamesIt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		zone         *time.Location
		named, times string
	}{
		"Brasília's if none is chosen": {nil, "Brasília (UTC-03:00)", "2026-11-21 22:10:00 to 23:55:00 (1h45m)"},
		"UTC":                          {time.UTC, "UTC", "2026-11-22 01:10:00 to 02:55:00 (1h45m)"},
		"a zone with a name":           {time.FixedZone("IST", 19800), "IST (UTC+05:30)", "2026-11-22 06:40:00 to 08:25:00 (1h45m)"},
		"a zone without a name":        {time.FixedZone("", -9000), "UTC-02:30", "2026-11-21 22:40:00 to 2026-11-22 00:25:00 (1h45m)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := partial()
			r.Failures = r.Failures[:20]
			r.From = r.From.In(time.FixedZone("", 7200)) // how the times came does not count
			zone := tc.zone
			if zone == nil {
				zone = time.FixedZone("Brasília", -3*60*60)
			}
			created := outageStart.Add(time.Second).In(zone).Format(time.DateTime) // of the second failure
			text, page := written(t, "text", r.In(tc.zone)), html.UnescapeString(written(t, "html", r.In(tc.zone)))
			assert.Contains(t, text, "\n  times               "+tc.named+"\n")
			assert.Contains(t, page, "<dt>times</dt>\n<dd><span>"+tc.named+"</span>")
			for _, out := range []string{text, page} {
				assert.Contains(t, out, tc.times)
				assert.Contains(t, out, created)
				assert.NotRegexp(t, `\d\d:\d\d:\d\d(\.\d+)?(Z| UTC| [+-]\d\d:\d\d)`, out, "no other zone")
			}
			csv := written(t, "csv", r.In(tc.zone))
			assert.Contains(t, csv, ",2026-11-22T01:10:01.0000000Z,", "as Celcoin wrote it")
			assert.Contains(t, csv, ","+outageStart.Add(time.Second).In(zone).Format(time.RFC3339)+",")
			offsets := regexp.MustCompile(`"(?:from|to|started|ended|start|end)": "[^"]*\d\d:\d\d:\d\d([^"]+)"`).FindAllStringSubmatch(written(t, "json", r.In(tc.zone)), -1)
			assert.NotEmpty(t, offsets)
			for _, offset := range offsets {
				assert.Equal(t, outageStart.In(zone).Format("Z07:00"), offset[1])
			}
		})
	}
}

// A zone with daylight saving time has two offsets: the one that is not named
// stands beside its times.
func TestTheOtherOffsetOfAZoneIsWritten(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip("this machine has no time zones")
	}
	r := report(recovery.StatePartial)
	r.From, r.To = time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 7, 0, 0, 0, time.UTC)
	out := written(t, "text", r.In(zone))
	assert.Contains(t, out, "America/New_York (UTC-04:00)\n")
	assert.Contains(t, out, "2026-11-01 01:00:00 to 02:00:00 -05:00 (2h)\n")
}

// The doubt is said once, and the dates are shown as they were read.
func TestADateWithZIsShownAsItIsRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		created    string
		falseZ     bool
		want, said string
	}{
		"at its word":     {"2026-11-22T01:10:00Z", false, "2026-11-21 22:10:00", "3 hours later"},
		"as Brasília's":   {"2026-11-22T01:10:00Z", true, "2026-11-22 01:10:00", "3 hours earlier"},
		"with an offset":  {"2026-11-22T01:10:00-03:00", false, "2026-11-22 01:10:00", ""},
		"without any":     {"2026-11-22T01:10:00.123", true, "2026-11-22 01:10:00", ""},
		"not a date":      {"soon", false, "soon", ""},
		"that is missing": {"", false, "not known", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := report(recovery.StatePartial)
			r.FalseZ, r.Failures = tc.falseZ, []recovery.Failure{{ID: "1", Created: tc.created}}
			for _, out := range []string{written(t, "text", r), written(t, "html", r)} {
				assert.Contains(t, out, tc.want)
				assert.Equal(t, map[bool]int{true: 0, false: 1}[tc.said == ""], strings.Count(out, "3 hours "))
				assert.Contains(t, out, tc.said)
			}
		})
	}
}
