package recovery_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// formats are all ways in which a report is written.
var formats = map[string]func(*recovery.Report, io.Writer) error{
	"text": (*recovery.Report).WriteText, "json": (*recovery.Report).WriteJSON, "csv": (*recovery.Report).WriteCSV, "html": (*recovery.Report).WriteHTML,
}

// written is a report in one format.
func written(t *testing.T, format string, r *recovery.Report) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, formats[format](r, &b))
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
			assert.NotEmpty(t, written(t, name, &recovery.Report{}))
			full := errors.New("no space left on device")
			assert.ErrorIs(t, format(partial().With(ceffu()), brokenWriter{full}), full)
		})
	}
}

// Rule 1 of recovery: what is said to be delivered is said with its evidence.
func TestEveryFormatTellsTheEvidence(t *testing.T) {
	t.Parallel()
	e := recovery.EntityReport{Entity: celcoin.EntityKYC, Totals: recovery.Totals{
		Planned: 11_110, Delivered: 11_110, Replayed: 11_110, Received: 7_001, Pulled: 2_002, Sent: 1_103, Counted: 1_004,
	}}
	for name, want := range map[string][]string{
		"text": {"received           7,001 ", "pulled             2,002 ", "sent               1,103 ", "counted            1,004 "},
		"html": {"7,001 received<", "2,002 pulled<", "1,103 sent<", "1,004 counted<"},
		"csv":  {"kyc,,,delivered,,,,,,,,,received,7001", "kyc,,,delivered,,,,,,,,,pulled,2002", "kyc,,,delivered,,,,,,,,,sent,1103", "kyc,,,counted,,,,,,,,,counted,1004"},
		"json": {`"received": 7001`, `"pulled": 2002`, `"sent": 1103`, `"counted": 1004`},
	} {
		out := written(t, name, report(recovery.StateDrained, e))
		for _, each := range want {
			assert.Contains(t, out, each, name)
		}
	}
}

func TestDrainedSaysWhatItRestsOn(t *testing.T) {
	t.Parallel()
	assert.Contains(t, written(t, "text", allDelivered()), "\nevery webhook has evidence that it was delivered\n")
	r := allDelivered()
	r.Totals.Counted = 1_234
	assert.Contains(t, written(t, "text", r), "for 1,234 it is only that the pending count fell")
	assert.Contains(t, written(t, "text", report(recovery.StateDrained)), "drained: Nothing was missed\n")
	r = report(recovery.StatePartial, allDelivered().Entities...)
	assert.Contains(t, written(t, "html", r), "the closing look at Celcoin is missing")
	r.Totals.Counted = 1_000
	assert.Contains(t, written(t, "html", r), "1,000 only counted: there is no other evidence")
	r.Totals.Planned += 2_000
	assert.Contains(t, written(t, "html", r), "2,000 without evidence that they were delivered, and 1,000 only counted")
}

// An interrupted run has no failures, if none failed: it has pending ones.
func TestTextCountsByState(t *testing.T) {
	t.Parallel()
	out := written(t, "text", cancelled())
	assert.Regexp(t, `(?m)^  pending +495 `, out)
	assert.Regexp(t, `(?m)^  failed +0 `, out)
	assert.NotContains(t, out, "Not delivered")

	out = written(t, "text", partial())
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
	for _, format := range []string{"text", "html"} {
		assert.NotContains(t, written(t, format, r), "transactions")
	}
	r.Statuses = recovery.StatusTotals{Confirmed: 1234, NotFound: 2}
	for _, format := range []string{"text", "html"} {
		got := written(t, format, r)
		assert.Contains(t, got, "1,234 confirmed, 2 not found")
		assert.Contains(t, got, "none of this is a delivery")
	}
}

func TestTextFits100Columns(t *testing.T) {
	t.Parallel()
	for _, r := range []*recovery.Report{allDelivered(), partial(), cancelled(), {}} {
		for _, falseZ := range []bool{false, true} {
			r.FalseZ = falseZ
			for line := range strings.Lines(written(t, "text", r)) {
				assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 100, line)
			}
		}
	}
}

// hostile is what a vendor, a receiver or a file may send: lines that could be
// taken for the report's own, codes that a terminal obeys, 1 MB.
var hostile = "x\ndrained: all is well\r\n\u2028\x1b[2J\u202e" + strings.Repeat("long ", 1<<18)

// planted is a report with the text wherever one may stand.
func planted(text string) *recovery.Report {
	r := cancelled()
	r.State, r.ID, r.Reason, r.Digest, r.Environment, r.OtherEnvironment = recovery.State(text), text, text, text, text, text
	r.Entities = append(r.Entities, recovery.EntityReport{Entity: celcoin.Entity(text)})
	r.SetAside = []recovery.SetAside{{Entity: celcoin.Entity(text), Reason: text, Code: text, RequestID: text, Status: 400}}
	r.Failures = []recovery.Failure{{
		Entity: celcoin.Entity(text), ID: text, PayloadStatus: text, Created: text, State: text, Code: text, RequestID: text, Error: text,
	}}
	return r
}

