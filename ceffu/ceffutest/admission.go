package ceffutest

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	_ "embed" // for the test key
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/netip"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// testKey is an RSA key of 2048 bits that everybody has: making one takes longer
// than a test server may take to start.
//
//go:embed testkey.pem
var testKey []byte

// testAPIKey is the API key of every server.
const testAPIKey = "ceffutest-api-key"

// expectedKey is whose signatures the server accepts, and the secret of it: as
// Ceffu hands it out, or empty if it is a signer of the caller's.
func (o *options) expectedKey() (public *rsa.PublicKey, secret string, err error) {
	signer := o.signer
	if signer == nil {
		block, _ := pem.Decode(testKey)
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, "", fmt.Errorf("test key: %w", err)
		}
		signer, secret = key.(crypto.Signer), base64.StdEncoding.EncodeToString(block.Bytes)
	}
	public, ok := signer.Public().(*rsa.PublicKey)
	if !ok {
		return nil, "", fmt.Errorf("WithKey: %T is not an RSA key, which is all that Ceffu takes", signer.Public())
	}
	return public, secret, nil
}

// admit checks everything about a request but what it asks for. The order is a
// guess; it goes from what a gateway can see to what takes a signature.
func (v *vendor) admit(r *simulator.Request) *refusal {
	key, signature := r.Header.Get("open-apikey"), r.Header.Get("signature")
	switch {
	case key == "":
		return &refusal{"G20008", "missing API key"}
	case signature == "":
		return &refusal{"G20008", "missing signature"}
	case key != testAPIKey:
		return &refusal{"G20010", "unknown API key"}
	case !v.allows(r.RemoteAddr):
		return &refusal{"G20011", "address not allowed"}
	case v.limited(r.Time):
		return &refusal{"G20012", "rate limited"}
	case !v.signed(r.Body, signature):
		return &refusal{"G20009", "bad signature"}
	}
	if refused := v.checkTimestamp(r); refused != nil {
		return refused
	}
	switch {
	case !v.isNew(signature, r.Time):
		return &refusal{"G20015", "duplicate signature"}
	case v.noPermission:
		return &refusal{"G20016", "no permission"}
	}
	return nil
}

func (v *vendor) allows(remote string) bool {
	if v.allowed == nil {
		return true
	}
	addr := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if remote != "" {
		from, err := netip.ParseAddrPort(remote)
		if err != nil {
			return false
		}
		addr = from.Addr().Unmap()
	}
	for _, prefix := range v.allowed {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// signed verifies a signature over the body as it arrived, byte for byte:
// RSASSA-PKCS1-v1_5 with SHA-512, in padded base64 on one line.
func (v *vendor) signed(body []byte, signature string) bool {
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil {
		return false
	}
	digest := sha512.Sum512(body)
	return rsa.VerifyPKCS1v15(v.key, crypto.SHA512, digest[:], raw) == nil
}

func (v *vendor) checkTimestamp(r *simulator.Request) *refusal {
	members, err := parseMembers(r.Body)
	if err != nil {
		return &refusal{"G20002", "body is not a JSON object"}
	}
	raw := members["timestamp"]
	if isEmpty(raw) {
		return &refusal{"G20006", "missing timestamp"}
	}
	millis, ok := parseMillis(raw)
	if !ok {
		return &refusal{"G20005", "bad timestamp"}
	}
	distance := r.Time.Sub(time.UnixMilli(millis)).Abs()
	if v.timestampWindow > 0 && distance > v.timestampWindow {
		return &refusal{"G20007", "timestamp expired"}
	}
	return nil
}

// parseMembers reads the members of a JSON object. Their names are exact, which
// decoding into a struct would not be.
func parseMembers(body []byte) (members map[string]json.RawMessage, err error) {
	err = json.Unmarshal(body, &members)
	return members, err
}

// isEmpty says that a member is missing, null or an empty string.
func isEmpty(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null" || string(raw) == `""`
}

// parseMillis reads Unix milliseconds, which are documented as a number.
func parseMillis(raw json.RawMessage) (millis int64, ok bool) {
	millis, err := strconv.ParseInt(string(bytes.TrimSpace(raw)), 10, 64)
	return millis, err == nil && millis > 0
}

func (v *vendor) limited(now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.limit.Take(now) > 0
}

// isNew says whether a signature was not seen within the window, and notes it.
// Those beyond the window are forgotten once a window.
func (v *vendor) isNew(signature string, now time.Time) bool {
	if v.duplicateWindow == 0 {
		return true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	past := func(_ string, at time.Time) bool { return now.Sub(at).Abs() >= v.duplicateWindow }
	if past("", v.sweptAt) {
		maps.DeleteFunc(v.signatures, past)
		v.sweptAt = now
	}
	if at, ok := v.signatures[signature]; ok && !past("", at) {
		return false
	}
	v.signatures[signature] = now
	return true
}
