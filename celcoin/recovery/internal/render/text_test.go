package render

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// formats are all ways in which a report is written.
var formats = map[string]func(io.Writer, *Report, Options) error{"text": Text, "json": JSON, "csv": CSV, "html": HTML}

// written is a report in one format.
func written(t *testing.T, format func(io.Writer, *Report, Options) error, r *Report, o Options) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, format(&b, r, o))
	return b.String()
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// A zero report, such as a refusal at the first check may leave, is written too;
// and what cannot be written is an error.
func TestEveryFormatTakesAZeroReportAndReturnsTheWriteError(t *testing.T) {
	t.Parallel()
	for name, format := range formats {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.NotEmpty(t, written(t, format, &Report{}, Options{}))
			full := errors.New("no space left on device")
			assert.ErrorIs(t, format(brokenWriter{full}, partial(), ceffu()), full)
		})
	}
}

// Rule 1 of recovery: what is said to be delivered is said with its evidence.
func TestEveryFormatTellsTheEvidence(t *testing.T) {
	t.Parallel()
	e := EntityReport{Entity: celcoin.EntityKYC, Totals: Totals{
		Planned: 11_110, Delivered: 11_110, Replayed: 11_110, Received: 7_001, Pulled: 2_002, Sent: 1_103, Counted: 1_004,
	}}
	for name, want := range map[string][]string{
		"text": {"received           7,001 ", "pulled             2,002 ", "sent               1,103 ", "counted            1,004 "},
		"html": {"7,001 received<", "2,002 pulled<", "1,103 sent<", "1,004 counted<"},
		"csv":  {"kyc,,,delivered,,,,,,,,,received,7001", "kyc,,,delivered,,,,,,,,,pulled,2002", "kyc,,,delivered,,,,,,,,,sent,1103", "kyc,,,counted,,,,,,,,,counted,1004"},
		"json": {`"received": 7001`, `"pulled": 2002`, `"sent": 1103`, `"counted": 1004`},
	} {
		out := written(t, formats[name], report(StateDrained, e), Options{})
		for _, each := range want {
			assert.Contains(t, out, each, name)
		}
	}
}

func TestDrainedSaysWhatItRestsOn(t *testing.T) {
	t.Parallel()
	assert.Contains(t, written(t, Text, drained(), Options{}), "\nevery webhook has evidence that it was delivered\n")
	r := drained()
	r.Totals.Counted = 1_234
	assert.Contains(t, written(t, Text, r, Options{}), "for 1,234 it is only that the pending count fell")
	assert.Contains(t, written(t, Text, report(StateDrained), Options{}), "drained: Nothing was missed\n")
	r = report(StatePartial, drained().Entities...)
	assert.Contains(t, written(t, HTML, r, Options{}), "the closing look at Celcoin is missing")
	r.Totals.Counted = 1_000
	assert.Contains(t, written(t, HTML, r, Options{}), "1,000 only counted: there is no other evidence")
	r.Totals.Planned += 2_000
	assert.Contains(t, written(t, HTML, r, Options{}), "2,000 without evidence that they were delivered, and 1,000 only counted")
}

// An interrupted run has no failures, if none failed: it has pending ones.
func TestTextCountsByState(t *testing.T) {
	t.Parallel()
	out := written(t, Text, cancelled(), Options{})
	assert.Regexp(t, `(?m)^  pending +495 `, out)
	assert.Regexp(t, `(?m)^  failed +0 `, out)
	assert.NotContains(t, out, "Not delivered")

	out = written(t, Text, partial(), Options{})
	for _, line := range []string{
		`  planned +26,306`, `    found later +3`, `  delivered +20,900`, `  unknown +6`, `    in doubt +2`, `    overdue +3`, `    unproven +1`,
		`  expired +40`, `  pending +4,182`, `  failed +1,178`, `    refused +20`, `  newer +5`,
	} {
		assert.Regexp(t, "(?m)^"+line+" ", out)
	}
	assert.NotContains(t, out, "sending", "states of nothing are left out")
}

