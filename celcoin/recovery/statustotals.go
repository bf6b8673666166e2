package recovery

import (
	"strings"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// StatusTotals count the unresolved items by what was last heard of their
// transactions. Those that were not queried are in none of them.
type StatusTotals struct {
	Confirmed  int `json:"confirmed"`
	Error      int `json:"error"`
	Processing int `json:"processing"`
	Other      int `json:"other"`
	NotFound   int `json:"not_found"`
	NoCall     int `json:"no_such_call"`
	NoAnswer   int `json:"no_answer"`
}

// add counts what was heard of a row, if it is unresolved still.
func (t *StatusTotals) add(known map[transaction]statusRecord, entity celcoin.Entity, row *ledger.Row) {
	if !unresolved(row.State.String()) {
		return
	}
	result := known[transaction{entity, row.ID}].Result
	for _, p := range t.parts() {
		if p.result == result {
			*p.n++
		}
	}
}

// words say what was heard of the transactions, if anything.
func (t StatusTotals) words() []string {
	var heard []string
	for _, p := range t.parts() {
		if *p.n > 0 {
			heard = append(heard, render.Count(*p.n)+" "+p.words)
		}
	}
	return []string{strings.Join(heard, ", "), "of the webhooks without evidence; none of this is a delivery"}
}

type statusPart struct {
	result StatusResult
	n      *int
	words  string
}

func (t *StatusTotals) parts() []statusPart {
	return []statusPart{
		{StatusConfirmed, &t.Confirmed, "confirmed"},
		{StatusError, &t.Error, "ended in an error"},
		{StatusProcessing, &t.Processing, "in process"},
		{StatusOther, &t.Other, "of another status"},
		{StatusNotFound, &t.NotFound, "not found"},
		{StatusNoAnswer, &t.NoAnswer, "without an answer"},
		{StatusNoCall, &t.NoCall, "of entities that cannot be asked"},
	}
}
