package render

import (
	"strings"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// steps say what there is to do, the most pressing first, and then what the
// caller says. They name no command: who reads may use a tool, a job or Go.
func (r *Report) steps(o Options) []string {
	steps := r.cause()
	t := r.Totals
	add := func(n int, text string) {
		if n > 0 {
			steps = append(steps, count(n)+" "+text)
		}
	}
	switch r.State {
	case StateRefused, StateRunning, StatePlanned:
	default:
		add(t.Pending, "pending: resume the recovery, it goes on where it stopped.")
		add(t.Unknown, "unknown: verify the recovery, which looks again and replays nothing.")
		add(t.Failed, "failed: once the cause is gone, a new run tries them again.")
		add(t.Rejected, "refused: Celcoin's support finds the calls by their request ids.")
		add(t.Expired, "expired: ask Celcoin's transaction status API what became of each.")
		add(t.NewDuringRun, "newer than the plan: make another plan, up to now.")
		add(len(r.SetAside), "set aside: see the reasons, then make another plan for them.")
		if len(steps) == 0 && r.State != StateDrained {
			steps = append(steps, "Verify the recovery: it looks again and replays nothing.")
		}
	}
	if steps = append(steps, o.steps()...); len(steps) == 0 {
		steps = append(steps, "Nothing.")
	}
	return steps
}

// longestStep leaves room for a command with its paths.
const longestStep = 2000

// steps are the caller's, one line each.
func (o Options) steps() []string {
	steps := make([]string, 0, len(o.Steps))
	for _, step := range o.Steps {
		steps = append(steps, strings.TrimSpace(redact.Text(step, longestStep)))
	}
	return steps
}

// cause is what to do about why the run did not end well. Nothing is said of the
// receiver unless it is known to be the cause.
func (r *Report) cause() []string {
	var steps []string
	switch {
	case r.State == StateRefused && r.OtherEnvironment != "":
		steps = append(steps, "Use the settings of the Celcoin that the plan was made with, or make a plan for this one.")
	case r.State == StateRefused:
		steps = append(steps, "Do something about the reason, then start again.")
	case r.State == StatePlanned:
		steps = append(steps, "Run the plan.")
	case r.State == StateRunning:
		steps = append(steps, "Wait for the end of the run.")
	}
	if r.State == StateDrained {
		return steps
	}
	if r.GateClosed > 0 {
		steps = append(steps, "The receiver was not ready "+counted(r.GateClosed, "time", "times")+": see to it before going on.")
	}
	for _, f := range r.Failures {
		if f.ReceiverStatus != 0 && f.ReceiverStatus != 200 {
			return append(steps, "The receiver refused deliveries: look for their ids in its log.")
		}
	}
	return steps
}
