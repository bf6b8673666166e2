package survival

import (
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// ceffuCodes are Ceffu's codes, each under the simulator's guess at its status
// and inside a 200: the code counts before the status.
func ceffuCodes() []fault {
	var rows []fault
	for _, c := range []struct {
		code string
		is   class
		of   []error
	}{
		{"G20001", troubled, []error{ceffu.ErrServer}},
		{"G20002", refused, []error{ceffu.ErrInvalidRequest}},
		{"G20003", refused, []error{ceffu.ErrInvalidRequest}},
		{"G20004", refused, []error{ceffu.ErrInvalidRequest}},
		{"G20005", refused, []error{ceffu.ErrInvalidRequest}},
		{"G20006", refused, []error{ceffu.ErrInvalidRequest}},
		{"G20007", amended, []error{ceffu.ErrInvalidRequest, ceffu.ErrTimestampExpired}},
		{"G20008", refused, []error{ceffu.ErrUnauthorized}},
		{"G20009", refused, []error{ceffu.ErrUnauthorized, ceffu.ErrInvalidSignature}},
		{"G20010", refused, []error{ceffu.ErrUnauthorized}},
		{"G20011", refused, []error{ceffu.ErrForbidden}},
		{"G20012", throttled, []error{ceffu.ErrRateLimited}},
		{"G20013", refused, []error{ceffu.ErrForbidden}},
		{"G20014", refused, []error{ceffu.ErrInvalidRequest}},
		{"G20015", amended, []error{ceffu.ErrInvalidRequest, ceffu.ErrDuplicateRequest}},
		{"G20016", refused, []error{ceffu.ErrForbidden}},
		{"G20017", refused, []error{ceffu.ErrForbidden}},
		{"G20018", refused, []error{ceffu.ErrForbidden}},
		{"G20026", refused, []error{ceffu.ErrInvalidRequest}},
		{"G20028", refused, []error{ceffu.ErrUnauthorized}},
	} {
		rows = append(rows,
			fault{name: c.code, vendor: ceffuSide, does: simulator.Fault{Code: c.code}, is: c.is, of: c.of},
			fault{name: c.code + " inside a 200", vendor: ceffuSide, does: simulator.Fault{Code: c.code, Status: 200}, is: c.is, of: c.of})
	}
	return append(rows,
		fault{name: "an unknown code of Ceffu inside a 200", vendor: ceffuSide,
			does: simulator.Fault{Code: "G29999", Status: 200}, is: refused},
		fault{name: "an unknown code of Ceffu with a 400", vendor: ceffuSide,
			does: simulator.Fault{Code: "G29999", Status: 400}, is: refused, of: []error{ceffu.ErrInvalidRequest}},
		fault{name: "G20007 by a clock that is far ahead", vendor: ceffuSide,
			does: simulator.Fault{Code: "G20007", DateSkew: 30 * time.Second},
			is:   reclocked, of: []error{ceffu.ErrInvalidRequest, ceffu.ErrTimestampExpired}})
}

// celcoinCodes are Celcoin's codes, each with the status that it is known by
// and inside a 200.
func celcoinCodes() []fault {
	var rows []fault
	for _, c := range []struct {
		code     string
		statuses []int
		is       class
		of       error
		but      []exception
	}{
		{"CIE999", []int{400, 500, 200}, troubled, celcoin.ErrServer, nil},
		{"OIE999", []int{400, 500, 200}, troubled, celcoin.ErrServer, nil},
		{"CBE238", []int{404, 200}, refused, celcoin.ErrNotFound, []exception{{where: onSearch, is: nothingFound}}},
		{"CBE217", []int{404, 200}, refused, celcoin.ErrNotFound, nil},
		{"CBE468", []int{403, 200}, refused, celcoin.ErrForbidden, nil},
		{"CBE206", []int{400, 200}, refused, celcoin.ErrInvalidRequest, nil},
		{"CBE208", []int{400, 200}, refused, celcoin.ErrInvalidRequest, nil},
		{"CBE225", []int{400, 200}, refused, celcoin.ErrInvalidRequest, nil},
		{"CBE066", []int{400, 200}, refused, celcoin.ErrInvalidRequest, nil},
		{"CBE376", []int{400, 200}, refused, celcoin.ErrInvalidRequest, nil},
		{"OBE001", []int{401, 200}, credentials, celcoin.ErrUnauthorized, notRenewed},
		{"OBE002", []int{401, 200}, credentials, celcoin.ErrUnauthorized, notRenewed},
		{"OBE003", []int{401, 200}, credentials, celcoin.ErrUnauthorized, notRenewed},
		{"OBE004", []int{401, 200}, credentials, celcoin.ErrUnauthorized, notRenewed},
		{"AUE002", []int{401, 200}, credentials, celcoin.ErrUnauthorized, notRenewed},
	} {
		for _, status := range c.statuses {
			rows = append(rows, fault{
				name: c.code + " with a " + strconv.Itoa(status), vendor: celcoinSide,
				does: simulator.Fault{Code: c.code, Status: status}, is: c.is, of: []error{c.of}, but: c.but,
			})
		}
	}
	return append(rows,
		fault{name: "CIE999 after processing", vendor: celcoinSide,
			does: simulator.Fault{Code: "CIE999", Status: 400, Processed: true},
			is:   troubled, of: []error{celcoin.ErrServer}, done: true},
		fault{name: "an unknown code of Celcoin with a 400", vendor: celcoinSide,
			does: simulator.Fault{Code: "XYZ001", Status: 400}, is: refused, of: []error{celcoin.ErrInvalidRequest}},
		fault{name: "an unknown code of Celcoin inside a 200", vendor: celcoinSide,
			does: simulator.Fault{Code: "XYZ001", Status: 200}, is: refused})
}

// notRenewed: the token call itself has no token that could be renewed.
var notRenewed = []exception{{where: onToken, is: refused, of: []error{celcoin.ErrUnauthorized}}}
