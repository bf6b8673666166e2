package ceffutest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// resendRequest is what a resend covers.
type resendRequest struct {
	webhookID string
	eventType ceffu.EventType
	from      int64 // Unix milliseconds
}

// accept checks a resend. What Ceffu checks of the parameters is known only by their
// types; that it calls everything else G20005 is a guess. The caller holds the lock.
func (v *vendor) accept(r *simulator.Request) (asked resendRequest, refused *simulator.Reply) {
	members := parseMembers(r.Body)
	if refused := v.admit(r, members); refused != nil {
		return asked, refused
	}
	webhookID, isID := digits(members["webhookId"])
	eventType, isType := digits(members["eventType"]) // documented as a string; Ceffu's own SDK sends a number
	from, isFrom := parseMillis(members["resendFromDateTime"])
	to, err := v.find(webhookID)
	switch {
	case !isID || !isString(members["webhookId"]):
		return asked, v.refuse("G20005", "bad webhookId")
	case !isType:
		return asked, v.refuse("G20005", "bad eventType")
	case !isFrom:
		return asked, v.refuse("G20005", "bad resendFromDateTime")
	case v.resendRange > 0 && r.Time.Sub(time.UnixMilli(from)) > v.resendRange:
		return asked, v.refuse("G20026", "range too large")
	case err != nil && v.unknownWebhook != codeSuccess:
		return asked, v.refuse(v.unknownWebhook, "unknown webhook")
	case err == nil && to.Suspended && v.suspendedResend == ResendRefused:
		return asked, v.refuse("G20005", "webhook suspended")
	}
	return resendRequest{webhookID, ceffu.EventType(eventType), from}, nil
}

// resend carries a resend out. What it covers is looked up when it delivers: all
// that failed by then.
func (v *vendor) resend(r *simulator.Request) simulator.Reply {
	v.mu.Lock()
	asked, refused := v.accept(r)
	v.mu.Unlock()
	if refused != nil {
		return *refused
	}
	if v.synchronous {
		// The delivery goes on if the client leaves: the request was accepted.
		v.deliverFailed(v.core.Context(), asked)
	} else {
		v.core.At(r.Time.Add(v.resendDelay), func(ctx context.Context) { v.deliverFailed(ctx, asked) })
	}
	return simulator.Reply{Status: http.StatusOK, Body: answer(new(true), codeSuccess, ""), Verdict: simulator.VerdictOK}
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
