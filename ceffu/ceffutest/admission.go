package ceffutest

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	_ "embed" // for the test key
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// testKey is a published RSA key of 2048 bits: making one takes longer than a test
// server may take to start.
//
//go:embed testkey.pem
var testKey []byte

// testAPIKey is the API key of every server.
const testAPIKey = "ceffutest-api-key"

// admit checks everything about a request but its parameters. The order is a guess: from
// what a gateway can see to what takes a signature. The caller holds the lock.
func (v *vendor) admit(r *simulator.Request, members map[string]json.RawMessage) *simulator.Reply {
	key, signature := r.Header.Get("open-apikey"), r.Header.Get("signature")
	timestamp := members["timestamp"]
	millis, isMillis := parseMillis(timestamp)
	switch {
	case key == "":
		return v.refuse("G20008", "missing API key")
	case signature == "":
		return v.refuse("G20008", "missing signature")
	case key != testAPIKey:
		return v.refuse("G20010", "unknown API key")
	case v.allowed != nil && !v.allows(r.RemoteAddr):
		return v.refuse("G20011", "address not allowed")
	case v.limit.Take(r.Time) > 0:
		return v.refuse("G20012", "rate limited")
	case !v.signed(r.Body, signature):
		return v.refuse("G20009", "bad signature")
	case members == nil:
		return v.refuse("G20002", "body is not a JSON object")
	case slices.Contains([]string{"", "null", `""`}, string(timestamp)):
		return v.refuse("G20006", "missing timestamp")
	case !isMillis:
		return v.refuse("G20005", "bad timestamp")
	case v.timestampWindow > 0 && r.Time.Sub(time.UnixMilli(millis)).Abs() > v.timestampWindow:
		return v.refuse("G20007", "timestamp expired")
	case !v.isNew(signature, r.Time):
		return v.refuse("G20015", "duplicate signature")
	case v.noPermission:
		return v.refuse("G20016", "no permission")
	}
	return nil
}

func (v *vendor) allows(remote string) bool {
	from, _ := netip.ParseAddrPort(cmp.Or(remote, "127.0.0.1:0")) // empty: Transport
	return slices.ContainsFunc(v.allowed, func(prefix netip.Prefix) bool { return prefix.Contains(from.Addr().Unmap()) })
}

// signed verifies RSASSA-PKCS1-v1_5 with SHA-512, in padded base64 on one line, over the
// body as it arrived.
func (v *vendor) signed(body []byte, signature string) bool {
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	digest := sha512.Sum512(body)
	return err == nil && rsa.VerifyPKCS1v15(v.key, crypto.SHA512, digest[:], raw) == nil
}

// parseMembers reads the members of a JSON object, or gives nil. Their names are
// exact, which decoding into a struct would not be.
func parseMembers(body []byte) (members map[string]json.RawMessage) {
	_ = json.Unmarshal(body, &members)
	return members
}

// parseMillis reads Unix milliseconds, which are documented as a number.
func parseMillis(raw json.RawMessage) (millis int64, ok bool) {
	millis, err := strconv.ParseInt(string(bytes.TrimSpace(raw)), 10, 64)
	return millis, err == nil && millis > 0
}

// isNew says whether a signature was not seen within the window, and keeps it.
func (v *vendor) isNew(signature string, now time.Time) bool {
	at, ok := v.signatures[signature]
	if ok && now.Sub(at).Abs() < v.duplicateWindow {
		return false
	}
	v.signatures[signature] = now
	return true
}