func TestTextKeepsEveryTextToOneShortLine(t *testing.T) {
	t.Parallel()
	out := written(t, "text", planted(hostile))
	assert.Equal(t, strings.Count(written(t, "text", planted("plain")), "\n"), strings.Count(out, "\n")-1, "only the entity's name has a line more")
	assert.NotContains(t, out, "\x1b")
	assert.NotContains(t, out, "\u2028")
	assert.NotContains(t, out, "\u202e")
	assert.Less(t, len(out), 10_000)
}

func TestFailuresAreNamedUpToALimit(t *testing.T) {
	t.Parallel()
	r := partial()
	out := written(t, "text", r)
	assert.Contains(t, out, r.Failures[19].ID)
	assert.NotContains(t, out, r.Failures[20].ID)
	assert.Contains(t, out, "\nNot delivered: 1,224\n")
	assert.Contains(t, out, "\n  and 1,204 more\n")
	out = written(t, "html", r)
	assert.Contains(t, out, ">Not delivered: 1,224</h2>")
	assert.Contains(t, out, ">And 224 more.</p>")

	r.Failures, r.MoreFailures = r.Failures[:20], 0
	assert.NotContains(t, written(t, "text", r), " more\n")
}

// That Celcoin took a replay does not stand beside what the receiver refused.
func TestTheReceiversAnswerAndCelcoinsAreApart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		failure recovery.Failure
		want    []string
	}{
		"the receiver refused":         {recovery.Failure{Status: 200, ReceiverStatus: 503}, []string{"the receiver answered 503"}},
		"Celcoin refused":              {recovery.Failure{Status: 400, Code: "CIE999", RequestID: "r1"}, []string{"Celcoin answered 400 CIE999, request r1"}},
		"a code inside of a success":   {recovery.Failure{Status: 200, Code: "CIE999"}, []string{"Celcoin answered CIE999"}},
		"both":                         {recovery.Failure{Status: 400, Code: "CIE999", ReceiverStatus: 401}, []string{"the receiver answered 401", "Celcoin answered 400 CIE999"}},
		"taken, and nothing was heard": {recovery.Failure{Status: 200, RequestID: "r1"}, []string{"replayed with request r1"}},
		"no answer":                    {recovery.Failure{}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := report(recovery.StatePartial)
			r.Failures = []recovery.Failure{tc.failure}
			_, out, found := strings.Cut(written(t, "text", r), "created not known\n")
			require.True(t, found)
			out, _, _ = strings.Cut(out, "\nWork\n")
			assert.Equal(t, tc.want, append([]string{}, strings.FieldsFunc(strings.ReplaceAll(out, "      ", ""), func(r rune) bool { return r == '\n' })...))
			assert.NotContains(t, written(t, "html", r), " 200")
		})
	}
}

func TestStepsFollowFromTheReport(t *testing.T) {
	t.Parallel()
	refused := []recovery.Failure{{State: "failed", ReceiverStatus: 503}}
	for name, tc := range map[string]struct {
		report recovery.Report
		want   []string // what the steps begin with
	}{
		"nothing when drained":            {recovery.Report{State: recovery.StateDrained, Totals: recovery.Totals{Planned: 1, Delivered: 1}, GateClosed: 3}, []string{"Nothing."}},
		"what drained leaves":             {recovery.Report{State: recovery.StateDrained, Totals: recovery.Totals{NewDuringRun: 1}}, []string{"1 newer"}},
		"look again when it is not clear": {recovery.Report{State: recovery.StatePartial}, []string{"Verify"}},
		"go on when cancelled":            {recovery.Report{State: recovery.StateCancelled, Totals: recovery.Totals{Pending: 2_000}}, []string{"2,000 pending: resume"}},
		"run what was never run":          {recovery.Report{State: recovery.StatePlanned, Totals: recovery.Totals{Pending: 2}}, []string{"Run the plan."}},
		"wait for a run":                  {recovery.Report{State: recovery.StateRunning, Totals: recovery.Totals{Pending: 2}}, []string{"Wait"}},
		"the receiver, if it refused":     {recovery.Report{State: recovery.StatePartial, Failures: refused, Totals: recovery.Totals{Failed: 1}}, []string{"The receiver refused", "1 failed"}},
		"the receiver, if it was not up":  {recovery.Report{State: recovery.StatePartial, GateClosed: 1, Totals: recovery.Totals{Pending: 1}}, []string{"The receiver was not ready 1 time:", "1 pending"}},
		"the reason of a refusal":         {recovery.Report{State: recovery.StateRefused, Totals: recovery.Totals{Pending: 2}}, []string{"Do something about the reason"}},
		"the other Celcoin":               {recovery.Report{State: recovery.StateRefused, OtherEnvironment: "x"}, []string{"Use the settings of the Celcoin"}},
		"something for each kind": {
			recovery.Report{State: recovery.StatePartial, Totals: recovery.Totals{Unknown: 1, Failed: 10, Rejected: 3, Expired: 1_100, NewDuringRun: 7}, SetAside: []recovery.SetAside{{}, {}}},
			[]string{"1 unknown", "10 failed", "3 refused", "1,100 expired", "7 newer", "2 set aside"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want = append(tc.want, "recover resume")
			_, out, found := strings.Cut(written(t, "text", tc.report.With(recovery.Addendum{Steps: []string{"recover resume\n-id 1"}})), "\nWhat to do next\n")
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
	assert.Contains(t, written(t, "text", allDelivered()), "\n  - Nothing.\n")
}
