package survival

import (
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// soakFaults strike at random. None of them lies: what it calls refused was not
// carried out. Together they strike about every third request.
func soakFaults() []simulator.Fault {
	common := []simulator.Fault{
		{Reset: true},
		{Reset: true, Processed: true},
		{CutBody: true},
		{CutBody: true, Status: 500},
		{ContentLength: 1 << 16},
		{ContentLength: 7},
		{Garbage: []byte("no HTTP\n")},
		{Garbage: []byte("no HTTP\n"), Processed: true},
		{Status: 500},
		{Status: 500, Processed: true},
		{Status: 502, Body: []byte(html)},
		{Status: 502, Body: []byte(html), Processed: true},
		{Status: 503, Body: []byte{}},
		{Status: 503, Body: []byte{}, RetryAfter: "0"},
		{Status: 408, Body: []byte{}},
		{Status: 429, Body: []byte{}},
		{Status: 429, Body: []byte{}, RetryAfter: "3600"},
		{Status: 400, Body: []byte(`{"message":"no"}`)},
		{Status: 403, Body: []byte(html)},
		{Status: 404, Body: []byte{}},
		{Status: 401, Body: []byte{}},
		{Status: 200, Body: []byte(html)},
		{Status: 200, Body: []byte{}, Processed: true},
		{Status: 307, RedirectTo: "http://elsewhere.invalid/"},
		{Status: 500, Size: 8 << 10},
		{Status: 500, Size: 2 << 20, Processed: true},
		{Status: 200, Size: 20 << 20},
		{Status: 500, Bomb: 64 << 10},
		{Gzip: true},
		{DelayHeaders: time.Millisecond},
		{DelayBody: time.Millisecond / 10},
		{DateSkew: time.Hour},
	}
	rare := []simulator.Fault{{Hang: true}, {Hang: true, Processed: true}}
	for i := range common {
		common[i].Probability = 0.012
	}
	for i := range rare {
		rare[i].Probability = 0.0001
	}
	return append(common, rare...)
}

// vendorFaults are those with a vendor's codes.
func vendorFaults(vendor string) []simulator.Fault {
	var faults []simulator.Fault
	if vendor == ceffuSide {
		faults = []simulator.Fault{
			{Code: "G20001"}, {Code: "G20001", Status: 200, Processed: true}, {Code: "G20012", Status: 200},
			{Code: "G20007"}, {Code: "G20015"}, {Code: "G20009"}, {Code: "G29999", Status: 200},
		}
	} else {
		faults = []simulator.Fault{
			{Code: "CIE999"}, {Code: "CIE999", Processed: true}, {Code: "CBE468", Status: 403},
			{Code: "OBE004", Status: 401}, {RevokeToken: true}, {Code: "XYZ001", Status: 200},
		}
	}
	for i := range faults {
		faults[i].Probability = 0.01
	}
	return faults
}
