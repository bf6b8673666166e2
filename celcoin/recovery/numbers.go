package recovery

import (
	"slices"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

type number = render.Number

// arrived is how many webhooks are delivered, whether or not they were replayed.
func (t Totals) arrived() int { return t.AlreadyDelivered + t.Delivered }

// numbers are the totals with their parts: what is delivered by its evidence,
// the rest by its states. Parts of nothing are left out.
func (t Totals) numbers() []number {
	delivered := "by this evidence:"
	if t.arrived() == 0 {
		delivered = "has evidence of its delivery"
	}
	return append([]number{
		{Name: "planned", Count: t.Planned, What: "pending in the outage: the sum of the next five", Parts: some(
			number{Name: "found later", Count: t.FoundLater, What: "by a later look than the plan's"},
		)},
		{Name: "delivered", Count: t.arrived(), What: delivered, Parts: t.evidence()},
		{Name: "unknown", Count: t.Unknown, What: "no evidence either way", Bad: true, Parts: t.unknown()},
		{Name: "expired", Count: t.Expired, What: "older than the 7 days of Celcoin's replay", Bad: true},
		{Name: "pending", Count: t.Pending, What: "to be replayed", Bad: true},
		{Name: "failed", Count: t.Failed, What: "attempts used up, or refused", Bad: true, Parts: some(
			number{Name: "refused", Count: t.Rejected, What: "Celcoin said no to this one"},
		)},
		{Name: "replayed", Count: t.Replayed, What: "of the planned, at least once"},
	}, some(
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

// unknown are the states of those without evidence either way.
func (t Totals) unknown() []number {
	return some(
		number{Name: "sending", Count: t.Sending, What: "being replayed"},
		number{Name: "accepted", Count: t.Accepted, What: "Celcoin took the replay, not delivered yet"},
		number{Name: "in doubt", Count: t.InDoubt, What: "the replay may have been carried out"},
		number{Name: "overdue", Count: t.Overdue, What: "accepted, and not delivered in time"},
		number{Name: "unproven", Count: t.Unproven, What: "no longer pending, but not listed as sent"},
	)
}

// some are the numbers that are not zero.
func some(numbers ...number) []number {
	return slices.DeleteFunc(numbers, func(n number) bool { return n.Count == 0 })
}

// columns are what a table of entities or vendors shows of each. First is what
// the first one is called.
func (t Totals) columns(first string) []number {
	return VendorSummary{
		Missed: t.Planned, Replayed: t.Replayed, Delivered: t.arrived(), Unknown: t.Unknown,
		Expired: t.Expired, Pending: t.Pending, Failed: t.Failed,
	}.columns(first)
}

func (v VendorSummary) columns(first string) []number {
	return []number{
		{Name: first, Count: v.Missed},
		{Name: "replayed", Count: v.Replayed},
		{Name: "delivered", Count: v.Delivered},
		{Name: "unknown", Count: v.Unknown, Bad: true},
		{Name: "expired", Count: v.Expired, Bad: true},
		{Name: "pending", Count: v.Pending, Bad: true},
		{Name: "failed", Count: v.Failed, Bad: true},
	}
}
