package ledger

// Totals count rows. Planned is the sum of AlreadyDelivered, Delivered,
// Unknown, Expired and StillPending.
type Totals struct {
	Planned, AlreadyDelivered, Replayed, Delivered, Unknown, Expired, Rejected, StillPending, NewDuringRun, FoundLater int

	Received, Pulled, Sent, Counted                                int // the evidence of those delivered
	Pending, Failed, Sending, Accepted, InDoubt, Overdue, Unproven int // the others

	provisional int // of Counted: those that the closing look has not confirmed
}

// Add adds the totals of another unit.
func (t *Totals) Add(o Totals) {
	t.Planned += o.Planned
	t.AlreadyDelivered += o.AlreadyDelivered
	t.Replayed += o.Replayed
	t.Delivered += o.Delivered
	t.Unknown += o.Unknown
	t.Expired += o.Expired
	t.Rejected += o.Rejected
	t.StillPending += o.StillPending
	t.NewDuringRun += o.NewDuringRun
	t.FoundLater += o.FoundLater
	t.Received += o.Received
	t.Pulled += o.Pulled
	t.Sent += o.Sent
	t.Counted += o.Counted
	t.Pending += o.Pending
	t.Failed += o.Failed
	t.Sending += o.Sending
	t.Accepted += o.Accepted
	t.InDoubt += o.InDoubt
	t.Overdue += o.Overdue
	t.Unproven += o.Unproven
	t.provisional += o.provisional
}

// add counts a row n times.
func (t *Totals) add(r *Row, n int) {
	t.Planned += n
	if r.FoundLater {
		t.FoundLater += n
	}
	if r.Attempts > 0 && !(r.State == Failed && r.Refused) {
		t.Replayed += n
	}
	switch r.State {
	case Pending:
		t.Pending += n
		t.StillPending += n
	case Failed:
		t.Failed += n
		t.StillPending += n
		if r.Refused {
			t.Rejected += n
		}
	case Sending:
		t.Sending += n
		t.Unknown += n
	case Accepted:
		t.Accepted += n
		t.Unknown += n
	case InDoubt:
		t.InDoubt += n
		t.Unknown += n
	case Overdue:
		t.Overdue += n
		t.Unknown += n
	case Unproven:
		t.Unproven += n
		t.Unknown += n
	case Expired:
		t.Expired += n
	case Counted:
		t.Counted += n
		t.provisional += n
		t.Delivered += n
	case Delivered:
		if r.Attempts > 0 {
			t.Delivered += n
		} else {
			t.AlreadyDelivered += n
		}
		t.addEvidence(r.Evidence, n)
	}
}

func (t *Totals) addEvidence(e Evidence, n int) {
	switch e {
	case ByReceived:
		t.Received += n
	case ByPulled:
		t.Pulled += n
	case BySent:
		t.Sent += n
	case ByCount:
		t.Counted += n
	}
}
