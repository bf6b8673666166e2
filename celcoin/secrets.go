package celcoin

import (
	"cmp"
	"net/http"
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

// classification is what a response that is not a success says, fit to be shown.
func (c *Client) classification(op string, r *transport.Response, code, message string, f Filter) transport.Classification {
	secrets := c.secretsOf(r.Sent, f)
	cl := transport.Classification{
		Code:      cleaned(code, apierror.MaxCode, secrets...),
		Message:   cleaned(message, apierror.MaxMessage, secrets...),
		RequestID: c.requestID(r, f),
	}
	cl.Category = categoryOf(op, r.Status, cl.Code, r.Body)
	return cl
}

// ids matches what can be a request id: no text, no query and no JSON.
var ids = regexp.MustCompile(`^[A-Za-z0-9._:/+-]+=?=?$`)

// requestID is that of a response, fit to be shown. Celcoin documents none; these
// are the usual headers. One that can be an id is not searched for personal
// data, which the digits of ids often look like.
func (c *Client) requestID(r *transport.Response, f Filter) string {
	id := cmp.Or(r.Header.Get("X-Request-Id"), r.Header.Get("X-Correlation-Id"))
	switch {
	case id == "":
		return ""
	case ids.MatchString(id):
		return redact.Text(id, apierror.MaxRequestID, c.secretsOf(r.Sent, Filter{})...)
	}
	return cleaned(id, apierror.MaxRequestID, c.secretsOf(r.Sent, f)...)
}

// secretsOf are what the text of a server must not bring back: the credentials,
// the token of a request and the filter.
func (c *Client) secretsOf(sent http.Header, f Filter) []string {
	token := strings.TrimPrefix(sent.Get("Authorization"), bearer)
	return append(c.secrets(), token, f.DocumentNumber, f.Account, f.ID, f.ClientRequestID)
}
