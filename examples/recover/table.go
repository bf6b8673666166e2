package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// unknown is a number that the vendor does not tell.
const unknown = -1

// row is what became of one entity or event type. Numbers are of webhooks; for
// Ceffu, asked is of accepted calls, each for all that failed.
type row struct {
	vendor, what                    string
	missed, asked, arrived, missing int
	unasked                         int // calls to Ceffu that are not made, or not accepted
}

func writeTable(w io.Writer, rows []row) {
	if len(rows) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nVENDOR\tENTITY OR EVENT TYPE\tMISSED\tASKED AGAIN\tARRIVED\tSTILL MISSING")
	silent := false
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.vendor, r.what,
			number(r.missed), number(r.asked), number(r.arrived), number(r.missing))
		silent = silent || r.missing == unknown
	}
	t.Flush() //nolint:errcheck,gosec // a table that cannot be printed has no better place to be reported
	if silent {
		fmt.Fprintln(w, "\n?: Ceffu does not tell. Accepted calls are not deliveries: look at your receiver.")
	}
}

func number(n int) string {
	if n == unknown {
		return "?"
	}
	return strconv.Itoa(n)
}
