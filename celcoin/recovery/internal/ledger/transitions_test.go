package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What each event does to an item in each state, spelled out: "-" is illegal.
// The item has been replayed once in this run, of two times.
//
//nolint:dupword // a table of states
const table = `
              pending   sending   accepted  in doubt  counted   overdue   failed    unproven  expired   delivered
intent        sending   -         -         -         -         -         -         -         sending   -
accepted      -         accepted  -         -         -         -         -         -         -         delivered
unsent        -         pending   -         -         -         -         -         -         -         delivered
doubt         -         in doubt  -         -         -         -         -         -         -         delivered
refused       -         pending   -         -         -         -         -         -         -         delivered
no match      -         unproven  -         -         -         -         -         -         -         delivered
counted       -         -         counted   counted   -         counted   -         -         -         -
timeout       -         -         overdue   pending   -         overdue   -         -         -         -
undelivered   -         -         -         -         -         pending   -         -         -         -
pending       pending   sending   accepted  in doubt  pending   overdue   failed    pending   expired   pending
other         unproven  -         unproven  unproven  unproven  unproven  unproven  unproven  unproven  delivered
gone          unproven  -         unproven  unproven  unproven  unproven  unproven  unproven  expired   delivered
received      delivered delivered delivered delivered delivered delivered delivered delivered delivered delivered
pulled        delivered delivered delivered delivered delivered delivered delivered delivered delivered delivered
unpulled      failed    -         failed    failed    -         failed    failed    failed    expired   -
sent          delivered delivered delivered delivered delivered delivered delivered delivered delivered delivered
final         -         -         -         -         delivered -         -         -         -         delivered
expire        expired   -         -         -         -         -         -         -         expired   -
give up       failed    failed    -         -         -         -         -         -         -         -
begin         pending   sending   accepted  in doubt  counted   overdue   pending   unproven  pending   delivered
`

func TestEachEventInEachState(t *testing.T) {
	t.Parallel()
	const width, first = 10, 14
	lines := nonEmptyLines(table)
	require.Len(t, lines, len(transitions)+1, "a line for each event")
	for _, line := range lines[1:] {
		kind := Kind(column(line, 0, first))
		for s := range states {
			want := column(line, first+int(s)*width, width)
			r := Row{State: s, Attempts: 1, InRun: 1}
			if s == Delivered {
				r.Evidence = BySent
			}
			assert.Equal(t, want != "-", r.legal(kind), "%s in %s", kind, s)
			if r.legal(kind) {
				r.apply(&Event{Kind: kind, Time: time.Unix(1, 0)}, 2)
				assert.Equal(t, want, r.State.String(), "%s in %s", kind, s)
				assert.Equal(t, r.State == Delivered, r.Evidence != NoEvidence, "%s in %s: evidence and delivered go together", kind, s)
			}
		}
	}
}

