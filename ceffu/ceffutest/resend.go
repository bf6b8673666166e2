package ceffutest

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// resendRequest is what a resend asks for.
type resendRequest struct {
	webhookID string
	eventType ceffu.EventType
	from      int64 // Unix milliseconds
}

// resend accepts a resend, and delivers at once or later. What it covers is
// looked up when it delivers: all that failed by then.
func (v *vendor) resend(r *simulator.Request) (accepted bool, _ *refusal) {
	asked, refused := parseResend(r.Body)
	if refused != nil {
		return false, refused
	}
	if v.resendRange > 0 && r.Time.Sub(time.UnixMilli(asked.from)) > v.resendRange {
		return false, &refusal{"G20026", "range too large"}
	}
	v.mu.Lock()
	to, err := v.find(asked.webhookID)
	suspended := err == nil && to.Suspended
	v.mu.Unlock()
	switch {
	case err != nil && v.unknownWebhook == codeSuccess:
		return true, nil
	case err != nil:
		return false, &refusal{v.unknownWebhook, "unknown webhook"}
	case suspended && v.suspendedResend == ResendRefused:
		return false, &refusal{"G20005", "webhook suspended"}
	}
	if v.synchronous {
		// The delivery goes on if the client leaves: the request was accepted.
		v.deliverFailed(v.core.Context(), asked)
	} else {
		v.core.At(r.Time.Add(v.resendDelay), func(ctx context.Context) { v.deliverFailed(ctx, asked) })
	}
	return true, nil
}

// parseResend checks the parameters. What Ceffu checks of them is known only by
// their types; that it calls everything else G20005 is a guess.
func parseResend(body []byte) (resendRequest, *refusal) {
	members, err := parseMembers(body)
	if err != nil {
		return resendRequest{}, &refusal{"G20002", "body is not a JSON object"}
	}
	var asked resendRequest
	var ok bool
	if asked.webhookID, ok = digits(members["webhookId"]); !ok || !isString(members["webhookId"]) {
		return asked, &refusal{"G20005", "bad webhookId"}
	}
	// Documented as a string; Ceffu's own SDK sends a number.
	eventType, ok := digits(members["eventType"])
	if !ok {
		return asked, &refusal{"G20005", "bad eventType"}
	}
	asked.eventType = ceffu.EventType(eventType)
	if asked.from, ok = parseMillis(members["resendFromDateTime"]); !ok {
		return asked, &refusal{"G20005", "bad resendFromDateTime"}
	}
	return asked, nil
}

func isString(raw json.RawMessage) bool { return bytes.HasPrefix(bytes.TrimSpace(raw), []byte(`"`)) }

// digits reads a string of digits, or a whole number.
func digits(raw json.RawMessage) (text string, ok bool) {
	text = string(bytes.TrimSpace(raw))
	if isString(raw) {
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", false
		}
	}
	bad := strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	return text, text != "" && !bad
}
