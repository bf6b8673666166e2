package ledger

// Totals count rows. Planned is the sum of AlreadyDelivered, Delivered,
// Unknown, Expired and StillPending.
type Totals struct {
	Planned, AlreadyDelivered, Replayed, Delivered, Unknown, Expired, Rejected, StillPending, NewDuringRun, FoundLater int

	Received, Pulled, Sent, Counted                                int // the evidence of those delivered
	Pending, Failed, Sending, Accepted, InDoubt, Overdue, Unproven int // the others

	provisional int // of Counted: those that the closing look has not confirmed
}

// Add adds those of another unit n times.
func (t *Totals) Add(o Totals, n int) {
	t.Planned += n * o.Planned
	t.AlreadyDelivered += n * o.AlreadyDelivered
	t.Replayed += n * o.Replayed
	t.Delivered += n * o.Delivered
	t.Unknown += n * o.Unknown
	t.Expired += n * o.Expired
	t.Rejected += n * o.Rejected
	t.StillPending += n * o.StillPending
	t.NewDuringRun += n * o.NewDuringRun
	t.FoundLater += n * o.FoundLater
	t.Received += n * o.Received
	t.Pulled += n * o.Pulled
	t.Sent += n * o.Sent
	t.Counted += n * o.Counted
	t.Pending += n * o.Pending
	t.Failed += n * o.Failed
	t.Sending += n * o.Sending
	t.Accepted += n * o.Accepted
	t.InDoubt += n * o.InDoubt
	t.Overdue += n * o.Overdue
	t.Unproven += n * o.Unproven
	t.provisional += n * o.provisional
}

// add counts a row n times.
func (t *Totals) add(r *Row, n int) {
	t.Planned += n
	if r.FoundLater {
		t.FoundLater += n
	}
	if r.Attempts > 0 && (r.State != Failed || !r.Refused) {
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
		if r.Attempts > 0 || r.Evidence == ByPulled {
			t.Delivered += n
		} else {
			t.AlreadyDelivered += n
		}
		t.addEvidence(r.Evidence, n)
	case states:
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
	case NoEvidence:
	}
}
