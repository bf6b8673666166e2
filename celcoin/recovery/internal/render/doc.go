// Package render lays out what package recovery says of a plan or a report: as
// text, CSV and one HTML page. It knows formats, numbers, times and the dates of
// Celcoin's webhooks; what it shows stands in a [Document].
//
// Texts from a vendor or a receiver go through [Line] before they get here. HTML
// escapes all of them.
package render
