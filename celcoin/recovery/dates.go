package recovery

import "slices"

// What the date of the last update tells is not documented. If it changes when a
// delivery was tried, a failure is seen at once. But it may change when a replay
// is accepted as well: then it tells nothing of the delivery. The first that
// is seen to change, while its webhook stays pending, is watched to the end of
// the settle time: it shows which it is.
const (
	datesNotKnown int8 = iota
	datesTellTries
	datesTellNothing
)

// tried tells whether the webhooks of an id have been tried, all of them, since
// they had these dates.
func (e *engine) tried(before, after []string) bool {
	return e.tries != datesTellNothing && !overlap(before, after)
}

// overlap tells whether any of the webhooks of an id was last tried when one of
// them was before: then not all have been tried since.
func overlap(before, after []string) bool {
	return slices.ContainsFunc(after, func(at string) bool { return slices.Contains(before, at) })
}

// untouched tells whether nothing has happened to the webhooks of an id since they
// had these dates: what a date that changes may tell, one that does not tells that
// no replay was carried out.
func untouched(before, after []string) bool {
	return len(after) >= len(before) && !slices.ContainsFunc(after, func(at string) bool { return !slices.Contains(before, at) })
}

// datesBefore is when the webhooks of an item of the batch had last been tried,
// when it was asked for.
func (e *engine) datesBefore(i int, it *Item) []string {
	if before, ok := e.baseline[i]; ok {
		return before
	}
	return []string{it.Updated}
}
