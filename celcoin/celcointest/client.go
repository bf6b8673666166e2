package celcointest

import "github.com/reenvio/reenvio-go/celcoin"

// Credentials are what the server's token call takes.
func (s *Server) Credentials() celcoin.Credentials {
	return celcoin.Credentials{ClientID: s.vendor.cfg.clientID, ClientSecret: s.vendor.cfg.clientSecret}
}

// Client returns a client with the server's credentials and URL, which trusts
// its certificate. Inside a testing/synctest bubble it goes through
// [Server.Transport]. Options of the caller's own come after these and win.
func (s *Server) Client(opts ...celcoin.Option) (*celcoin.Client, error) {
	own := []celcoin.Option{celcoin.WithBaseURL(s.URL), celcoin.WithHTTPClient(s.HTTPClient())}
	return celcoin.New(s.Credentials(), append(own, opts...)...)
}
