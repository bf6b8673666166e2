package survival

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// fault is a row of the table.
type fault struct {
	name string
	does simulator.Fault
	is   class
	of   []error       // categories of the *Error, if not those of the class
	done bool          // the request is carried out all the same
	hint time.Duration // of Retry-After

	vendor      string // the only one that it is for; empty: both
	credentials bool   // it refuses the token of a call that has one
}

// html is what a gateway shows to a browser.
const html = "<!DOCTYPE html>\n<html><body><h1>Bad Gateway</h1></body></html>\n"

var empty = []byte{}

// lostResponses leave open whether anything was done.
func lostResponses() []fault {
	return []fault{
		{name: "a reset before processing", does: simulator.Fault{Reset: true}, is: lost},
		{name: "a reset after processing", does: simulator.Fault{Reset: true, Processed: true}, is: lost, done: true},
		{name: "a cut body", does: simulator.Fault{CutBody: true}, is: lost, done: true},
		{name: "a cut body of an error", does: simulator.Fault{CutBody: true, Status: 500}, is: lost},
		{name: "a cut body of a refusal", does: simulator.Fault{CutBody: true, Status: 403}, is: lost},
		{name: "a Content-Length that is too long", does: simulator.Fault{ContentLength: 1 << 20}, is: lost, done: true},
		{name: "a Content-Length that is too short", does: simulator.Fault{ContentLength: 5}, is: unreadable, done: true},
		{name: "garbage instead of HTTP", does: simulator.Fault{Garbage: []byte("SSH-2.0-OpenSSH_9.9\r\n")}, is: lost},
		{name: "garbage after processing", does: simulator.Fault{Garbage: []byte{0, 1, 2, 3, '\n'}, Processed: true}, is: lost, done: true},
		{name: "a malformed header", does: simulator.Fault{Garbage: []byte("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")}, is: lost},
		{name: "a server that hangs", does: simulator.Fault{Hang: true}, is: lost},
		{name: "a server that hangs after processing", does: simulator.Fault{Hang: true, Processed: true}, is: lost, done: true},
		{name: "headers that come too late", does: simulator.Fault{DelayHeaders: time.Hour}, is: lost, done: true},
		{name: "a body that comes too slowly", does: simulator.Fault{DelayBody: 4 * time.Minute}, is: lost, done: true},
	}
}