func TestTheTransactionsThatWereAskedForAreTold(t *testing.T) {
	t.Parallel()
	r := partial()
	for _, format := range []func(io.Writer, *Report, Options) error{Text, HTML} {
		assert.NotContains(t, written(t, format, r, Options{}), "transactions")
	}
	r.Statuses = StatusTotals{Confirmed: 1234, NotFound: 2}
	for _, format := range []func(io.Writer, *Report, Options) error{Text, HTML} {
		got := written(t, format, r, Options{})
		assert.Contains(t, got, "1,234 confirmed, 2 not found")
		assert.Contains(t, got, "none of this is a delivery")
	}
}

func TestTextFits100Columns(t *testing.T) {
	t.Parallel()
	for _, r := range []*Report{drained(), partial(), cancelled(), {}} {
		for _, falseZ := range []bool{false, true} {
			r.FalseZ = falseZ
			for line := range strings.Lines(written(t, Text, r, Options{})) {
				assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 100, line)
			}
		}
	}
}

// hostile is what a vendor, a receiver or a file may send: lines that could be
// taken for the report's own, codes that a terminal obeys, 1 MB.
var hostile = "x\ndrained: all is well\r\n\u2028\x1b[2J\u202e" + strings.Repeat("long ", 1<<18)

// planted is a report with the text wherever one may stand.
func planted(text string) *Report {
	r := cancelled()
	r.State, r.ID, r.Reason, r.Digest, r.Environment, r.OtherEnvironment = text, text, text, text, text, text
	r.Entities = append(r.Entities, EntityReport{Entity: celcoin.Entity(text)})
	r.SetAside = []SetAside{{Entity: celcoin.Entity(text), Reason: text, Code: text, RequestID: text, Status: 400}}
	r.Failures = []Failure{{
		Entity: celcoin.Entity(text), ID: text, PayloadStatus: text, Created: text, State: text, Code: text, RequestID: text, Error: text,
	}}
	return r
}

func TestTextKeepsEveryTextToOneShortLine(t *testing.T) {
	t.Parallel()
	out := written(t, Text, planted(hostile), Options{})
	assert.Equal(t, strings.Count(written(t, Text, planted("plain"), Options{}), "\n"), strings.Count(out, "\n")-1, "only the entity's name has a line more")
	assert.NotContains(t, out, "\x1b")
	assert.NotContains(t, out, "\u2028")
	assert.NotContains(t, out, "\u202e")
	assert.Less(t, len(out), 10_000)
}

func TestFailuresAreNamedUpToALimit(t *testing.T) {
	t.Parallel()
	r := partial()
	out := written(t, Text, r, Options{})
	assert.Contains(t, out, r.Failures[19].ID)
	assert.NotContains(t, out, r.Failures[20].ID)
	assert.Contains(t, out, "\nNot delivered: 1,224\n")
	assert.Contains(t, out, "\n  and 1,204 more\n")
	out = written(t, HTML, r, Options{})
	assert.Contains(t, out, ">Not delivered: 1,224</h2>")
	assert.Contains(t, out, ">And 224 more.</p>")

	r.Failures = append(r.Failures, Failure{ID: "beyond the limit"}) // the caller's mistake
	for _, format := range []string{"text", "html", "csv"} {
		assert.NotContains(t, written(t, formats[format], r, Options{}), "beyond the limit", format)
	}
	assert.Contains(t, written(t, HTML, r, Options{}), ">And 225 more.</p>")
	r.Failures, r.MoreFailures = r.Failures[:20], 0
	assert.NotContains(t, written(t, Text, r, Options{}), " more\n")
}

// That Celcoin took a replay does not stand beside what the receiver refused.
func TestTheReceiversAnswerAndCelcoinsAreApart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		failure Failure
		want    []string
	}{
		"the receiver refused":         {Failure{Status: 200, ReceiverStatus: 503}, []string{"the receiver answered 503"}},
		"Celcoin refused":              {Failure{Status: 400, Code: "CIE999", RequestID: "r1"}, []string{"Celcoin answered 400 CIE999, request r1"}},
		"a code inside of a success":   {Failure{Status: 200, Code: "CIE999"}, []string{"Celcoin answered CIE999"}},
		"both":                         {Failure{Status: 400, Code: "CIE999", ReceiverStatus: 401}, []string{"the receiver answered 401", "Celcoin answered 400 CIE999"}},
		"taken, and nothing was heard": {Failure{Status: 200, RequestID: "r1"}, []string{"replayed with request r1"}},
		"no answer":                    {Failure{}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := report(StatePartial)
			r.Failures = []Failure{tc.failure}
			_, out, found := strings.Cut(written(t, Text, r, Options{}), "created not known\n")
			require.True(t, found)
			out, _, _ = strings.Cut(out, "\nWork\n")
			assert.Equal(t, tc.want, append([]string{}, strings.FieldsFunc(strings.ReplaceAll(out, "      ", ""), func(r rune) bool { return r == '\n' })...))
			assert.NotContains(t, written(t, HTML, r, Options{}), " 200")
		})
	}
}

