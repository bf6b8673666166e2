package ceffutest

import (
	"fmt"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Fault is one way to misbehave, and when to. Its fields, which [simulator.Fault] explains:
//
//	when:      Operation, Match, Skip, Times, Probability
//	lost:      Processed (the request is carried out before the fault shows)
//	answered:  Status, Code, Message, Body, ContentType, Header, RetryAfter, DateSkew, NoDate, RedirectTo, RevokeToken
//	sent:      DelayHeaders, DelayBody, Reset, CutBody, ContentLength, Gzip, Bomb, Size, Garbage, Hang
//
// The only operation is [OpResend], and there are no tokens to revoke. A Code without
// Status has the status that this server gives it.
type Fault = simulator.Fault

// ArmedFault is a Fault that was injected, and how often it was used: Seen, Struck, Spent.
type ArmedFault = simulator.ArmedFault

// Inject adds a fault. Fields that contradict each other are an error; with
// [NewServer] they also fail the test, so that the error may be ignored there.
func (s *Server) Inject(f Fault) error {
	err := s.vendor.core.Inject(f)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("ceffutest: inject: %w", err)
	if s.tb != nil {
		s.tb.Helper()
		s.tb.Error(err)
	}
	return err
}
