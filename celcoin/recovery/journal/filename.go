package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// maxFileName leaves room for extensions below the 255 bytes of most file systems.
const maxFileName = 200

// reserved are names of devices on Windows, whatever extension they have.
var reserved = []string{
	"con", "prn", "aux", "nul",
	"com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
}

// fileName makes of a name one that every file system takes and keeps apart from
// others: what is not a lower-case letter, a digit, '-', '_' or '.' is percent
// encoded. A very long one ends in '~' and a hash instead of its end.
func fileName(name string) string {
	base, _, _ := strings.Cut(name, ".")
	device := slices.Contains(reserved, base)
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		plain := 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
		if first := i == 0; !plain || first && (c == '.' || device) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	encoded := b.String()
	if len(encoded) > maxFileName {
		sum := sha256.Sum256([]byte(name))
		hash := "~" + hex.EncodeToString(sum[:16])
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
