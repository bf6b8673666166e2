package ceffutest

import "net/http"

// WithMiddleware wraps the server's handler: what the middleware answers by
// itself is neither recorded nor struck by faults. Requests through
// [Server.Transport] go past it.
func WithMiddleware(middleware func(http.Handler) http.Handler) Option {
	return func(o *options) error {
		o.middleware = middleware
		return nil
	}
}
