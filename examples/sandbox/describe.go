package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// describe is what the program prints: settings as NAME=value lines, calls as
// command lines, and comments.
func (b *box) describe() string {
	var out strings.Builder
	comment := func(format string, args ...any) { fmt.Fprintf(&out, "# "+format+"\n", args...) }
	comment("A simulated Celcoin and a simulated Ceffu are up. End them with Ctrl-C.")
	comment("Look inside, with a browser or curl:")
	comment("  %s%s", b.celcoin.server.URL, console.Path)
	comment("  %s%s", b.ceffu.server.URL, console.Path)
	b.describeStory(comment)
	out.WriteString("\n")
	comment("What a client needs. From a file: export $(grep -E '^(CELCOIN|CEFFU)_' FILE)")
	for _, pair := range b.environment() {
		fmt.Fprintf(&out, "%s=%s\n", pair.Name, pair.Value)
	}
	for _, call := range append(b.celcoin.calls(b.from, b.to), b.ceffu.calls(b.from)...) {
		out.WriteString("\n")
		comment("%s", call.About)
		fmt.Fprintln(&out, call.Line)
	}
	return out.String()
}

func (b *box) describeStory(comment func(string, ...any)) {
	comment("%d webhooks of Celcoin and %d notifications of Ceffu were missed from %s to %s.",
		b.settings.missed, b.settings.missed, b.from.UTC().Format(time.RFC3339), b.to.UTC().Format(time.RFC3339))
	if b.receiver != nil {
		comment("A built-in receiver takes what is sent again. -deliver-to URL sends it to yours.")
	} else {
		comment("What is sent again goes to %s, Celcoin's with HTTP Basic %s:%s.",
			strings.ToValidUTF8(b.settings.deliverTo, "?"), receiverLogin, receiverPassword)
	}
	if b.settings.tls {
		comment("The certificate is a test certificate that no system trusts, hence -k. To trust it: %s%scertificate.pem",
			b.celcoin.server.URL, console.Path)
	}
	if offset := b.clock.Offset(); offset != 0 {
		comment("The simulators' clock is %v off this machine's.", offset)
	}
	for _, f := range b.settings.faults {
		comment("Armed for %s: %s.", strings.Join(f.vendors, " and "), f.fault)
	}
}

// environment is what a client needs, by the names of the variables that the
// packages ceffu and celcoin read.
func (b *box) environment() []console.Pair {
	pix, custody := b.celcoin.server.Credentials(), b.ceffu.server.Credentials()
	return []console.Pair{
		{Name: "CELCOIN_BASE_URL", Value: b.celcoin.server.URL},
		{Name: "CELCOIN_CLIENT_ID", Value: pix.ClientID},
		{Name: "CELCOIN_CLIENT_SECRET", Value: pix.ClientSecret},
		{Name: "CEFFU_BASE_URL", Value: b.ceffu.server.URL},
		{Name: "CEFFU_API_KEY", Value: custody.APIKey},
		{Name: "CEFFU_API_SECRET", Value: custody.APISecret},
		{Name: "CEFFU_WEBHOOK_IDS", Value: b.ceffu.webhookID},
	}
}
