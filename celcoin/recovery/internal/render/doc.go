// Package render writes a recovery's plan and report for people and programs:
// as text, JSON, CSV and one HTML page. It knows no engine, journal or client:
// what it shows stands in [Report] and [Plan], which package recovery fills in.
//
// All texts in a report may come from a vendor or a receiver. They are put on one
// line, cut and escaped wherever they are shown; JSON alone has them whole.
package render
