package canonical

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
)

// longestKey is the longest key that is written out. An index of Postgres takes
// no more than some 2,700 bytes.
const longestKey = 512

// Key joins parts to a key of printable ASCII, in which no part can pass for
// two. One that would be too long ends in a hash of its parts instead.
func Key(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = url.PathEscape(part)
	}
	key := strings.Join(escaped, "/")
	if len(key) <= longestKey {
		return key
	}
	return key[:longestKey/2] + "//" + Sum([]byte(key))
}

// Sum is the SHA-256 of data, in hexadecimal.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
