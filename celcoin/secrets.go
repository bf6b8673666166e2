package celcoin

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
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

// sent is what a request holds, besides the credentials, that no text may show.
type sent struct {
	authorization string // empty: none
	filter        Filter
}

// classification is what a response that is not a success says, fit to be shown.
func (c *Client) classification(r *transport.Response, code, message string, s sent) transport.Classification {
	secrets := c.secretsOf(s)
	return transport.Classification{
		Code:      cleaned(code, apierror.MaxCode, secrets...),
		Message:   cleaned(message, apierror.MaxMessage, secrets...),
		RequestID: c.requestID(r, s),
	}
}

// ids matches what can be a request id: no text, no query and no JSON.
var ids = regexp.MustCompile(`^[A-Za-z0-9._:/+-]+=?=?$`)

// requestID is that of a response, fit to be shown. Celcoin documents none; these
// are the usual headers. One that can be an id is not searched for personal
// data, which the digits of ids often look like.
func (c *Client) requestID(r *transport.Response, s sent) string {
	id := cmp.Or(r.Header.Get("X-Request-Id"), r.Header.Get("X-Correlation-Id"))
	switch {
	case id == "":
		return ""
	case ids.MatchString(id):
		s.filter = Filter{}
		return redact.Text(id, apierror.MaxRequestID, c.secretsOf(s)...)
	}
	return cleaned(id, apierror.MaxRequestID, c.secretsOf(s)...)
}

// secretsOf are what the text of a server must not bring back: the credentials,
// the token of a request and the filter.
func (c *Client) secretsOf(s sent) []string {
	token, f := strings.TrimPrefix(s.authorization, bearer), s.filter
	return append(c.secrets(), token, f.DocumentNumber, f.Account, f.ID, f.ClientRequestID)
}
