package console

import (
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
)

// serveRequests shows what came in, newest first.
func (c *Console) serveRequests(x *exchange) {
	records := x.panel.Simulator.Requests()
	pages, ok := x.pager(len(records))
	if !ok {
		return
	}
	slices.Reverse(records)
	items := []request{}
	for _, r := range window(pages, records) {
		items = append(items, newRequest(r, maxShown))
	}
	if x.wantsJSON() {
		x.json(http.StatusOK, pages.part(items))
		return
	}
	x.page(http.StatusOK, "requests", "Requests", struct {
		Pager pager
		Items []request
	}{pages, items})
}

// serveRequest shows one of them whole.
func (c *Console) serveRequest(x *exchange) {
	id := strings.TrimSuffix(x.r.PathValue("id"), ".json")
	for _, r := range x.panel.Simulator.Requests() {
		if recordID(r) != id {
			continue
		}
		if x.wantsJSON() {
			x.json(http.StatusOK, newRequest(r, 0))
		} else {
			x.page(http.StatusOK, "request", "Request", newRequest(r, 0))
		}
		return
	}
	x.fail(http.StatusNotFound, "that request is not kept, or no longer")
}

// serveDeliveries shows what went out, newest first.
func (c *Console) serveDeliveries(x *exchange) {
	sent := x.panel.Simulator.Deliveries()
	pages, ok := x.pager(len(sent))
	if !ok {
		return
	}
	slices.Reverse(sent)
	items := []delivery{}
	for _, d := range window(pages, sent) {
		items = append(items, newDelivery(d))
	}
	if x.wantsJSON() {
		x.json(http.StatusOK, pages.part(items))
		return
	}
	x.page(http.StatusOK, "deliveries", "Deliveries", struct {
		Pager pager
		Items []delivery
	}{pages, items})
}

// serveListing shows one of the panel's own.
func (c *Console) serveListing(x *exchange) {
	name := strings.TrimSuffix(x.r.PathValue("listing"), ".json")
	listing, ok := x.panel.listing(name)
	if !ok {
		x.failPath(name)
		return
	}
	query := x.r.URL.Query()
	sent := x.r.URL.Query()
	sent.Del("page")
	sent.Del("done")
	filter, err := readValues(listing.Filters, sent)
	if err != nil {
		x.fail(http.StatusBadRequest, err.Error())
		return
	}
	_, total, err := listing.Page(filter, 0, 0)
	if err != nil {
		x.fail(http.StatusBadRequest, err.Error())
		return
	}
	pages, err := newPager(x.r.URL.Path, query, total)
	if err != nil {
		x.fail(http.StatusBadRequest, err.Error())
		return
	}
	rows, _, err := listing.Page(filter, pages.skip(), pageSize)
	if err != nil {
		x.fail(http.StatusBadRequest, err.Error())
		return
	}
	table := Table{Columns: listing.Columns, Rows: rows}
	if x.wantsJSON() {
		x.json(http.StatusOK, pages.part(table.objects()))
		return
	}
	x.page(http.StatusOK, "listing", listing.Title, listingView{
		Listing: listing, Filters: newFieldViews(name, withValues(listing.Filters, filter)), Pager: pages, Table: newTableView(table),
	})
}

type listingView struct {
	Listing *Listing
	Filters []fieldView
	Pager   pager
	Table   tableView
}

func withValues(fields []Field, values Values) []Field {
	filled := slices.Clone(fields)
	for i := range filled {
		filled[i].Value = values[filled[i].Name]
	}
	return filled
}

// failPath says what is wrong with a path that is no page.
func (x *exchange) failPath(name string) {
	if action, ok := x.panel.action(name); ok {
		x.w.Header().Set("Allow", http.MethodPost)
		x.fail(http.StatusMethodNotAllowed, "POST it: "+x.example(action))
		return
	}
	x.fail(http.StatusNotFound, "there is no such page")
}

// pager reads the page that is asked for, or answers what is wrong with it.
func (x *exchange) pager(total int) (pager, bool) {
	pages, err := newPager(x.r.URL.Path, x.r.URL.Query(), total)
	if err != nil {
		x.fail(http.StatusBadRequest, err.Error())
		return pages, false
	}
	return pages, true
}

// serveCertificate gives out the certificate that a client in any language has
// to trust.
func (c *Console) serveCertificate(x *exchange) {
	certificate := x.panel.Simulator.Certificate()
	if certificate == nil {
		x.fail(http.StatusNotFound, "this simulator speaks without TLS")
		return
	}
	x.w.Header().Set("Content-Type", "application/x-pem-file")
	_ = pem.Encode(x.w, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}
