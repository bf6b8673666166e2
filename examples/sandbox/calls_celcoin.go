package main

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

// brasilia is the offset that the documentation's own dates have.
var brasilia = time.FixedZone("Brasília", -3*60*60)

// calls are Celcoin's, as command lines that work between two times. A replay is
// of a webhook that there is.
func (c *celcoinSide) calls(from, to time.Time) []console.Call {
	const entity = celcoin.EntityPixPaymentIn
	curl := c.box.curl() + `-w '\n' ` // with a line break after the answer
	window := url.Values{
		"DateFrom": {from.In(brasilia).Format(time.RFC3339)},
		"DateTo":   {to.In(brasilia).Format(time.RFC3339)},
	}
	path := c.server.URL + "/common/v1/webhook/replay/PIX/" + string(entity)
	// A token that is fetched on the spot, read without jq.
	bearer := fmt.Sprintf(`-H "authorization: Bearer $(%s | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')"`,
		c.box.curl()+c.tokenArguments("-d"))
	get := curl + bearer + " -H 'accept: application/json' "

	pending := withParameters(window, "OnlyPending", "true")
	pages := withParameters(window, "Page", "1", "LimitPerPage", "200")
	calls := []console.Call{
		{About: "Celcoin: a token", Line: curl + c.tokenArguments("-F")},
		{About: "Celcoin: how many " + string(entity) + " are pending", Line: get + quote(path+"?"+pending.Encode())},
		{About: "Celcoin: which they are, sent ones too, up to 200 a page", Line: get + quote(path+"/details?"+pages.Encode())},
	}
	put := curl + "-X PUT " + bearer + " -H 'accept: application/json' -H 'content-type: application/json' --data '{\"filter\":{}}' "
	about := "Celcoin: replay one of them"
	if id := c.newest(entity); id != "" {
		window.Set("webhookId", id)
	} else {
		about = "Celcoin: replay whatever matches; nothing does, since nothing of this entity was missed"
	}
	return append(calls, console.Call{About: about, Line: put + quote(path+"?"+window.Encode())})
}

// tokenArguments are those of the token call, with -F for multipart or -d.
func (c *celcoinSide) tokenArguments(flag string) string {
	credentials := c.server.Credentials()
	return fmt.Sprintf("%s client_id=%s %s client_secret=%s %s grant_type=client_credentials %s",
		flag, quote(credentials.ClientID), flag, quote(credentials.ClientSecret), flag, quote(c.server.URL+"/v5/token"))
}

// newest is the id of a webhook to replay, pending if there is one; empty if the
// entity has none.
func (c *celcoinSide) newest(entity celcoin.Entity) string {
	for _, status := range []celcoin.Status{celcoin.StatusPending, celcoin.StatusSent} {
		found, _ := c.server.Browse(celcointest.Part{Entity: entity, Status: status, Count: 1})
		if len(found) > 0 {
			return found[0].ID
		}
	}
	return ""
}

// withParameters adds to a query, by name and value in turn.
func withParameters(query url.Values, pairs ...string) url.Values {
	with := maps.Clone(query)
	for pair := range slices.Chunk(pairs, 2) {
		with[pair[0]] = pair[1:]
	}
	return with
}
