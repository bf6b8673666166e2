// Package console shows a simulator to a person: what it holds, what it saw and
// what it sent, as plain pages for a browser and as JSON, and lets that person
// change it by forms. Everything works by curl as well, and the pages say how.
//
// It knows no vendor. A program describes each of its simulators by a [Panel]:
// tables, listings, actions. The console adds what all simulators have in
// common: requests, deliveries, faults and the clock.
//
//	view, err := console.New()
//	server, err := celcointest.Start(celcointest.WithConsole(view))
//	err = view.Attach(console.Panel{...})
//
// # Who may
//
// A simulator listens on this machine only, and its credentials are no secrets.
// What has to be kept out is another page that is open in the same browser. So
// the console answers only to loopback names, takes no form from another origin,
// and lets its own pages load nothing and run nothing. Whatever a request or a
// receiver brought along is escaped.
package console

// Path is the folder that a console answers.
const Path = "/_sim/"

// pageSize is how many rows a page has.
const pageSize = 50
