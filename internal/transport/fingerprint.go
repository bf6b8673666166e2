package transport

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
)

// Fingerprint is a base URL and a hash of who calls, if that is known.
func Fingerprint(base *url.URL, id string) string {
	place := strings.TrimSuffix(base.String(), "/")
	if id == "" {
		return place
	}
	sum := sha256.Sum256([]byte(id))
	return place + " " + hex.EncodeToString(sum[:8])
}
