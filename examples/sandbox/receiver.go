package main

import (
	"fmt"
	"net/http"
	"sync/atomic"
)

// receiver is the built-in one: it counts what arrives and answers 200, or what
// a person told it to.
type receiver struct {
	status  atomic.Int64
	arrived atomic.Int64 // with an answer of 200
	refused atomic.Int64
}

func newReceiver() *receiver {
	r := new(receiver)
	r.status.Store(http.StatusOK)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	status := int(r.status.Load())
	if status == http.StatusOK {
		r.arrived.Add(1)
	} else {
		r.refused.Add(1)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, http.StatusText(status))
}

// String says what it does.
func (r *receiver) String() string {
	return fmt.Sprintf("built in, answers %d; %d arrived, %d were turned away",
		r.status.Load(), r.arrived.Load(), r.refused.Load())
}