func TestWhatChangesTheWayBackToPending(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row  Row
		kind Kind
		want State
	}{
		"the attempts of the run are used up":            {Row{State: Overdue, Attempts: 3, InRun: 2}, KindUndelivered, Failed},
		"the attempts of all runs are used up":           {Row{State: Overdue, Attempts: MaxAttempts, InRun: 1}, KindUndelivered, Failed},
		"in doubt, and the attempts are used up":         {Row{State: InDoubt, Attempts: 2, InRun: 2}, KindTimeout, Failed},
		"a canary never counts against its item":         {Row{State: Overdue, Attempts: 2, InRun: 2, Probe: true}, KindUndelivered, Pending},
		"nor does one that is pulled":                    {Row{State: Pending, Attempts: 2, InRun: 1}, KindUnpulled, Pending},
		"but the attempts of all runs do":                {Row{State: Overdue, Attempts: MaxAttempts, InRun: 2, Probe: true}, KindUndelivered, Failed},
		"what was not sent is not an attempt":            {Row{State: Sending, Attempts: 2, InRun: 2}, KindUnsent, Pending},
		"refused as often as it may be asked for":        {Row{State: Sending, Attempts: 2, InRun: 2}, KindRefused, Failed},
		"a handler that failed for the first time":       {Row{State: Unproven}, KindUnpulled, Pending},
		"an expired one is expired again":                {Row{State: Overdue, Attempts: 1, InRun: 1, Last: true}, KindUndelivered, Expired},
		"an expired one, refused":                        {Row{State: Sending, Attempts: 1, InRun: 1, Last: true}, KindRefused, Expired},
		"an expired one, of which nothing matched":       {Row{State: Sending, Attempts: 1, InRun: 1, Last: true}, KindNoMatch, Expired},
		"an expired one, not sent":                       {Row{State: Sending, Attempts: 1, InRun: 1, Last: true}, KindUnsent, Expired},
		"a new run does not exceed all attempts":         {Row{State: Failed, Attempts: MaxAttempts}, KindBegin, Failed},
		"a new run cannot ask for what cannot be named":  {Row{State: Failed, Item: Item{Error: "no id"}}, KindBegin, Failed},
		"a new run replays what has another status":      {Row{State: Unproven, Other: "FALHA"}, KindBegin, Pending},
		"a new run leaves what is gone":                  {Row{State: Unproven}, KindBegin, Unproven},
		"what is replayed under another status keeps it": {Row{State: Pending, Other: "FALHA"}, KindOther, Pending},
		"received outlives a pending listing":            {Row{State: Delivered, Evidence: ByReceived}, KindPending, Delivered},
		"pulled outlives a pending listing":              {Row{State: Delivered, Evidence: ByPulled}, KindPending, Delivered},
	} {
		r := c.row
		require.True(t, r.legal(c.kind), name)
		r.apply(&Event{Kind: c.kind, Time: time.Unix(1, 0), Probe: c.kind == KindUnpulled}, 2)
		assert.Equal(t, c.want, r.State, name)
		assert.LessOrEqual(t, r.InRun, 3, name)
	}
}

func TestTheStrongestEvidenceStays(t *testing.T) {
	t.Parallel()
	r := Row{State: Counted}
	for _, step := range []struct {
		kind Kind
		want Evidence
	}{
		{KindFinal, ByCount}, {KindSent, BySent}, {KindFinal, BySent}, {KindPulled, ByPulled}, {KindSent, ByPulled},
		{KindReceived, ByReceived}, {KindPulled, ByReceived}, {KindOther, ByReceived},
	} {
		require.True(t, r.legal(step.kind), step.kind)
		r.apply(&Event{Kind: step.kind}, 3)
		assert.Equal(t, step.want, r.Evidence, step.kind)
	}
	assert.Equal(t, "received", r.Evidence.String())
	assert.Equal(t, "state 10", states.String())
}

// What an event tells delivery control: "-" nothing, "arrived", "failed", and
// "probe" if it has failed only as a canary or a trial.
func TestWhatEventsTellOfADelivery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind Kind
		from State
		tell string
	}{
		{KindReceived, Accepted, "arrived"}, {KindReceived, Pending, "-"}, {KindSent, Overdue, "arrived"}, {KindSent, Unproven, "-"},
		{KindCounted, InDoubt, "arrived"}, {KindPulled, Pending, "arrived"}, {KindUnpulled, Pending, "failed"},
		{KindUndelivered, Overdue, "failed"}, {KindOther, Accepted, "failed"}, {KindOther, Counted, "failed"},
		{KindOther, Pending, "-"}, {KindOther, Unproven, "probe"}, {KindRefused, Sending, "probe"}, {KindTimeout, InDoubt, "probe"},
		{KindTimeout, Accepted, "-"}, {KindGone, Accepted, "probe"}, {KindGone, Unproven, "probe"}, {KindPending, Unproven, "probe"},
		{KindPending, Accepted, "-"}, {KindNoMatch, Sending, "-"}, {KindUnsent, Sending, "-"},
	} {
		for _, probe := range []bool{false, true} {
			told := "-"
			u := unit(t, "a")
			u.Rows[0] = Row{State: c.from, Attempts: 1, InRun: 1, Probe: probe}
			want := c.tell
			if want == "probe" {
				want = map[bool]string{true: "failed", false: "-"}[probe]
			}
			require.NoError(t, u.Apply(&Event{Kind: c.kind, Time: at, Probe: probe, Items: []int{0}}))
			for _, o := range u.Untold {
				told = map[bool]string{true: "arrived", false: "failed"}[o.Arrived]
			}
			assert.Equal(t, want, told, "%s of what is %s, probe %v", c.kind, c.from, probe)
			require.NoError(t, u.Apply(&Event{Kind: KindTold}))
			assert.Empty(t, u.Untold)
		}
	}
}
