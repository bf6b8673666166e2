package ceffutest

import (
	"net/http"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// OpResend is the Operation of a resend, in a [Record] and for a [Fault].
const OpResend = "resend"

const resendPath = "/open-api/entity/webhook/resend"

// vendor is Ceffu: what it checks, what it keeps, what it sends.
type vendor struct {
	*options
	core *simulator.Core // set before the first request

	mu            sync.Mutex
	signatures    map[string]time.Time // when they were seen
	sweptAt       time.Time
	webhooks      []*endpoint
	notifications []*notice
	ids           int64 // given out
}

func (v *vendor) Operation(r *http.Request) string {
	if r.URL.Path == resendPath && r.Method == http.MethodPost {
		return OpResend
	}
	return ""
}

// Key takes for attempts of one call what differs in nothing but the timestamp.
func (v *vendor) Key(r *simulator.Request) string {
	members := parseMembers(r.Body)
	if r.Operation != OpResend || members == nil {
		return r.Method + " " + r.URL + " " + string(r.Body)
	}
	return string(members["webhookId"]) + " " + string(members["eventType"]) + " " + string(members["resendFromDateTime"])
}

func (v *vendor) Serve(r *simulator.Request) simulator.Reply {
	switch {
	case r.HTTP.URL.Path != resendPath:
		// What Ceffu answers to a wrong path is not known; an empty body claims nothing.
		return simulator.Reply{Status: http.StatusNotFound, Verdict: "no such path"}
	case r.Operation != OpResend:
		return simulator.Reply{Status: http.StatusMethodNotAllowed, Verdict: "wrong method",
			Header: http.Header{"Allow": {http.MethodPost}}}
	default:
		return v.resend(r)
	}
}

func (v *vendor) RevokeToken() {} // Ceffu has no tokens
