package celcointest

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/reenvio/reenvio-go/celcoin"
)

// The operations, as a [Fault] and a [Record] name them.
const (
	OpToken         = "token"
	OpCount         = "count"
	OpDetails       = "details"
	OpReplay        = "replay"
	OpPaymentStatus = "pix payment status"
	OpReceiptStatus = "pix receipt status"
)

const (
	tokenPath       = "/v5/token"
	pixPaymentPath  = "/pix/v1/payment/pi/status"
	pixReceiptPath  = "/pix/v1/receivement/status"
	baasPaymentPath = "/baas/v2/pix/payment/status"
)

// route is what a path names: the operation of each method, mostly a product, and an entity.
type route struct {
	operations map[string]string
	product    celcoin.Product
	entity     celcoin.Entity
}

var plainRoutes = map[string]route{
	tokenPath:       {operations: map[string]string{http.MethodPost: OpToken}},
	pixPaymentPath:  {operations: map[string]string{http.MethodGet: OpPaymentStatus}, product: celcoin.ProductPix},
	baasPaymentPath: {operations: map[string]string{http.MethodGet: OpPaymentStatus}, product: celcoin.ProductBaaS},
	pixReceiptPath:  {operations: map[string]string{http.MethodGet: OpReceiptStatus}, product: celcoin.ProductPix},
}

// entityPath has a product, or which of the BaaS paths it is, an entity, and /details.
var entityPath = regexp.MustCompile(`^(?:/common/v1/webhook/replay/([^/]+)|` +
	`(/baas/v2|/baas-webhookmanager/v1)/webhook/replay)/([^/]+)(/details)?$`)

// parseRoute reads a path, and gives nothing for one that there is not. Segments are
// unescaped after it is split: an entity may hold an escaped slash.
func parseRoute(u *url.URL) route {
	path := u.EscapedPath()
	parts := entityPath.FindStringSubmatch(path)
	if parts == nil {
		return plainRoutes[path]
	}
	product, errProduct := url.PathUnescape(parts[1])
	entity, errEntity := url.PathUnescape(parts[3])
	operations := map[string]string{http.MethodGet: OpCount, http.MethodPut: OpReplay}
	found := route{operations, celcoin.Product(product), celcoin.Entity(entity)}
	if parts[4] != "" {
		found.operations = map[string]string{http.MethodGet: OpDetails}
	}
	if errProduct != nil || errEntity != nil || isBaaS(found.product) { // BaaS has paths of its own
		return route{}
	}
	switch parts[2] {
	case "/baas/v2":
		found.product = celcoin.ProductBaaS
	case "/baas-webhookmanager/v1":
		found.product = celcoin.ProductBaaSV1
	}
	return found
}

func isBaaS(p celcoin.Product) bool { return p == celcoin.ProductBaaS || p == celcoin.ProductBaaSV1 }

// stored is the product whose webhooks a path shows. That both BaaS paths agree is a guess.
func stored(p celcoin.Product) celcoin.Product {
	if p == celcoin.ProductBaaSV1 {
		return celcoin.ProductBaaS
	}
	return p
}

// knows says whether a product has an entity. A subscription is for every
// product, so it makes no Pix event of one that is BaaS alone. The caller holds the lock.
func (v *vendor) knows(at route) bool {
	own, others := celcoin.PixEntities(), celcoin.BaaSEntities()
	switch {
	case isBaaS(at.product):
		own, others = others, own
	case at.product != celcoin.ProductPix:
		return true // nothing is known of other products
	}
	_, subscribed := v.subscriptions[at.entity]
	added := func(e *entry) bool { return e.Entity == at.entity && e.Product == stored(at.product) }
	return slices.Contains(own, at.entity) || subscribed && !slices.Contains(others, at.entity) ||
		slices.ContainsFunc(v.ledger.entries, added)
}
