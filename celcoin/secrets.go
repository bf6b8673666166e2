package celcoin

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/redact"
)

// documentNumbers matches CPF and CNPJ, with or without punctuation.
var documentNumbers = regexp.MustCompile(
	`\b\d{3}\.?\d{3}\.?\d{3}-?\d{2}\b|\b\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}\b`)

// cleaned makes a text of a response fit to be shown.
func cleaned(s string, limit int, secrets ...string) string {
	if s == "" {
		return ""
	}
	return documentNumbers.ReplaceAllLiteralString(redact.Text(s, limit, secrets...), redact.Mark)
}

// cleanID makes a request id fit to be shown. One that can be an id is not
// searched for personal data, which the digits of ids often look like; but a
// server may put anything else into the header.
func (c *Client) cleanID(id string, sent http.Header, f Filter) string {
	if !ids.MatchString(id) {
		return cleaned(id, apierror.MaxRequestID, c.secretsOf(sent, f)...)
	}
	return redact.Text(id, apierror.MaxRequestID, c.secretsOf(sent, Filter{})...)
}

// ids matches what can be a request id: no text, no query and no JSON.
var ids = regexp.MustCompile(`^[A-Za-z0-9._:/+-]+=?=?$`)

// secretsOf are what the text of a server must not bring back: the credentials,
// the token of a request and the filter.
func (c *Client) secretsOf(sent http.Header, f Filter) []string {
	return append(c.secrets(), tokenOf(sent), f.DocumentNumber, f.Account, f.ID, f.ClientRequestID)
}

// tokenOf is the token that a request was sent with.
func tokenOf(sent http.Header) string {
	return strings.TrimPrefix(sent.Get("Authorization"), bearer)
}
