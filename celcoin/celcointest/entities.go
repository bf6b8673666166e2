package celcointest

import (
	"net/http"
	"slices"

	"github.com/reenvio/reenvio-go/celcoin"
)

// ForEntity is a [Fault].Match for the calls of these entities, of every product.
func ForEntity(entities ...celcoin.Entity) func(*http.Request) bool {
	return func(r *http.Request) bool {
		at, ok := parseRoute(r.URL)
		return ok && slices.Contains(entities, at.entity)
	}
}

// EntityHangs leaves every call of an entity without an answer, until the client
// leaves. An integrator saw onboarding-proposal and onboarding-documentscopy hang
// for some 120 seconds in Celcoin's sandbox.
func EntityHangs(entity celcoin.Entity) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Hang: true}
}

// EntityTimesOut answers every call of an entity with the gateway's 504, at once;
// set DelayHeaders for a real gateway's pace. No known entity of Celcoin does it.
func EntityTimesOut(entity celcoin.Entity) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Status: http.StatusGatewayTimeout}
}

// EntityMute answers every call of an entity, count too, with 404 and code CBE238,
// whatever there is. An integrator saw it of onboarding-create, kyc and
// account-status in Celcoin's sandbox.
func EntityMute(entity celcoin.Entity) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Status: http.StatusNotFound, Code: codeNothing}
}

// EntityRefused answers every call of an entity with an error of Celcoin's. Seen by
// integrators are 404 CBE217 (no subscription), 403 CBE468 (not allowed), and
// 400 CBE206 or CBE208 (unknown entity).
func EntityRefused(entity celcoin.Entity, status int, code string) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Status: status, Code: code}
}

// WithUnknownEntityEmpty chooses what becomes of an entity that the product does
// not have: 400 with code CBE208 (the default, seen by an integrator), or none of
// its webhooks match. The product has the entities of [celcoin.PixEntities] or
// [celcoin.BaaSEntities], and those that the test added webhooks or a
// subscription of.
func WithUnknownEntityEmpty(empty bool) Option {
	return set(func(cfg *config) { cfg.unknownEmpty = empty })
}

// knows says whether a product has an entity. A subscription is for every
// product, so it makes no Pix event of one that is BaaS alone. The caller holds the lock.
func (v *vendor) knows(at route) bool {
	pix := slices.Contains(celcoin.PixEntities(), at.entity)
	baas := slices.Contains(celcoin.BaaSEntities(), at.entity)
	_, stocked := v.ledger.partitions[partitionKey{stored(at.product), at.entity}]
	_, subscribed := v.subscriptions[at.entity]
	switch at.product {
	case celcoin.ProductPix:
		return stocked || pix || subscribed && !baas
	case celcoin.ProductBaaS, celcoin.ProductBaaSV1:
		return stocked || baas || subscribed && !pix
	default:
		return true // nothing is known of other products
	}
}