// faults are the rows of the table. Which code means what is for each client's own
// tests; here are some of each class.
func faults() []fault {
	rows := append(lostResponses(), statuses()...)
	rows = append(rows, []fault{
		{name: "a refused connection", is: notSent},

		{name: "a pause before the headers", does: simulator.Fault{DelayHeaders: time.Millisecond}},
		{name: "pauses within the body", does: simulator.Fault{DelayBody: time.Millisecond / 4}},
		{name: "a Content-Type of HTML around the true answer", does: simulator.Fault{ContentType: "text/html; charset=iso-8859-1"}},
		{name: "a compressed body", does: simulator.Fault{Gzip: true}},
		{name: "a Date ten days ago", does: simulator.Fault{DateSkew: -240 * time.Hour}},
		{name: "a Retry-After beside a success", does: simulator.Fault{RetryAfter: "3600"}},
		{name: "the end of the connection after the answer", does: simulator.Fault{Header: http.Header{"Connection": {"close"}}}},
		{name: "all tokens revoked", vendor: "celcoin", does: simulator.Fault{RevokeToken: true}, credentials: true},

		{name: "an internal error of Ceffu's inside a 200", vendor: "ceffu", does: simulator.Fault{Code: "G20001", Status: 200}, is: troubled},
		{name: "a rate limit of Ceffu's inside a 200", vendor: "ceffu", does: simulator.Fault{Code: "G20012", Status: 200}, is: throttled},
		{name: "an internal error of Celcoin's", vendor: "celcoin", does: simulator.Fault{Code: "CIE999", Status: 400}, is: troubled},
		{name: "an internal error of Celcoin's after processing", vendor: "celcoin",
			does: simulator.Fault{Code: "CIE999", Status: 400, Processed: true}, is: troubled, done: true},
		{name: "a refused token inside a 200", vendor: "celcoin", does: simulator.Fault{Code: "OBE004", Status: 200},
			is: refused, of: []error{celcoin.ErrUnauthorized}, credentials: true},
		{name: "a message without a status", does: simulator.Fault{Message: "não\u00a0é possível"}, is: refused},

		{name: "a 200 with HTML", does: simulator.Fault{Status: 200, Body: []byte(html)}, is: unreadable},
		{name: "a 200 with HTML after processing", does: simulator.Fault{Status: 200, Body: []byte(html), Processed: true}, is: unreadable, done: true},
		{name: "an empty 200", does: simulator.Fault{Status: 200, Body: empty}, is: unreadable},
		{name: "a 200 with an empty object", does: simulator.Fault{Status: 200, Body: []byte("{}")}, is: unreadable},
		{name: "a 200 with half an object", does: simulator.Fault{Status: 200, Body: []byte(`{"status":"SUCCESS","code":"000000"`)}, is: unreadable},
		{name: "a 202 without a mark", does: simulator.Fault{Status: 202, Body: []byte(`{"data":true}`)}, is: unreadable},
		{name: "a 204 after processing", does: simulator.Fault{Status: 204, Processed: true}, is: unreadable, done: true},
		{name: "a success mark without a result", vendor: "celcoin", does: simulator.Fault{Status: 200, Body: []byte(`{"status":"SUCCESS"}`)}, is: unreadable},
		{name: "a success too large to read", does: simulator.Fault{Status: 200, Size: 20 << 20}, is: unreadable},
		{name: "a Content-Length of a terabyte", does: simulator.Fault{ContentLength: 1 << 40}, is: unreadable, done: true},
		{name: "a success that unpacks to a hundred times its size", does: simulator.Fault{Status: 200, Bomb: 100 << 10}, is: unreadable},
	}...)
	for name, hint := range map[string]time.Duration{
		"0": 0, "1": time.Second, "0.5": time.Second, "120": 2 * time.Minute, "3600": time.Hour, "99999999999999999999999": math.MaxInt64,
		"-1": 0, "soon": 0, "Fri, 31 Dec 1999 23:59:59 GMT": 0, "Fri, 31 Dec 2100 23:59:59 GMT": math.MaxInt64,
	} {
		rows = append(rows, fault{name: "a 429 with a Retry-After of " + name,
			does: simulator.Fault{Status: 429, Body: empty, RetryAfter: name}, is: throttled, hint: hint})
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		rows = append(rows, fault{name: "a " + strconv.Itoa(status) + " to another host",
			does: simulator.Fault{Status: status, RedirectTo: "http://elsewhere.invalid/"}, is: refused, of: []error{}})
	}
	return rows
}

// statuses are answers without a vendor's code: each with a gateway's JSON, with
// HTML and without a body.
func statuses() []fault {
	rows := []fault{
		{name: "a 503 with a Retry-After", does: simulator.Fault{Status: 503, Body: empty, RetryAfter: "0"},
			is: throttled, of: []error{ceffu.ErrServer}},
		{name: "a 403 with JSON that calls itself HTML", does: simulator.Fault{Status: 403, Body: []byte(`{"message":"no"}`), ContentType: "text/html"},
			is: refused, of: []error{ceffu.ErrForbidden}},
		{name: "a 304", does: simulator.Fault{Status: 304}, is: refused, of: []error{}},
		{name: "a 500 after processing", does: simulator.Fault{Status: 500, Processed: true}, is: troubled, done: true},
		{name: "a 500 with a body too long to read", does: simulator.Fault{Status: 500, Size: 2 << 20}, is: troubled},
		{name: "a 500 with a gzip bomb", does: simulator.Fault{Status: 500, Bomb: 1 << 30}, is: troubled},
	}
	for status, is := range map[int]class{
		400: refused, 401: refused, 403: refused, 404: refused, 408: troubled, 409: refused, 418: refused, 429: throttled,
		500: troubled, 502: troubled, 503: troubled, 504: troubled, 599: troubled,
	} {
		for name, body := range map[string]string{" with JSON": `{"message":"from the gateway"}`, " with HTML": html, " without a body": ""} {
			f := fault{name: "a " + strconv.Itoa(status) + name, does: simulator.Fault{Status: status, Body: []byte(body)}, is: is}
			switch status {
			case http.StatusUnauthorized:
				f.of, f.credentials = []error{ceffu.ErrUnauthorized}, true
			case http.StatusForbidden:
				f.of = []error{ceffu.ErrForbidden}
			case http.StatusNotFound:
				f.of = []error{ceffu.ErrNotFound}
			}
			rows = append(rows, f)
		}
	}
	return rows
}
