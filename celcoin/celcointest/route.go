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
	tokenPath  = "/v5/token"
	commonPath = "/common/v1/webhook/replay/"
	baasPath   = "/baas/v2/webhook/replay/"
	baasV1Path = "/baas-webhookmanager/v1/webhook/replay/"
)

// route is what a path names.
type route struct {
	product celcoin.Product
	entity  celcoin.Entity
	details bool
}

// parseRoute reads /common/v1/webhook/replay/{product}/{entity}[/details],
// /baas/v2/webhook/replay/{entity}[/details] and the older
// /baas-webhookmanager/v1/webhook/replay/{entity}[/details]. It splits the path before it
// unescapes the segments: an entity may hold an escaped slash.
//
// The status calls have a product and no entity.
func parseRoute(u *url.URL) (route, bool) {
	path := u.EscapedPath()
	if plain, ok := plainPaths[path]; ok {
		return route{product: plain.product}, true
	}
	var found route
	var names []string
	if rest, ok := strings.CutPrefix(path, commonPath); ok {
		names = strings.Split(rest, "/")
	} else if rest, ok := strings.CutPrefix(path, baasPath); ok {
		names = append([]string{string(celcoin.ProductBaaS)}, strings.Split(rest, "/")...)
	} else if rest, ok := strings.CutPrefix(path, baasV1Path); ok {
		names = append([]string{string(celcoin.ProductBaaSV1)}, strings.Split(rest, "/")...)
	}
	if len(names) == 3 && names[2] == "details" {
		found.details = true
		names = names[:2]
	}
	if len(names) != 2 {
		return route{}, false
	}
	product, errProduct := url.PathUnescape(names[0])
	entity, errEntity := url.PathUnescape(names[1])
	if errProduct != nil || errEntity != nil || product == "" || entity == "" {
		return route{}, false
	}
	found.product, found.entity = celcoin.Product(product), celcoin.Entity(entity)
	// BaaS has its own paths and is not a product of the common one.
	if isBaaS(found.product) && strings.HasPrefix(path, commonPath) {
		return route{}, false
	}
	return found, true
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

// operation names the call that a request is, or gives "".
func operation(r *http.Request) string {
	if plain, ok := plainPaths[r.URL.EscapedPath()]; ok {
		if r.Method == plain.method {
			return plain.operation
		}
		return ""
	}
	at, ok := parseRoute(r.URL)
	switch {
	case ok && r.Method == http.MethodGet && at.details:
		return OpDetails
	case ok && r.Method == http.MethodGet:
		return OpCount
	case ok && r.Method == http.MethodPut && !at.details:
		return OpReplay
	default:
		return ""
	}
}

// plainPaths are the paths that name no entity.
var plainPaths = map[string]struct {
	method, operation string
	product           celcoin.Product
}{
	tokenPath:       {http.MethodPost, OpToken, celcoin.ProductPix},
	pixPaymentPath:  {http.MethodGet, OpPaymentStatus, celcoin.ProductPix},
	baasPaymentPath: {http.MethodGet, OpPaymentStatus, celcoin.ProductBaaS},
	pixReceiptPath:  {http.MethodGet, OpReceiptStatus, celcoin.ProductPix},
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
