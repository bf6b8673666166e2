package celcoin

import (
	"errors"
	"net/http"
	"strings"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// adviceOnCodes is what to do about a code, where its message does not say it.
var adviceOnCodes = map[string]string{
	"CBE217": "there is no subscription to this entity",
	"CBE468": "ask Celcoin to enable this API for the client",
	"CBE066": "the page size must be 1 to 200",
	"CBE376": "choose a narrower window",
}

const notCelcoins = "this is not Celcoin's JSON; a proxy or gateway may have answered"

// advise says what to do about a response that is an error, where that is
// known: which variable, option or argument to look at. Celcoin documents no
// errors of the token call.
func (c *Client) advise(op string, out *transport.Outcome) string {
	r, token, bare := out.Response, op == OperationToken, out.Code == "" && out.Message == ""
	certificate := transport.ExplainCertificateAnswer(r.Status, r.Body)
	switch {
	case out.Err != nil, r.Status == http.StatusTooManyRequests:
		return ""
	case certificate != "":
		return certificate
	case out.Advice != "":
		return out.Advice
	case adviceOnCodes[out.Code] != "":
		return adviceOnCodes[out.Code]
	case out.Code != "" && (!token || errors.Is(codes[out.Code], ErrServer)):
		return ""
	case token && (r.Status == http.StatusUnauthorized || r.Status == http.StatusBadRequest && !bare):
		return c.credentialsAdvice()
	case r.Status == http.StatusUnauthorized:
		return "a new token was refused; " + c.credentialsAdvice()
	case r.Status == http.StatusForbidden:
		return "production wants this machine's address on Celcoin's allow list and a client certificate (WithClientCertificate); the base URL is " +
			c.place()
	case r.Status == http.StatusNotFound && token:
		return "there is no token call under the base URL; " + c.placeAdvice()
	case r.Status == http.StatusNotFound:
		return "the product is wrong or not enabled for this client, or the base URL is wrong; " + c.placeAdvice()
	case r.OK() && token:
		return "the response has no token that can be sent; " + c.placeAdvice()
	case r.Status >= 300 && r.Status <= 399 && r.Status != http.StatusNotModified:
		return "a redirect is never followed; " + c.placeAdvice()
	case bare:
		return notCelcoins
	}
	return ""
}

func (c *Client) credentialsAdvice() string {
	return "check " + EnvClientID + " and " + EnvClientSecret + " (Credentials): they must be of the environment of the base URL, which is " +
		c.place()
}

func (c *Client) placeAdvice() string {
	return "check WithBaseURL (SandboxURL or ProductionURL): the base URL is " + c.place()
}

// place is what is known of the base URL.
func (c *Client) place() string {
	switch host := c.baseURL().Hostname(); {
	case "https://"+host == SandboxURL:
		return "Celcoin's sandbox"
	case "https://"+host == ProductionURL:
		return "Celcoin's production"
	case strings.HasSuffix(host, ".ceffu.com"):
		return "Ceffu's, not Celcoin's"
	}
	return "neither Celcoin's sandbox nor its production"
}
