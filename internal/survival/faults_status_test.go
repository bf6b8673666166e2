package survival

import (
	"math"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// html is what a gateway shows to a browser.
const html = "<!DOCTYPE html>\n<html><body><h1>Bad Gateway</h1></body></html>\n"

// statuses are answers without a vendor's code: each with a gateway's JSON, with
// HTML and without a body.
func statuses() []fault {
	var rows []fault
	for _, s := range []struct {
		status     int
		retryAfter string
		is         class
		of         error
	}{
		{status: 400, is: refused, of: ceffu.ErrInvalidRequest},
		{status: 401, is: refused, of: ceffu.ErrUnauthorized},
		{status: 403, is: refused, of: ceffu.ErrForbidden},
		{status: 404, is: refused, of: ceffu.ErrNotFound},
		{status: 408, is: troubled, of: ceffu.ErrServer},
		{status: 409, is: refused, of: ceffu.ErrInvalidRequest},
		{status: 429, is: throttled, of: ceffu.ErrRateLimited},
		{status: 500, is: troubled, of: ceffu.ErrServer},
		{status: 502, is: troubled, of: ceffu.ErrServer},
		{status: 503, is: troubled, of: ceffu.ErrServer},
		{status: 503, retryAfter: "0", is: throttled, of: ceffu.ErrServer},
		{status: 504, is: troubled, of: ceffu.ErrServer},
	} {
		for name, body := range map[string]string{
			" with JSON": `{"message":"from the gateway"}`, " with HTML": html, " without a body": "",
		} {
			f := fault{
				name: "a " + strconv.Itoa(s.status) + name,
				does: simulator.Fault{Status: s.status, Body: []byte(body), RetryAfter: s.retryAfter},
				is:   s.is, of: []error{s.of},
			}
			if s.retryAfter != "" {
				f.name += " and a Retry-After"
			}
			if s.status == 401 {
				f.but = []exception{{where: onBearer, is: credentials, of: f.of}}
			}
			rows = append(rows, f)
		}
	}
	return append(rows,
		fault{name: "a message without a status", does: simulator.Fault{Message: "não\u00a0é possível"},
			is: refused, of: []error{ceffu.ErrInvalidRequest}},
		fault{name: "a 403 with JSON that calls itself HTML", does: simulator.Fault{Status: 403, Body: []byte(`{"message":"no"}`), ContentType: "text/html"},
			is: refused, of: []error{ceffu.ErrForbidden}},
		fault{name: "a 500 after processing", does: simulator.Fault{Status: 500, Processed: true},
			is: troubled, of: []error{ceffu.ErrServer}, done: true},
		fault{name: "a 502 after processing", does: simulator.Fault{Status: 502, Body: []byte(html), Processed: true},
			is: troubled, of: []error{ceffu.ErrServer}, done: true},
		fault{name: "a 500 with a long body", does: simulator.Fault{Status: 500, Size: 200 << 10},
			is: troubled, of: []error{ceffu.ErrServer}},
		fault{name: "a 500 with a body too long to read", does: simulator.Fault{Status: 500, Size: 2 << 20},
			is: troubled, of: []error{ceffu.ErrServer}},
		fault{name: "a 500 with a gzip bomb", does: simulator.Fault{Status: 500, Bomb: 1 << 30},
			is: troubled, of: []error{ceffu.ErrServer}},
		fault{name: "a 599", does: simulator.Fault{Status: 599, Body: []byte{}},
			is: troubled, of: []error{ceffu.ErrServer}},
		fault{name: "a 418", does: simulator.Fault{Status: 418, Body: []byte{}},
			is: refused, of: []error{ceffu.ErrInvalidRequest}},
	)
}

// redirects are answers like any other: nobody goes there.
func redirects() []fault {
	rows := []fault{
		{name: "a 304", does: simulator.Fault{Status: 304}},
		{name: "a 307 without a Location", does: simulator.Fault{Status: 307, Body: []byte{}}},
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		rows = append(rows, fault{
			name: "a " + strconv.Itoa(status) + " to another host",
			does: simulator.Fault{Status: status, RedirectTo: "http://elsewhere.invalid/"},
		})
	}
	for i := range rows {
		rows[i].is = refused
	}
	return rows
}

// hints are a 429 with every form of Retry-After.
func hints() []fault {
	var rows []fault
	for _, h := range []struct {
		name, value string
		hint        time.Duration
	}{
		{"of nothing", "0", 0},
		{"of a second", "1", time.Second},
		{"of half a second", "0.5", time.Second},
		{"of two minutes", "120", 2 * time.Minute},
		{"of an hour", "3600", time.Hour},
		{"beyond all numbers", "99999999999999999999999", math.MaxInt64},
		{"that is negative", "-1", 0},
		{"in words", "soon", 0},
		{"in the past", "Fri, 31 Dec 1999 23:59:59 GMT", 0},
		{"in the next century", "Fri, 31 Dec 2100 23:59:59 GMT", math.MaxInt64},
		{"in the next century, as in RFC 850", "Friday, 31-Dec-68 23:59:59 GMT", math.MaxInt64},
	} {
		rows = append(rows, fault{
			name: "a 429 with a Retry-After " + h.name,
			does: simulator.Fault{Status: 429, Body: []byte{}, RetryAfter: h.value},
			is:   throttled, of: []error{celcoin.ErrRateLimited}, hint: h.hint,
		})
	}
	return rows
}
