package celcoin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// advise says what to do about a response that is an error, where that is
// known: which variable, option or argument to look at.
func (c *Client) advise(op string, out *transport.Outcome) string {
	r := out.Response
	known, ok := knownOf(op, out.Code)
	switch {
	case out.Err != nil, r.Status == http.StatusTooManyRequests:
		return ""
	case transport.ExplainCertificateAnswer(r.Status, r.Body) != "":
		return transport.ExplainCertificateAnswer(r.Status, r.Body)
	case out.Advice != "":
		return out.Advice
	case ok && (known.advice != "" || errors.Is(known.category, ErrServer)):
		return known.advice
	case op == OperationToken:
		return c.adviseToken(out)
	case out.Code != "":
		return ""
	case r.Status == http.StatusUnauthorized:
		return "a new token was refused; " + c.credentialsAdvice()
	case r.Status == http.StatusForbidden:
		return c.accessAdvice()
	case r.Status == http.StatusNotFound:
		return "the product is wrong or not enabled for this client, or the base URL is wrong; " + c.placeAdvice()
	}
	return c.adviseUnread(out)
}

// adviseToken is for the token call, whose errors Celcoin does not document.
func (c *Client) adviseToken(out *transport.Outcome) string {
	switch status := out.Response.Status; {
	case status == http.StatusUnauthorized,
		status == http.StatusBadRequest && (out.Code != "" || out.Message != ""):
		return c.credentialsAdvice()
	case status == http.StatusForbidden:
		return c.accessAdvice()
	case status == http.StatusNotFound:
		return "there is no token call under the base URL; " + c.placeAdvice()
	case status >= 200 && status <= 299:
		return "the response has no token that can be sent; " + c.placeAdvice()
	}
	return c.adviseUnread(out)
}

// adviseUnread is for a response without a code.
func (c *Client) adviseUnread(out *transport.Outcome) string {
	switch status := out.Response.Status; {
	case status >= 300 && status <= 399 && status != http.StatusNotModified:
		return "a redirect is never followed; " + c.placeAdvice()
	case out.Code != "" || out.Message != "":
		return ""
	}
	return notCelcoins
}

func (c *Client) credentialsAdvice() string {
	return "check " + EnvClientID + " and " + EnvClientSecret + " (Credentials): they must be of the environment of the base URL, which is " +
		c.place()
}

func (c *Client) accessAdvice() string {
	return "production wants this machine's address on Celcoin's allow list and a client certificate (WithClientCertificate); the base URL is " +
		c.place()
}

func (c *Client) placeAdvice() string {
	return "check WithBaseURL (SandboxURL or ProductionURL): the base URL is " + c.place()
}

// place is what is known of the base URL.
func (c *Client) place() string {
	switch host := c.baseURL().Hostname(); {
	case host == hostOf(SandboxURL):
		return "Celcoin's sandbox"
	case host == hostOf(ProductionURL):
		return "Celcoin's production"
	case strings.HasSuffix(host, ".ceffu.com"):
		return "Ceffu's, not Celcoin's"
	}
	return "neither Celcoin's sandbox nor its production"
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
