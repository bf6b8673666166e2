// Package render writes a recovery's plan and report for people and programs:
// as text, JSON, CSV and one HTML page. It knows no engine, journal or client:
// what it shows stands in [Report] and [Plan], which package recovery fills in.
//
// All texts in a report may come from a vendor or a receiver. They are put on one
// line, cut and escaped wherever they are shown; JSON alone has them whole.
//
// The files: report.go, plan.go and options.go are the model. words.go and
// zone.go write a number, a text and a time; totals.go, facts.go and steps.go say
// what an output says, so that text and HTML say the same. text.go, plantext.go,
// csv.go, json.go and html.go are the outputs; tables.go, chart.go and axis.go fill
// in the tables and timelines of page.html.
//
// It is larger than its guide of 1,000 lines, as both a plan and a report have
// four outputs, and the page has tables for a caller's other vendors.
package render
