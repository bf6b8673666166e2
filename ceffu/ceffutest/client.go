package ceffutest

import "github.com/reenvio/reenvio-go/ceffu"

// Credentials returns the API key and the secret that the server accepts, the
// latter as Ceffu hands it out: base64 of PKCS#8, without armour. With [WithKey]
// they have the key as Signer instead.
//
// Every server has the same, they are published with this package, and they
// protect nothing.
func (s *Server) Credentials() ceffu.Credentials {
	return ceffu.Credentials{APIKey: testAPIKey, APISecret: s.vendor.secret, Signer: s.vendor.signer}
}

// Client returns a client of the server: with its credentials and URL, and an
// http.Client that trusts its certificate. Options of one's own come after
// these and win.
func (s *Server) Client(opts ...ceffu.Option) (*ceffu.Client, error) {
	own := []ceffu.Option{ceffu.WithBaseURL(s.URL), ceffu.WithHTTPClient(s.HTTPClient())}
	return ceffu.New(s.Credentials(), append(own, opts...)...)
}
