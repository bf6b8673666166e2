package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// The names of logs of a recovery.
const (
	planLog   = "plan"
	runPrefix = "run-"
)

// LogName names the log of a unit by the unit alone, so that whoever has the one
// needs nothing else to find the other.
func (s Span) LogName() string {
	const layout = "20060102T150405Z"
	entity := string(s.Entity)
	if len(entity) > 100 || strings.Trim(entity, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		entity = shortHash(entity)
	}
	return "unit-" + entity + "-" + s.From.UTC().Format(layout) + "-" + s.To.UTC().Format(layout)
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

func newName() string { return rand.Text() }

// oneLine is the text of an error for a log or a report. Secrets are taken out of
// it, and the URL of net/http, whose path or query may be one.
func oneLine(err error, secrets ...string) string {
	const longest = 300
	if u, ok := errors.AsType[*url.Error](err); ok {
		secrets = append(secrets, u.URL)
	}
	return strings.Join(strings.Fields(redact.Text(err.Error(), longest, secrets...)), " ")
}
