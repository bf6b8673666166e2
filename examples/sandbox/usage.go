package main

import (
	"fmt"
	"strings"

	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

const introduction = `sandbox serves a simulated Ceffu and a simulated Celcoin, for clients in any language.

    go run ./examples/sandbox                         both, with 250 missed webhooks of each
    go run ./examples/sandbox -missed 10000 -deliver-to http://127.0.0.1:9000/hook
    go run ./examples/sandbox -fault 'replay:status=503,retry-after=2,times=3'
    go run ./examples/sandbox -fault 'celcoin.replay:reset,processed' -fault '*:delay-headers=300ms,probability=0.1'
    go run ./examples/sandbox -clock +72h -reading celcoin.pending-hidden,ceffu.errors-in-200

It prints base URLs and credentials as NAME=value lines, and a curl line for each call.
A browser finds both at /_sim/. It ends on SIGINT (Ctrl-C) and SIGTERM.

Where
  -celcoin ADDR         loopback host:port of Celcoin (127.0.0.1:8082); port 0: a free one
  -ceffu ADDR           loopback host:port of Ceffu (127.0.0.1:8081)
  -tls                  HTTPS with a test certificate, which /_sim/certificate.pem gives out

What was missed
  -missed N             so many webhooks of each vendor (250), in the last three hours
  -deliver-to URL       where webhooks are POSTed to; otherwise a built-in receiver takes
                        them all with 200
  -replay-delay D       time from accepting a replay or resend to delivering it (0s)
  -clock OFFSET         the clock is off by that much: +72h, -30m
  -seed N               of everything made up or left to chance (0)

What goes wrong
  -fault WHERE:WHAT     may be repeated; the first that matches a request strikes it
  -rate-limit N/TIME    429 beyond N calls in that time, as 10/1m; with Celcoin's
                        Retry-After: 10/1m,retry-after
  -token-lifetime D     of Celcoin's tokens (40m)
  -reading NAME         another reading of what a vendor does not document; may be
                        repeated, or a list with commas

`

// usage is what -h prints.
func usage() string {
	var b strings.Builder
	b.WriteString(introduction)
	b.WriteString("Faults are written " + strings.ReplaceAll(console.FaultSyntax, "\n", "\n  ") + "\n")
	for _, key := range console.FaultKeys() {
		writeLine(&b, key.Name, key.Form, key.About)
	}
	b.WriteString("\nReadings, none of which is known to be true or false\n")
	for _, r := range readings() {
		writeLine(&b, r.name, r.form, r.about)
	}
	return b.String()
}

func writeLine(b *strings.Builder, name, form, about string) {
	if form != "" {
		name += "=" + form
	}
	fmt.Fprintf(b, "  %-32s %s\n", name, about)
}
