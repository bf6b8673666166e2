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

// query is what a request asks for. Parameters are known by their exact case;
// any other is ignored, as unknown parameters commonly are.
type query struct {
	route
	from, to    time.Time // zero: not given
	onlyPending bool
	webhookID   string
	filter      celcoin.Filter
	page, size  int
	limit       int // 0: none
}

// parseQuery reads the parameters of a call. A mistake is answered with the
// code that goes with it, which is a guess for all of them.
func (v *vendor) parseQuery(at route, r *simulator.Request) (query, *simulator.Reply) {
	q := query{route: at, page: 1, size: maxPageSize}
	values, err := url.ParseQuery(r.HTTP.URL.RawQuery)
	if err != nil {
		return q, badRequest(codeField, "malformed query")
	}
	if refused := q.readWindow(values, r.Operation != OpReplay); refused != nil {
		return q, refused
	}
	switch strings.ToLower(values.Get("OnlyPending")) {
	case "true":
		q.onlyPending = true
	case "false", "":
	default:
		return q, badRequest(codeField, "malformed OnlyPending")
	}
	q.webhookID = values.Get("webhookId")
	q.filter = celcoin.Filter{
		DocumentNumber:  values.Get("documentNumber"),
		Account:         values.Get("account"),
		ID:              values.Get("id"),
		ClientRequestID: values.Get("clientRequestId"),
	}
	var refused *simulator.Reply
	switch r.Operation {
	case OpReplay:
		refused = q.readBody(r)
	case OpDetails:
		refused = q.readPage(values)
	}
	if refused == nil && v.cfg.maxWindow > 0 && q.to.Sub(q.from) > v.cfg.maxWindow && !q.from.IsZero() && !q.to.IsZero() {
		refused = badRequest(codeWindow, "window too wide")
	}
	return q, refused
}

func (q *query) readWindow(values url.Values, required bool) *simulator.Reply {
	for name, into := range map[string]*time.Time{"DateFrom": &q.from, "DateTo": &q.to} {
		text := values.Get(name)
		t, err := parseDate(text)
		switch {
		case text == "" && required:
			return badRequest(codeDatesRequired, "missing "+name)
		case text == "":
		case err != nil:
			return badRequest(codeField, "malformed "+name)
		default:
			*into = t
		}
	}
	if !q.to.IsZero() && q.from.After(q.to) {
		return badRequest(codeDateOrder, "DateFrom after DateTo")
	}
	return nil
}

func (q *query) readPage(values url.Values) *simulator.Reply {
	for _, number := range []struct {
		name string
		into *int
		most int
		code string
	}{
		{"Page", &q.page, 1<<31 - 1, codePage},
		{"LimitPerPage", &q.size, maxPageSize, codePageSize},
		{"Limit", &q.limit, 1<<31 - 1, codeLimit},
	} {
		text := values.Get(number.name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > number.most {
			return badRequest(number.code, "malformed "+number.name)
		}
		*number.into = n
	}
	return nil
}

// readBody reads the filter of a replay: {"filter":{…}}, {} or nothing at all.
// Whether the real one takes the latter two is not known.
func (q *query) readBody(r *simulator.Request) *simulator.Reply {
	q.filter = celcoin.Filter{}
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "", "body is not application/json")
	}
	var body struct {
		Filter struct {
			DocumentNumber  string `json:"documentNumber"`
			Account         string `json:"account"`
			ID              string `json:"id"`
			ClientRequestID string `json:"clientRequestId"`
		} `json:"filter"`
	}
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return badRequest(codeField, "malformed body")
	}
	q.filter = celcoin.Filter(body.Filter)
	return nil
}
