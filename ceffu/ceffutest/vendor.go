package ceffutest

import (
	"crypto/rsa"
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
	core   *simulator.Core // set before the first request
	key    *rsa.PublicKey
	secret string

	mu            sync.Mutex
	signatures    map[string]time.Time // when they were seen
	sweptAt       time.Time
	webhooks      []*endpoint
	notifications []*Notification
	ids           int64 // given out
}

func newVendor(o *options) (*vendor, error) {
	key, secret, err := o.expectedKey()
	if err != nil {
		return nil, err
	}
	return &vendor{
		options:    o,
		key:        key,
		secret:     secret,
		signatures: make(map[string]time.Time),
	}, nil
}

// Operation names the one call that there is.
func (v *vendor) Operation(r *http.Request) string {
	if r.URL.Path == resendPath && r.Method == http.MethodPost {
		return OpResend
	}
	return ""
}

// Key takes for attempts of one call what differs in nothing but the timestamp.
func (v *vendor) Key(r *simulator.Request) string {
	if r.Operation != OpResend {
		return r.Method + " " + r.URL
	}
	members, err := parseMembers(r.Body)
	if err != nil {
		return string(r.Body)
	}
	return string(members["webhookId"]) + " " + string(members["eventType"]) + " " + string(members["resendFromDateTime"])
}

// Serve carries a request out, or says why not.
func (v *vendor) Serve(r *simulator.Request) simulator.Reply {
	switch {
	case r.HTTP.URL.Path != resendPath:
		// What Ceffu answers to a wrong path is not known; an empty body claims nothing.
		return simulator.Reply{Status: http.StatusNotFound, Verdict: "no such path"}
	case r.Method != http.MethodPost:
		return simulator.Reply{Status: http.StatusMethodNotAllowed, Verdict: "wrong method",
			Header: http.Header{"Allow": {http.MethodPost}}}
	}
	if refused := v.admit(r); refused != nil {
		return v.refuse(refused)
	}
	accepted, refused := v.resend(r)
	if refused != nil {
		return v.refuse(refused)
	}
	return simulator.Reply{
		Status:  http.StatusOK,
		Body:    answer(&accepted, codeSuccess, ""),
		Verdict: simulator.VerdictOK,
	}
}

// refusal is why a request is not carried out: Ceffu's code, and for the record
// what that means here.
type refusal struct{ code, verdict string }

func (v *vendor) refuse(r *refusal) simulator.Reply {
	return simulator.Reply{Status: v.status(r.code), Body: answer(nil, r.code, ""), Verdict: r.verdict}
}

// ErrorBody is Ceffu's JSON for an error.
func (v *vendor) ErrorBody(status int, name, message string) []byte {
	if name == "" {
		name = codeOfStatus(status)
	}
	return answer(nil, name, message)
}

// RevokeToken does nothing: Ceffu has no tokens.
func (v *vendor) RevokeToken() {}
