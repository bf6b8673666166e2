package ledger

// ByState counts rows by their states.
type ByState [states]int

// ByEvidence counts rows that are delivered by their evidence.
type ByEvidence [evidences]int

// Totals count rows.
type Totals struct {
	In ByState
	By ByEvidence

	AlreadyDelivered int // without a replay or a pull
	Replayed         int // at least once, and not refused
	Rejected         int // of those failed: Celcoin said no to the latest replay
	FoundLater       int
	NewDuringRun     int // not rows: pending webhooks that are dated after the plan
}

// Add adds those of another unit n times.
func (t *Totals) Add(o Totals, n int) {
	for s := range o.In {
		t.In[s] += n * o.In[s]
	}
	for e := range o.By {
		t.By[e] += n * o.By[e]
	}
	t.AlreadyDelivered += n * o.AlreadyDelivered
	t.Replayed += n * o.Replayed
	t.Rejected += n * o.Rejected
	t.FoundLater += n * o.FoundLater
	t.NewDuringRun += n * o.NewDuringRun
}

// add counts a row n times.
func (t *Totals) add(r *Row, n int) {
	t.In[r.State] += n
	if r.FoundLater {
		t.FoundLater += n
	}
	if r.Attempts > 0 && !r.Sent.IsZero() && (r.State != Failed || !r.Refused) {
		t.Replayed += n
	}
	if r.State == Failed && r.Refused {
		t.Rejected += n
	}
	if r.State == Delivered {
		t.By[r.Evidence] += n
		if r.Attempts == 0 && r.Evidence != ByPulled {
			t.AlreadyDelivered += n
		}
	}
}

// Planned counts all rows: it is the sum of AlreadyDelivered, Delivered, Unknown,
// StillPending, and those expired.
func (t *Totals) Planned() (n int) {
	for _, in := range t.In {
		n += in
	}
	return n
}

// Delivered counts rows that are delivered after a replay or a pull, for all that is
// known.
func (t *Totals) Delivered() int { return t.In[Delivered] + t.In[Counted] - t.AlreadyDelivered }

// Counted counts those of which nothing but the pending count says so.
func (t *Totals) Counted() int { return t.In[Counted] + t.By[ByCount] }

// Unknown counts rows that may be delivered or not.
func (t *Totals) Unknown() int {
	return t.In[Sending] + t.In[Accepted] + t.In[InDoubt] + t.In[Overdue] + t.In[Unproven]
}

// StillPending counts rows that are not delivered.
func (t *Totals) StillPending() int { return t.In[Pending] + t.In[Failed] }
