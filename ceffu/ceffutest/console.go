package ceffutest

import "net/http"

// WithConsole has a handler answer /_sim and the paths under it, for programs
// that show the server's state. Its requests are neither recorded nor struck by faults.
func WithConsole(handler http.Handler) Option {
	return func(o *options) error {
		o.console = handler
		return nil
	}
}
