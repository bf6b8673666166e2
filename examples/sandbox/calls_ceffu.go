package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// calls are Ceffu's, as command lines: the one that there is. It asks for what
// failed since from.
func (c *ceffuSide) calls(from time.Time) []console.Call {
	curl := c.box.curl() + `-w '\n' `
	credentials := c.server.Credentials()
	// The body is put together once, because what is signed has to be what is
	// sent. openssl wants the key in a file, with armour and short lines.
	body := fmt.Sprintf(`b='{"webhookId":"%s","eventType":"%s","resendFromDateTime":%d,"timestamp":'%s'000}'`,
		c.webhookID, string(ceffu.DepositSuccess), from.UnixMilli(), unixNow(c.box.clock.Offset()))
	key := fmt.Sprintf(`k=$(mktemp); printf '%%s\n' '-----BEGIN PRIVATE KEY-----' "$(printf %%s %s | fold -w 64)" '-----END PRIVATE KEY-----' >"$k"`,
		quote(credentials.APISecret))
	sign := `s=$(printf %s "$b" | openssl dgst -sha512 -sign "$k" | openssl base64 -A); rm -f "$k"`
	line := curl + "-H " + quote("open-apikey: "+credentials.APIKey) + " -H 'content-type: application/json' " +
		quote(c.server.URL+"/open-api/entity/webhook/resend") +
		" $(" + strings.Join([]string{body, key, sign, `printf %s "-H signature:$s --data-raw $b"`}, "; ") + ")"
	return []console.Call{{
		About: "Ceffu: resend what failed of event type 1, " + ceffu.DepositSuccess.String() + " (not twice in a second: that is a duplicate)",
		Line:  line,
	}}
}

// curl is how a command line begins: -k where nobody trusts the certificate.
func (b *box) curl() string {
	if b.settings.tls {
		return "curl -k -sS "
	}
	return "curl -sS "
}

// unixNow is the shell's way to tell the seconds on the simulator's clock.
func unixNow(offset time.Duration) string {
	if seconds := int64(offset.Round(time.Second) / time.Second); seconds != 0 {
		return fmt.Sprintf("$(($(date +%%s)+%d))", seconds)
	}
	return "$(date +%s)"
}

// quote makes one word of a shell.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
