package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// row is one line of the table.
type row struct {
	what   string
	limits []limit
	values [][]float64 // by client, ours first, then by limit; only ours if there is one
	spread string      // of our first value
}

// limit is a bound of one of our values. The format is of values and bound alike; an
// empty sign is a value that is shown, and not judged.
type limit struct {
	sign, format string
	bound        float64
	belowResty   bool // and below resty's value in the same rounds
}

func atMost(format string, bound float64) limit {
	return limit{sign: "≤", format: format, bound: bound}
}

// better says whether a is better than b.
func (l *limit) better(a, b float64) bool {
	if l.sign == "≤" {
		return a < b
	}
	return a > b
}

func (l *limit) String() string {
	switch {
	case l.sign == "":
		return "–"
	case l.belowResty:
		return l.sign + " " + fmt.Sprintf(l.format, l.bound) + " and below resty"
	}
	return l.sign + " " + fmt.Sprintf(l.format, l.bound)
}

// missed says whether one of our values is beyond its limit.
func (r row) missed() bool {
	for i, l := range r.limits {
		own := r.values[0][i]
		if l.sign != "" && l.better(l.bound, own) || l.belowResty && !l.better(own, r.values[len(r.values)-1][i]) {
			return true
		}
	}
	return false
}

// cell has a client's values, those that are better than ours in bold.
func (r row) cell(client int) string {
	if client >= len(r.values) {
		return "–"
	}
	var parts []string
	for i, l := range r.limits {
		v := r.values[client][i]
		text := fmt.Sprintf(l.format, v)
		if l.better(v, r.values[0][i]) {
			text = "**" + text + "**"
		}
		parts = append(parts, text)
	}
	if client == 0 {
		parts[0] += r.spread
	}
	return strings.Join(parts, ", ")
}

// write writes the table in Markdown, and says whether a limit is missed.
func write(w io.Writer, rows []row) (missed bool) {
	fmt.Fprintln(w, "| what | ours | limit | go-retryablehttp | resty v3 |\n|---|---|---|---|---|")
	for _, r := range rows {
		var limits []string
		for i := range r.limits {
			limits = append(limits, r.limits[i].String())
		}
		if r.missed() {
			limits = append(limits, "MISSED")
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", r.what, r.cell(0), strings.Join(limits, ", "), r.cell(1), r.cell(2))
	}
	return slices.ContainsFunc(rows, row.missed)
}
