package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatAPersonDoesToCelcoin(t *testing.T) {
	t.Parallel()
	p := begin(t, "-missed", "7")
	do := func(action, form string) string { return p.console(t, "CELCOIN", action, form) }

	assert.Equal(t, "added 5 missed webhooks of pix-payment-in\n", do("add", "count=5&entity=pix-payment-in"))
	assert.Equal(t, "added 2 missed webhooks of card-issued\n", do("add", "count=2&entity=card-issued&product=BAAS&hours=24"))
	assert.Equal(t, 14, p.sum(t, "CELCOIN", "pending"))
	assert.Contains(t, do("add", "count=0"), "want a number from 1")
	assert.Contains(t, do("add", "count=1&entity=%00"), "control character")

	assert.Equal(t, "accepted 8 webhooks of pix-payment-in for delivery\n", do("replay", "entity=pix-payment-in"))
	p.settles(t, "CELCOIN", "sent", 8)
	assert.Contains(t, do("replay", "entity=pix-payment-in&id=unheard-of"), `has no webhook "unheard-of"`)
	assert.Equal(t, "accepted 2 webhooks of card-issued for delivery\n", do("replay", "entity=card-issued&product=BAAS"))
	p.settles(t, "CELCOIN", "sent", 10)

	assert.Equal(t, "the receiver answers 503 from now on\n", do("receiver", "status=503"))
	assert.Contains(t, do("emit", "entity=pix-payment-out"), "pix-payment-out happened, webhook ")
	p.settles(t, "CELCOIN", "pending", 5)
	assert.Contains(t, p.state(t, "CELCOIN")["receiver"], "answers 503; 10 arrived")

	assert.Equal(t, "every token is worthless\n", do("revoke-tokens", "&"))
	assert.Equal(t, "pix-payment-out is not blocked\n", do("unblock", "entity=pix-payment-out"))
}

func TestWhatAPersonDoesToCeffu(t *testing.T) {
	t.Parallel()
	p := begin(t, "-missed", "8", "-reading", "ceffu.suspension-after=2")
	do := func(action, form string) string { return p.console(t, "CEFFU", action, form) }

	assert.Equal(t, "added 3 missed notifications of type 4, withdrawal failed\n", do("add", "count=3&type=4"))
	assert.Equal(t, 11, p.sum(t, "CEFFU", "failed"))
	assert.Equal(t, "the receiver answered 200\n", do("test", "&"))

	do("receiver", "status=500")
	do("resend", "type=4")
	suspended := func() bool { return strings.Contains(do("state.json", ""), `"suspended": true`) }
	p.settles(t, "CEFFU", "failed", 11)
	assert.Eventually(t, suspended, waitFor, glance)
	assert.Contains(t, do("", ""), "Enable again")
	assert.Contains(t, do("enable", "&"), "is enabled")
	assert.False(t, suspended())

	assert.Contains(t, do("notify", "type=2"), "deposit failed happened, notification ")
	tried := func() bool { return strings.Contains(do("notifications.json?status=pending", ""), `"lastStatus": 500`) }
	assert.Eventually(t, tried, waitFor, glance)
	do("receiver", "status=200")
	do("clock", "advance=30s")
	p.settles(t, "CEFFU", "delivered", 1)
	assert.Contains(t, do("notify", "type=9"), `type is "9": want one of`)
	assert.Contains(t, do("resend", "webhook=1"), "want one of")
	assert.Contains(t, do("notifications.json?status=delivered", ""), `"attempts": 2`)
}

func TestAHostileRequestDoesNoHarmToThePage(t *testing.T) {
	t.Parallel()
	p := begin(t, "-missed", "1")
	const evil = `"><script>alert(1)</script>`
	for _, vendor := range []string{"CELCOIN", "CEFFU"} {
		p.send(t, http.MethodPost, p.env[vendor+"_BASE_URL"]+"/x?"+"%22%3E%3Cscript%3E", evil, "X-Evil", evil)
		var list struct {
			Items []struct {
				ID   string `json:"id"`
				Body string `json:"body"`
			} `json:"items"`
		}
		require.NoError(t, json.Unmarshal([]byte(p.console(t, vendor, "requests.json", "")), &list))
		require.Len(t, list.Items, 1)
		assert.Equal(t, evil, list.Items[0].Body)
		for _, page := range []string{"", "requests", "requests/" + list.Items[0].ID, "deliveries"} {
			assert.NotContains(t, p.console(t, vendor, page, ""), "<script", page)
		}
		assert.Contains(t, p.console(t, vendor, "requests/"+list.Items[0].ID, ""), "X-Evil: &#34;&gt;&lt;script&gt;")
		answer := p.send(t, http.MethodPost, p.env[vendor+"_BASE_URL"]+"/_sim/add", "count=1",
			"Content-Type", "application/x-www-form-urlencoded", "Origin", "https://evil.example")
		assert.Equal(t, "a form from another site is not taken\n", answer)
	}
	assert.Equal(t, 1, p.sum(t, "CELCOIN", "total"))
}

// What a person types is easily short of a slash.
func TestTheConsoleIsFoundWithoutItsSlash(t *testing.T) {
	t.Parallel()
	p := begin(t, "-missed", "1")
	for _, vendor := range []string{"CELCOIN", "CEFFU"} {
		url := p.env[vendor+"_BASE_URL"]
		assert.Contains(t, p.send(t, http.MethodGet, url+"/_sim", ""), "What you can do", "the page, by a redirect")
		p.send(t, http.MethodGet, url+"/_simulator", "")
		assert.Contains(t, p.console(t, vendor, "requests.json", ""), `"total": 1`, "what only begins like it is the vendor's")
	}
}

func TestTheConsoleIsNeitherRecordedNorStruck(t *testing.T) {
	t.Parallel()
	p := begin(t, "-missed", "1", "-fault", "*:status=500,times=always")
	for _, vendor := range []string{"CELCOIN", "CEFFU"} {
		assert.Contains(t, p.console(t, vendor, "requests.json", ""), `"total": 0`)
		assert.Contains(t, p.console(t, vendor, "state.json", ""), `"seen": 0`)
	}
}
