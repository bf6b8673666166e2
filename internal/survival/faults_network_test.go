package survival

import (
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// harmlessFaults slow an answer down or dress it up. It arrives all the same.
func harmlessFaults() []fault {
	return []fault{
		{name: "a pause before the headers", does: simulator.Fault{DelayHeaders: time.Millisecond}, is: harmless},
		{name: "pauses within the body", does: simulator.Fault{DelayBody: time.Millisecond / 4}, is: harmless},
		{name: "a Content-Type of HTML around the true answer", does: simulator.Fault{ContentType: "text/html; charset=iso-8859-1"}, is: harmless},
		{name: "a compressed body", does: simulator.Fault{Gzip: true}, is: harmless},
		{name: "a Date ten days ago", does: simulator.Fault{DateSkew: -240 * time.Hour}, is: harmless},
		{name: "a Date in ten days", does: simulator.Fault{DateSkew: 240 * time.Hour}, is: harmless},
		{name: "a Retry-After beside a success", does: simulator.Fault{RetryAfter: "3600"}, is: harmless},
		{name: "the end of the connection after the answer",
			does: simulator.Fault{Header: http.Header{"Connection": {"close"}}}, is: harmless},
		{
			name: "all tokens revoked", vendor: celcoinSide,
			does: simulator.Fault{RevokeToken: true}, is: credentials, of: []error{celcoin.ErrUnauthorized},
			but: []exception{{where: onToken, is: harmless}}, // the one that is asked for comes after
		},
	}
}

// connectionFaults keep a request from leaving at all.
func connectionFaults() []fault {
	return []fault{
		{name: "a refused connection", is: notSent, shut: dead{}},
	}
}

// lostResponses leave open whether anything was done.
func lostResponses() []fault {
	return []fault{
		{name: "a reset before processing", does: simulator.Fault{Reset: true}, is: lost},
		{name: "a reset after processing", does: simulator.Fault{Reset: true, Processed: true}, is: lost, done: true},
		{name: "a cut body", does: simulator.Fault{CutBody: true}, is: lost, done: true},
		{name: "a cut body of an error", does: simulator.Fault{CutBody: true, Status: 500}, is: lost},
		{name: "a cut body of a refusal", does: simulator.Fault{CutBody: true, Status: 403}, is: lost},
		{name: "a Content-Length that is too long", does: simulator.Fault{ContentLength: 1 << 20}, is: lost, done: true},
		{
			name: "a Content-Length that is too short", does: simulator.Fault{ContentLength: 5}, done: true,
			is: unreadable, of: []error{ceffu.ErrServer}, // half of a JSON object
		},
		{name: "garbage instead of HTTP", does: simulator.Fault{Garbage: []byte("SSH-2.0-OpenSSH_9.9\r\n")}, is: lost},
		{name: "garbage after processing", does: simulator.Fault{Garbage: []byte{0, 1, 2, 3, '\n'}, Processed: true}, is: lost, done: true},
		{name: "a malformed header", does: simulator.Fault{Garbage: []byte("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")}, is: lost},
		{name: "a server that hangs", does: simulator.Fault{Hang: true}, is: lost},
		{name: "a server that hangs after processing", does: simulator.Fault{Hang: true, Processed: true}, is: lost, done: true},
		{name: "headers that come too late", does: simulator.Fault{DelayHeaders: time.Hour}, is: lost, done: true},
		{name: "a body that comes too slowly", does: simulator.Fault{DelayBody: 4 * time.Minute}, is: lost, done: true},
	}
}

// strangeSuccesses have a 2xx and no success mark.
func strangeSuccesses() []fault {
	rows := []fault{
		{name: "a 200 with HTML", does: simulator.Fault{Status: 200, Body: []byte(html)}},
		{name: "a 200 with HTML after processing", does: simulator.Fault{Status: 200, Body: []byte(html), Processed: true}, done: true},
		{name: "an empty 200", does: simulator.Fault{Status: 200, Body: []byte{}}},
		{name: "a 200 with null", does: simulator.Fault{Status: 200, Body: []byte("null")}},
		{name: "a 200 with an empty list", does: simulator.Fault{Status: 200, Body: []byte("[]")}},
		{name: "a 200 with an empty object", does: simulator.Fault{Status: 200, Body: []byte("{}")}},
		{name: "a 200 with half an object", does: simulator.Fault{Status: 200, Body: []byte(`{"status":"SUCCESS","code":"000000"`)}},
		{name: "a 202 without a mark", does: simulator.Fault{Status: 202, Body: []byte(`{"data":true}`)}},
		{name: "a 204", does: simulator.Fault{Status: 204}},
		{name: "a 204 after processing", does: simulator.Fault{Status: 204, Processed: true}, done: true},
		{name: "a success mark without a result", vendor: celcoinSide, does: simulator.Fault{Status: 200, Body: []byte(`{"status":"SUCCESS"}`)}},
		{name: "a success that is one long string", does: simulator.Fault{Status: 200, Size: 64 << 10}},
		{name: "a success too large to read", does: simulator.Fault{Status: 200, Size: 20 << 20}},
		{name: "a Content-Length of a terabyte", does: simulator.Fault{ContentLength: 1 << 40}, done: true},
		{name: "a success that unpacks to a hundred times its size", does: simulator.Fault{Status: 200, Bomb: 100 << 10}},
	}
	for i := range rows {
		rows[i].is, rows[i].of = unreadable, []error{ceffu.ErrServer}
	}
	return rows
}
