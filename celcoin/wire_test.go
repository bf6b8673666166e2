package celcoin_test

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

var versions = regexp.MustCompile(`^reenvio-go/\d+\.\d+\.\d+ go1\.\S+.*$`)

// wire writes down a request, with its headers in alphabetical order.
func (r *request) wire() string {
	var b strings.Builder
	b.WriteString(r.Method + " " + r.URI + "\n")
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		b.WriteString(name + ": " + versions.ReplaceAllString(strings.Join(r.Header[name], ", "), "OURS") + "\n")
	}
	return b.String() + "\n" + r.Body
}

// The required arguments and the filter of a replay are in the documented curl lines.
func TestEveryByteOfARequestIsAsDocumented(t *testing.T) {
	t.Parallel()
	const token = `POST /behind/a-proxy/v5/token
Accept: application/json
Accept-Encoding: gzip
Content-Length: 92
Content-Type: application/x-www-form-urlencoded
User-Agent: OURS

client_id=fake-client&client_secret=fake-secret-for-tests-only&grant_type=client_credentials`
	full := celcoin.Query{
		Entity: celcoin.EntityPixPaymentOut, From: from, To: to, OnlyPending: new(true),
		WebhookID: "84c5fc12-c2e4-4582-9566-9b334a7486a0", DocumentNumber: "04072747580",
		Account: "300540655630", ID: "7", ClientRequestID: "100011",
	}
	for name, tc := range map[string]struct {
		call func(*celcoin.Client) error
		want string
	}{
		"count with all arguments": {
			func(c *celcoin.Client) error { _, err := c.CountWebhooks(t.Context(), full); return err },
			`GET /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-out?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&DateTo=2023-11-28T06%3A30%3A00-03%3A00&OnlyPending=true&account=300540655630&clientRequestId=100011&documentNumber=04072747580&id=7&webhookId=84c5fc12-c2e4-4582-9566-9b334a7486a0` + get,
		},
		"details with all arguments": {
			func(c *celcoin.Client) error {
				_, err := c.ListWebhooks(t.Context(), full, celcoin.PageOptions{Page: 3, PageSize: 50, Limit: 1000})
				return err
			},
			`GET /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-out/details?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&DateTo=2023-11-28T06%3A30%3A00-03%3A00&Limit=1000&LimitPerPage=50&OnlyPending=true&Page=3&account=300540655630&clientRequestId=100011&documentNumber=04072747580&id=7&webhookId=84c5fc12-c2e4-4582-9566-9b334a7486a0` + get,
		},
		"the replay of one webhook": {
			func(c *celcoin.Client) error { _, err := c.ReplayWebhooks(t.Context(), one); return err },
			`PUT /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-out?webhookId=f933b0b1` + put(2) + `{}`,
		},
		"a bulk replay": {
			func(c *celcoin.Client) error {
				_, err := c.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{
					Entity: celcoin.EntityPixPaymentIn, Bulk: true, OnlyPending: new(false),
					Filter: celcoin.Filter{Account: "124"},
				})
				return err
			},
			`PUT /behind/a-proxy/common/v1/webhook/replay/PIX/pix-payment-in?OnlyPending=false` + put(28) + `{"filter":{"account":"124"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, success)
			require.NoError(t, tc.call(s.client(t)))
			require.Len(t, s.requests, 2)
			assert.Equal(t, token, s.requests[0].wire())
			assert.Equal(t, tc.want, s.requests[1].wire())
		})
	}
}

const get = `
Accept: application/json
Accept-Encoding: gzip
Authorization: Bearer token-1
User-Agent: OURS

`

func put(length int) string {
	return `
Accept: application/json
Accept-Encoding: gzip
Authorization: Bearer token-1
Content-Length: ` + strconv.Itoa(length) + `
Content-Type: application/json
User-Agent: OURS

`
}

func TestDatesAreSentWithTheirOffsetInWholeSecondsThatNarrowNothing(t *testing.T) {
	t.Parallel()
	lmt := time.FixedZone("LMT", -(3*60*60 + 6*60 + 28)) // São Paulo's until 1914
	for name, tc := range map[string]struct {
		from, to         time.Time
		wantFrom, wantTo string
	}{
		"the documented sample": {
			from, to, "2023-11-03T06:30:00-03:00", "2023-11-28T06:30:00-03:00",
		},
		"UTC is written as an offset": {
			from.UTC(), to.UTC(), "2023-11-03T09:30:00+00:00", "2023-11-28T09:30:00+00:00",
		},
		"each bound keeps its own offset": {
			from, to.In(time.FixedZone("", 5*60*60+30*60)), "2023-11-03T06:30:00-03:00", "2023-11-28T15:00:00+05:30",
		},
		"a fraction of a second widens the window": {
			from.Add(time.Second - 1), to.Add(1), "2023-11-03T06:30:00-03:00", "2023-11-28T06:30:01-03:00",
		},
		"an offset with seconds cannot be written": {
			from.In(lmt), to.In(lmt), "2023-11-03T09:30:00+00:00", "2023-11-28T09:30:00+00:00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			_, err := f.client(t).CountWebhooks(t.Context(), celcoin.Query{Entity: "e", From: tc.from, To: tc.to})
			require.NoError(t, err)
			u, err := url.Parse(f.calls()[0].URI)
			require.NoError(t, err)
			assert.Equal(t, tc.wantFrom, u.Query().Get("DateFrom"))
			assert.Equal(t, tc.wantTo, u.Query().Get("DateTo"))
		})
	}
}

func TestAReplayMayBeOpenAtEitherEnd(t *testing.T) {
	t.Parallel()
	f := &fake{}
	c := f.client(t)
	onlyFrom, onlyTo := one, one
	onlyFrom.From, onlyTo.To = from, to
	for _, req := range []celcoin.ReplayRequest{onlyFrom, onlyTo} {
		_, err := c.ReplayWebhooks(t.Context(), req)
		require.NoError(t, err)
	}
	assert.Equal(t, prefix+"/common/v1/webhook/replay/PIX/pix-payment-out?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&webhookId=f933b0b1", f.calls()[0].URI)
	assert.Equal(t, prefix+"/common/v1/webhook/replay/PIX/pix-payment-out?DateTo=2023-11-28T06%3A30%3A00-03%3A00&webhookId=f933b0b1", f.calls()[1].URI)
}
