package ceffutest

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// resend checks a resend and carries it out. What Ceffu checks of the parameters is known
// only by their types; that it calls everything else G20005 is a guess. What a resend covers
// is looked up when it delivers: all that failed by then.
func (v *vendor) resend(r *simulator.Request) *simulator.Reply {
	v.mu.Lock()
	defer v.mu.Unlock()
	members := parseMembers(r.Body)
	if refused := v.admit(r, members); refused != nil {
		return refused
	}
	webhookID, isID := digits(members["webhookId"])
	eventType, isType := digits(members["eventType"]) // documented as a string; Ceffu's own SDK sends a number
	from, isFrom := parseMillis(members["resendFromDateTime"])
	to, err := v.find(webhookID)
	switch {
	case !isID || !isString(members["webhookId"]):
		return v.refuse("G20005", "bad webhookId")
	case !isType:
		return v.refuse("G20005", "bad eventType")
	case !isFrom:
		return v.refuse("G20005", "bad resendFromDateTime")
	case r.Time.Sub(time.UnixMilli(from)) > v.resendRange:
		return v.refuse("G20026", "range too large")
	case err != nil && v.unknownWebhook != codeSuccess:
		return v.refuse(v.unknownWebhook, "unknown webhook")
	case err == nil && to.Suspended && v.suspendedResend == ResendRefused:
		return v.refuse("G20005", "webhook suspended")
	}
	covered := func(n *notice) bool {
		return n.Status == StatusFailed && n.WebhookID == webhookID && string(n.EventType) == eventType &&
			n.Created.UnixMilli() >= from
	}
	if v.synchronous {
		// The delivery goes on if the client leaves: the request was accepted.
		v.deliverFailed(v.core.Context(), covered)
	} else {
		v.core.At(r.Time.Add(v.resendDelay), func(ctx context.Context) {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.deliverFailed(ctx, covered)
		})
	}
	return &simulator.Reply{Body: answer(new(true), codeSuccess, ""), Verdict: simulator.VerdictOK}
}

func isString(raw json.RawMessage) bool { return bytes.HasPrefix(raw, []byte(`"`)) }

// digits reads a string of digits, or a whole number.
func digits(raw json.RawMessage) (text string, ok bool) {
	text = string(raw)
	if isString(raw) && json.Unmarshal(raw, &text) != nil {
		return "", false
	}
	return text, text != "" && strings.Trim(text, "0123456789") == ""
}
