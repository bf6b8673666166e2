package journal

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// maxFileName leaves room for extensions below the 255 bytes of most file systems.
const maxFileName = 200

// device matches the names of devices on Windows, whatever extension they have.
var device = regexp.MustCompile(`^(con|prn|aux|nul|com\d|lpt\d)(\.|$)`)

// fileName makes of a name one that every file system takes and keeps apart from
// others: what is not a lower-case letter, a digit, '-', '_' or '.' is percent
// encoded. A very long one ends in '~' and a hash instead of its end.
func fileName(name string) string {
	var b strings.Builder
	for i, c := range []byte(name) {
		plain := 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
		if !plain || i == 0 && (c == '.' || device.MatchString(name)) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	encoded := b.String()
	if len(encoded) > maxFileName {
		sum := sha256.Sum256([]byte(name))
		hash := fmt.Sprintf("~%x", sum[:16])
		encoded = encoded[:maxFileName-len(hash)] + hash
	}
	return encoded
}

// nameOf is the reverse of fileName. It fails for names that end in a hash, and
// for files that were not named here.
func nameOf(file string) (string, bool) {
	name, err := url.PathUnescape(file)
	return name, err == nil && fileName(name) == file
}