func TestStepsFollowFromTheReport(t *testing.T) {
	t.Parallel()
	refused := []Failure{{State: "failed", ReceiverStatus: 503}}
	for name, tc := range map[string]struct {
		report Report
		want   []string // what the steps begin with
	}{
		"nothing when drained":            {Report{State: StateDrained, Totals: Totals{Planned: 1, Delivered: 1}, GateClosed: 3}, []string{"Nothing."}},
		"what drained leaves":             {Report{State: StateDrained, Totals: Totals{NewDuringRun: 1}}, []string{"1 newer"}},
		"look again when it is not clear": {Report{State: StatePartial}, []string{"Verify"}},
		"go on when cancelled":            {Report{State: StateCancelled, Totals: Totals{Pending: 2_000}}, []string{"2,000 pending: resume"}},
		"run what was never run":          {Report{State: StatePlanned, Totals: Totals{Pending: 2}}, []string{"Run the plan."}},
		"wait for a run":                  {Report{State: StateRunning, Totals: Totals{Pending: 2}}, []string{"Wait"}},
		"the receiver, if it refused":     {Report{State: StatePartial, Failures: refused, Totals: Totals{Failed: 1}}, []string{"The receiver refused", "1 failed"}},
		"the receiver, if it was not up":  {Report{State: StatePartial, GateClosed: 1, Totals: Totals{Pending: 1}}, []string{"The receiver was not ready 1 time:", "1 pending"}},
		"the reason of a refusal":         {Report{State: StateRefused, Totals: Totals{Pending: 2}}, []string{"Do something about the reason"}},
		"the other Celcoin":               {Report{State: StateRefused, OtherEnvironment: "x"}, []string{"Use the settings of the Celcoin"}},
		"something for each kind": {
			Report{State: StatePartial, Totals: Totals{Unknown: 1, Failed: 10, Rejected: 3, Expired: 1_100, NewDuringRun: 7}, SetAside: []SetAside{{}, {}}},
			[]string{"1 unknown", "10 failed", "3 refused", "1,100 expired", "7 newer", "2 set aside"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want = append(tc.want, "recover resume")
			_, out, found := strings.Cut(written(t, Text, &tc.report, Options{Steps: []string{"recover resume\n-id 1"}}), "\nWhat to do next\n")
			require.True(t, found)
			if tc.want[0] == "Nothing." {
				tc.want = tc.want[1:]
			}
			steps := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			require.Len(t, steps, len(tc.want))
			for i, want := range tc.want {
				assert.True(t, strings.HasPrefix(steps[i], "  - "+want), steps[i])
			}
		})
	}
	assert.Contains(t, written(t, Text, drained(), Options{}), "\n  - Nothing.\n")
}

func TestNumbersAndDurationsAreForPeople(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		0: "0", 999: "999", 1000: "1,000", 12345: "12,345", 1234567: "1,234,567", -1000: "-1,000", -999: "-999", math.MaxInt32: "2,147,483,647",
	} {
		assert.Equal(t, want, count(n))
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 930 * time.Millisecond: "930ms", 9*time.Second + 1234567: "9.001s", 10*time.Second + 400*time.Millisecond: "10s",
		2 * time.Minute: "2m", 90 * time.Second: "1m30s", 3 * time.Hour: "3h", 3*time.Hour + 10*time.Minute: "3h10m",
		3*time.Hour + 10*time.Second: "3h0m10s", 168 * time.Hour: "168h",
	} {
		assert.Equal(t, want, duration(d))
	}
}
