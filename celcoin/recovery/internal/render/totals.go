package render

import "slices"

// number is a count with its explanation, and what it consists of.
type number struct {
	Name  string
	Count int
	What  string
	Bad   bool // whoever reads it has something to do, unless it is 0
	Parts []number
}

// Number is the count for people.
func (n number) Number() string {
	if n.Count == NotTold {
		return "?"
	}
	return count(n.Count)
}

// Class marks what to look at, and what to look past.
func (n number) Class() string {
	switch {
	case n.Count == 0, n.Count == NotTold:
		return "zero"
	case n.Bad:
		return "attention"
	}
	return ""
}

// arrived is how many webhooks are delivered, whether or not they were replayed.
func (t Totals) arrived() int { return t.AlreadyDelivered + t.Delivered }

// numbers are the totals with their parts: what is delivered by its evidence,
// the rest by its states. Parts of nothing are left out.
func (t Totals) numbers() []number {
	all := []number{
		{Name: "planned", Count: t.Planned, What: "pending in the outage: the sum of the next five", Parts: some(
			number{Name: "found later", Count: t.FoundLater, What: "by a later look than the plan's"},
		)},
		{Name: "delivered", Count: t.arrived(), What: "by this evidence:", Parts: t.evidence()},
		{Name: "unknown", Count: t.Unknown, What: "no evidence either way", Bad: true, Parts: some(
			number{Name: "sending", Count: t.Sending, What: "being replayed"},
			number{Name: "accepted", Count: t.Accepted, What: "Celcoin took the replay, not delivered yet"},
			number{Name: "in doubt", Count: t.InDoubt, What: "the replay may have been carried out"},
			number{Name: "overdue", Count: t.Overdue, What: "accepted, and not delivered in time"},
			number{Name: "unproven", Count: t.Unproven, What: "no longer pending, but not listed as sent"},
		)},
		{Name: "expired", Count: t.Expired, What: "older than the 7 days of Celcoin's replay", Bad: true},
		{Name: "pending", Count: t.Pending, What: "to be replayed", Bad: true},
		{Name: "failed", Count: t.Failed, What: "attempts used up, or refused", Bad: true, Parts: some(
			number{Name: "refused", Count: t.Rejected, What: "Celcoin said no to this one"},
		)},
		{Name: "replayed", Count: t.Replayed, What: "of the planned, at least once"},
	}
	if t.arrived() == 0 {
		all[1].What = "has evidence of its delivery"
	}
	return append(all, some(
		number{Name: "without a replay", Count: t.AlreadyDelivered, What: "of the delivered, not replayed by this recovery"},
		number{Name: "newer", Count: t.NewDuringRun, What: "pending, but created after the plan: not in it", Bad: true},
	)...)
}

// evidence is what shows that the delivered are delivered.
func (t Totals) evidence() []number {
	return some(
		number{Name: "received", Count: t.Received, What: "the receiver says so"},
		number{Name: "pulled", Count: t.Pulled, What: "the handler took the payload"},
		number{Name: "sent", Count: t.Sent, What: "Celcoin lists it as sent"},
		number{Name: "counted", Count: t.Counted, What: "only Celcoin's pending count fell: not looked up"},
	)
}

// some are the numbers that are not zero.
func some(numbers ...number) []number {
	return slices.DeleteFunc(numbers, func(n number) bool { return n.Count == 0 })
}

// columns are the totals that the table of entities has a column for.
func (t Totals) columns() []number {
	return []number{
		{Name: "planned", Count: t.Planned},
		{Name: "replayed", Count: t.Replayed},
		{Name: "delivered", Count: t.arrived()},
		{Name: "unknown", Count: t.Unknown, Bad: true},
		{Name: "expired", Count: t.Expired, Bad: true},
		{Name: "pending", Count: t.Pending, Bad: true},
		{Name: "failed", Count: t.Failed, Bad: true},
	}
}
