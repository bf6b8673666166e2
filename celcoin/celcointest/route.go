package celcointest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

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

	commonPath = "/common/v1/webhook/replay/"
	baasPath   = "/baas/v2/webhook/replay/"
	baasV1Path = "/baas-webhookmanager/v1/webhook/replay/"
)

// route is what a path names: the operation of each method, and for some a product
// and an entity.
type route struct {
	operations map[string]string
	product    celcoin.Product
	entity     celcoin.Entity
}

var (
	paymentRoute = map[string]string{http.MethodGet: OpPaymentStatus}
	plainRoutes  = map[string]route{
		tokenPath:       {operations: map[string]string{http.MethodPost: OpToken}},
		pixPaymentPath:  {operations: paymentRoute, product: celcoin.ProductPix},
		baasPaymentPath: {operations: paymentRoute, product: celcoin.ProductBaaS},
		pixReceiptPath:  {operations: map[string]string{http.MethodGet: OpReceiptStatus}, product: celcoin.ProductPix},
	}
	entityRoute  = map[string]string{http.MethodGet: OpCount, http.MethodPut: OpReplay}
	detailsRoute = map[string]string{http.MethodGet: OpDetails}
)

// parseRoute reads a path that names no entity, or
// /common/v1/webhook/replay/{product}/{entity}[/details],
// /baas/v2/webhook/replay/{entity}[/details] and the older
// /baas-webhookmanager/v1/webhook/replay/{entity}[/details]. It splits the path before it
// unescapes the segments: an entity may hold an escaped slash.
func parseRoute(u *url.URL) (route, bool) {
	path := u.EscapedPath()
	if plain, ok := plainRoutes[path]; ok {
		return plain, true
	}
	rest, common := strings.CutPrefix(path, commonPath)
	if name, ok := strings.CutPrefix(path, baasPath); ok {
		rest = string(celcoin.ProductBaaS) + "/" + name
	} else if name, ok := strings.CutPrefix(path, baasV1Path); ok {
		rest = string(celcoin.ProductBaaSV1) + "/" + name
	}
	names, operations := strings.Split(rest, "/"), entityRoute
	if len(names) == 3 && names[2] == "details" {
		names, operations = names[:2], detailsRoute
	}
	if len(names) != 2 {
		return route{}, false
	}
	product, errProduct := url.PathUnescape(names[0])
	entity, errEntity := url.PathUnescape(names[1])
	found := route{operations: operations, product: celcoin.Product(product), entity: celcoin.Entity(entity)}
	// BaaS has its own paths and is not a product of the common one.
	misplaced := common && isBaaS(found.product)
	return found, errProduct == nil && errEntity == nil && product != "" && entity != "" && !misplaced
}

func isBaaS(p celcoin.Product) bool { return p == celcoin.ProductBaaS || p == celcoin.ProductBaaSV1 }

// stored is the product whose webhooks a path shows: that both BaaS paths show
// the same is a guess.
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
	_, stocked := v.ledger.partitions[partitionKey{stored(at.product), at.entity}]
	_, subscribed := v.subscriptions[at.entity]
	return stocked || slices.Contains(own, at.entity) || subscribed && !slices.Contains(others, at.entity)
}
