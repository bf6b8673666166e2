package ceffutest

import (
	"context"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
)

// ArmedFault is a fault that was injected, and how often it struck.
type ArmedFault struct {
	Fault  Fault
	Seen   int  // requests that matched
	Struck int  // of these, those it struck
	Spent  bool // it will not strike again
}

// Faults tells what is armed and what has been, in order of injection.
func (s *Server) Faults() []ArmedFault {
	known := s.core.Faults()
	faults := make([]ArmedFault, len(known))
	for i, f := range known {
		faults[i] = ArmedFault{Fault: Fault(f.Fault), Seen: f.Seen, Struck: f.Struck, Spent: f.Spent}
	}
	return faults
}

// Resend does what a resend asks for, but without a request: it is not signed,
// not checked and not recorded. It returns how many notifications had failed.
func (s *Server) Resend(webhookID string, eventType ceffu.EventType, from time.Time) (int, error) {
	if _, err := s.vendor.book.webhook(webhookID); err != nil {
		return 0, fmt.Errorf("ceffutest: resend: %w", err)
	}
	asked := resendRequest{webhookID: webhookID, eventType: eventType, from: from.UnixMilli()}
	count := len(s.vendor.book.failed(webhookID, eventType, asked.from))
	s.core.At(s.Now().Add(s.vendor.resendDelay), func(ctx context.Context) { s.vendor.deliverFailed(ctx, asked) })
	return count, nil
}
