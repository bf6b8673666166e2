package recovery

import (
	"net/http"
	"slices"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// steps say what there is to do, the most pressing first. They name no command:
// who reads may use a tool, a job or Go.
func (r *Report) steps() (steps []string) {
	add := func(text string) { steps = append(steps, text) }
	stopped := false
	switch {
	case r.State == StateRefused && r.OtherEnvironment != "":
		add("Use the settings of the Celcoin that the plan was made with, or make a plan for this one.")
	case r.State == StateRefused:
		add("Do something about the reason, then start again.")
	case r.State == StatePlanned:
		add("Run the plan.")
	case r.State == StateRunning:
		add("Wait for the end of the run.")
	default:
		stopped = true
	}
	// Nothing is said of the receiver unless it is known to be the cause.
	if r.GateClosed > 0 && r.State != StateDrained {
		add("The receiver was not ready " + render.Counted(r.GateClosed, "time") + ": see to it before going on.")
	}
	refused := func(f Failure) bool { return f.ReceiverStatus != 0 && f.ReceiverStatus != http.StatusOK }
	if r.State != StateDrained && slices.ContainsFunc(r.Failures, refused) {
		add("The receiver refused deliveries: look for their ids in its log.")
	}
	if !stopped {
		return steps
	}
	t := r.Totals
	for _, s := range []struct {
		n    int
		text string
	}{
		{t.Pending, "pending: resume the recovery, it goes on where it stopped."},
		{t.Unknown, "unknown: verify the recovery, which looks again and replays nothing."},
		{t.Failed, "failed: once the cause is gone, a new run tries them again."},
		{t.Rejected, "refused: Celcoin's support finds the calls by their request ids."},
		{t.Expired, "expired: ask Celcoin's transaction status API what became of each."},
		{t.NewDuringRun, "newer than the plan: make another plan, up to now."},
		{len(r.SetAside), "set aside: see the reasons, then make another plan for them."},
	} {
		if s.n > 0 {
			add(render.Count(s.n) + " " + s.text)
		}
	}
	if len(steps) == 0 && r.State != StateDrained {
		add("Verify the recovery: it looks again and replays nothing.")
	}
	return steps
}
