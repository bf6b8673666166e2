package celcointest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Fault is one way to misbehave, and when to. Its fields, which [simulator.Fault] explains:
//
//	when:      Operation, Match, Skip, Times, Probability
//	lost:      Processed (the request is carried out before the fault shows)
//	answered:  Status, Code, Message, Body, ContentType, Header, RetryAfter, DateSkew, NoDate, RedirectTo, RevokeToken
//	sent:      DelayHeaders, DelayBody, Reset, CutBody, ContentLength, Gzip, Bomb, Size, Garbage, Hang
//
// Operations are [OpToken], [OpCount], [OpDetails], [OpReplay], [OpPaymentStatus] and
// [OpReceiptStatus]; for the calls of one entity see [ForEntity].
type Fault = simulator.Fault

// ArmedFault is a Fault that was injected, and how often it was used: Seen, Struck, Spent.
type ArmedFault = simulator.ArmedFault

// Inject adds a fault, or says what is wrong with it.
func (s *Server) Inject(f Fault) error {
	if err := s.vendor.core.Inject(f); err != nil {
		return fmt.Errorf("celcointest: %w", err)
	}
	return nil
}

// ForEntity is a [Fault].Match for the calls of these entities, of every product.
func ForEntity(entities ...celcoin.Entity) func(*http.Request) bool {
	return func(r *http.Request) bool { return slices.Contains(entities, parseRoute(r.URL).entity) }
}

// EntityHangs leaves every call of an entity without an answer. Seen of onboarding-proposal
// and onboarding-documentscopy in Celcoin's sandbox, for some 120 seconds.
func EntityHangs(entity celcoin.Entity) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Hang: true}
}

// EntityTimesOut answers every call of an entity with the gateway's 504, at once
// unless DelayHeaders is set. Not known of any entity of Celcoin.
func EntityTimesOut(entity celcoin.Entity) Fault {
	return EntityRefused(entity, http.StatusGatewayTimeout, "")
}

// EntityMute answers every call of an entity, count too, with 404, CBE238. Seen of
// onboarding-create, kyc and account-status in Celcoin's sandbox.
func EntityMute(entity celcoin.Entity) Fault {
	return EntityRefused(entity, http.StatusNotFound, codeNothing)
}

// EntityRefused answers every call of an entity with an error. Seen are 404 CBE217 (no
// subscription), 403 CBE468 (not allowed), and 400 CBE206 or CBE208 (unknown entity).
func EntityRefused(entity celcoin.Entity, status int, code string) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Status: status, Code: code}
}
