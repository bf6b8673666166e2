package recovery

import (
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// reportCut is how much of a text from outside a report for people shows. The
// rest is in the JSON.
const reportCut = 200

// meaning says a state in words.
func (s State) meaning() string {
	switch s {
	case StateDrained:
		return "nothing of the plan is pending any more"
	case StatePartial:
		return "something of the plan is left"
	case StateRefused:
		return "the plan was not run"
	case StateCancelled:
		return "the run was stopped before its end"
	default:
		return "a state that this version does not know"
	}
}

// recovered is how many webhooks of the plan have arrived, in whatever way.
func (t Totals) recovered() int { return t.AlreadyDelivered + t.Delivered }

// headline is the one number that a reader wants.
func (r *Report) headline() string {
	switch {
	case r.Totals.Planned == 0 && r.State == StateDrained:
		return "Nothing was missed"
	case r.Totals.Planned == 0:
		return "Nothing was recovered"
	}
	return reportCount(r.Totals.recovered()) + " of " + reportCount(r.Totals.Planned) + " recovered"
}

// failureCount is how many items failed, those beyond Failures too.
func (r *Report) failureCount() int { return len(r.Failures) + r.MoreFailures }

// nextSteps says what there is to do, the most pressing first. It is never
// empty.
func (r *Report) nextSteps() []string {
	var steps []string
	t := r.Totals
	switch r.State {
	case StateRefused:
		steps = append(steps, "Nothing was replayed. Put right what the reason says, then plan again.")
	case StateCancelled:
		steps = append(steps, "Call Resume with this ID: it goes on where the run stopped.")
	default:
	}
	if r.State != StateDrained && r.GateClosed > 0 {
		steps = append(steps, "The receiver was not ready "+reportCounted(r.GateClosed, "time", "times")+": mend it before going on.")
	}
	// Of the pending, a cancelled run needs Resume anyway, and a refused one a plan.
	if t.StillPending > 0 && r.State != StateCancelled && r.State != StateRefused {
		steps = append(steps, reportCount(t.StillPending)+" still pending: see that the receiver answers 200, then call Resume with this ID.")
	}
	if t.Unknown > 0 {
		steps = append(steps, reportCount(t.Unknown)+" unknown: call Verify with this ID; it looks again and replays nothing.")
	}
	if t.Rejected > 0 {
		steps = append(steps, reportCount(t.Rejected)+" rejected: see the codes; Celcoin's support finds the calls by their request ids.")
	}
	if t.Expired > 0 {
		steps = append(steps, reportCount(t.Expired)+" expired: Celcoin replays for 7 days. Ask its transaction status API what became of each.")
	}
	if t.NewDuringRun > 0 {
		steps = append(steps, reportCount(t.NewDuringRun)+" new during the run: make another plan for them, with a To of now.")
	}
	if len(steps) == 0 && r.State != StateDrained {
		steps = append(steps, "Call Verify with this ID: it looks again and replays nothing.")
	}
	if len(steps) == 0 {
		steps = append(steps, "Nothing.")
	}
	return steps
}

// reportLine makes a text from outside one line that is not too long.
func reportLine(s string) string { return strings.TrimSpace(redact.Text(s, reportCut)) }

// reportCount writes a number with its thousands apart.
func reportCount(n int) string {
	s := strconv.Itoa(n)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// reportCounted writes a number before its noun.
func reportCounted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return reportCount(n) + " " + many
}

// reportDuration writes a duration in seconds, and below ten of them in
// milliseconds, without units that are zero at its end.
func reportDuration(d time.Duration) string {
	unit := time.Second
	if d.Abs() < 10*time.Second {
		unit = time.Millisecond
	}
	s := d.Round(unit).String()
	if rest, ok := strings.CutSuffix(s, "m0s"); ok {
		s = rest + "m"
	}
	if rest, ok := strings.CutSuffix(s, "h0m"); ok {
		s = rest + "h"
	}
	return s
}
