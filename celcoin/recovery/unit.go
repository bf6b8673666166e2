package recovery

import "context"

// UnitResult is what a run of one unit came to.
type UnitResult struct {
	Unit   Unit
	State  State
	Reason string // why it is not drained
	Totals Totals // of the unit
}

// RunUnit carries out one entity in one window of a plan, to its end: what a
// job engine calls, once for each of [Plan].Units. Repeating it is harmless:
// what is done is not done again. Units of one recovery that run at once wait
// for each other; another process gets [ErrLocked] meanwhile.
//
// A unit is drained when nothing of it was pending at one look. [Recoverer.Verify]
// looks at the whole once more, for the report, when the units are done.
func (r *Recoverer) RunUnit(ctx context.Context, id string, u Unit) (UnitResult, error) {
	result := UnitResult{Unit: u, State: StateRefused}
	report, err := r.perform(ctx, id, func(b *book) error {
		own := b.unitNamed(u)
		if own == nil {
			return invalid("the plan has no such unit")
		}
		err := r.run(ctx, b, own)
		result.Totals, result.State, result.Reason = b.totalsOf(own), b.state(), b.reason
		if t := result.Totals; err == nil && own.unlisted == (unlisted{}) && t.Delivered+t.AlreadyDelivered == t.Planned {
			result.State, result.Reason = StateDrained, ""
		}
		return err
	})
	if report.State == StateCancelled || result.State == StateRefused {
		result.State, result.Reason = report.State, report.Reason
	}
	return result, err
}
