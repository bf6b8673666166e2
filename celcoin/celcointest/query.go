package celcointest

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// maxPageSize is the largest LimitPerPage, and its default. Undocumented: all
// samples have 200, and sibling calls refuse more.
const maxPageSize = 200

// query is what a request is for. Parameters are known by their exact case;
// any other is ignored, as unknown parameters commonly are.
type query struct {
	route
	from, to          time.Time // zero: not given
	onlyPending       bool
	hidePending       bool // see WithPendingHidden
	webhookID         string
	filter            celcoin.Filter
	page, size, limit int // limit 0: none
}

// parameters reads values, and keeps the refusal of the last that is wrong. Each mistake
// is answered with the code that goes with it, which is a guess for all of them.
type parameters struct {
	url.Values
	refused *simulator.Reply
}

// parseQuery reads the parameters of a call.
func (v *vendor) parseQuery(at route, r *simulator.Request) (query, *simulator.Reply) {
	values, err := url.ParseQuery(r.HTTP.URL.RawQuery)
	if err != nil {
		return query{}, badRequest(codeField, "malformed query")
	}
	p := parameters{Values: values}
	q := query{route: at, webhookID: p.Get("webhookId"), onlyPending: p.flag("OnlyPending")}
	if r.Operation == OpReplay {
		q.filter = p.body(r)
	} else {
		q.hidePending = v.cfg.pendingHidden && !q.onlyPending
		q.filter = celcoin.Filter{
			DocumentNumber: p.Get("documentNumber"), Account: p.Get("account"),
			ID: p.Get("id"), ClientRequestID: p.Get("clientRequestId"),
		}
	}
	if r.Operation == OpDetails {
		q.page = p.number("Page", 1, 1<<31-1, codePage)
		q.size = p.number("LimitPerPage", maxPageSize, maxPageSize, codePageSize)
		q.limit = p.number("Limit", 0, 1<<31-1, codeLimit)
	}
	q.from = p.date("DateFrom", r.Operation != OpReplay)
	q.to = p.date("DateTo", r.Operation != OpReplay)
	switch {
	case p.refused != nil || q.from.IsZero() || q.to.IsZero():
	case q.from.After(q.to):
		p.refused = badRequest(codeDateOrder, "DateFrom after DateTo")
	case v.cfg.maxWindow > 0 && q.to.Sub(q.from) > v.cfg.maxWindow:
		p.refused = badRequest(codeWindow, "window too wide")
	}
	return q, p.refused
}

func (p *parameters) date(name string, required bool) (t time.Time) {
	text, err := p.Get(name), error(nil)
	if text != "" {
		t, err = parseDate(text)
	}
	switch {
	case text == "" && required:
		p.refused = badRequest(codeDatesRequired, "missing "+name)
	case err != nil:
		p.refused = badRequest(codeField, "malformed "+name)
	}
	return t
}

func (p *parameters) number(name string, usual, most int, code string) int {
	text := p.Get(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		p.refused = badRequest(code, "malformed "+name)
	}
	return n
}

func (p *parameters) flag(name string) bool {
	text := strings.ToLower(p.Get(name))
	if text != "true" && text != "false" && text != "" {
		p.refused = badRequest(codeField, "malformed "+name)
	}
	return text == "true"
}

// body reads the filter of a replay: {"filter":{…}}, {} or nothing at all.
// Whether the real one takes the latter two is not known.
func (p *parameters) body(r *simulator.Request) celcoin.Filter {
	var body struct {
		Filter celcoin.Filter `json:"filter"`
	}
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return body.Filter
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		p.refused = refuse(http.StatusUnsupportedMediaType, "", "body is not application/json")
	} else if json.Unmarshal(r.Body, &body) != nil {
		p.refused = badRequest(codeField, "malformed body")
	}
	return body.Filter
}

// brasiliaBehind is Brasília's distance from UTC, without daylight saving time since 2019.
const brasiliaBehind = 3 * time.Hour

// brasilia is the zone of every date that comes without an offset (documented).
var brasilia = time.FixedZone("-03", -int(brasiliaBehind/time.Second))

// parseDate reads a date of a request: with Z, an offset or, for Brasília, neither. Dates that
// were escaped twice, or whose plus sign was not escaped, are malformed.
func parseDate(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), nil
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", text, brasilia) // which takes a fraction too
	return t.UTC(), err
}

// echoDate writes a date of the request into the answer: in UTC, with a Z.
func echoDate(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Format(time.RFC3339Nano))
}

// showDate writes createDate and lastUpdateDate: Brasília's wall clock with a false Z, or the
// true time in UTC. The fraction has 0, 3 or 7 digits, as the vendor's samples have.
func showDate(t time.Time, trueDates bool) string {
	if trueDates {
		t = t.Add(brasiliaBehind)
	}
	text := payloadDate(t)
	switch {
	case t.Nanosecond() == 0:
		text = text[:len("2006-01-02T15:04:05")]
	case t.Nanosecond()%int(time.Millisecond) == 0:
		text = text[:len("2006-01-02T15:04:05.000")]
	}
	return text + "Z"
}

// payloadDate writes the dates in a webhook's payload: Brasília, seven digits, no suffix.
func payloadDate(t time.Time) string { return t.In(brasilia).Format("2006-01-02T15:04:05.0000000") }
