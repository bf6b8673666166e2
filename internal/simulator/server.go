package simulator

import (
	"crypto/x509"
	"net/http"
	"time"
)

// Server is what a test or a program does with a simulator, whichever vendor it plays.
type Server struct {
	URL string // the base URL, without a slash at its end; in a bubble nothing listens there

	core *Core
}

// Close breaks every connection, ends every request that hangs and everything
// scheduled, and returns when all of it has ended. Closing again does nothing.
func (s Server) Close() {
	c := s.core
	c.mu.Lock()
	c.end()
	c.mu.Unlock()
	for _, server := range c.servers {
		_ = server.Close()
	}
	c.Settle()
	c.serving.Wait()
	c.outside.CloseIdleConnections()
	c.sender.CloseIdleConnections()
}

// Now is the time on the server's clock.
func (s Server) Now() time.Time { return s.core.now() }

// Transport hands requests to the server without a socket, whatever host they name. What a
// fault does to a connection comes back as the error that net/http gives: a reset wraps
// syscall.ECONNRESET.
func (s Server) Transport() http.RoundTripper { return s.core.inside }

// HTTPClient returns a client that trusts the server's certificate. Clients from here share
// their connections with each other only. Inside a testing/synctest bubble it goes through
// Transport.
func (s Server) HTTPClient() *http.Client { return &http.Client{Transport: s.core.outside} }

// Certificate is the one that the server shows; nil without TLS and in a bubble.
func (s Server) Certificate() *x509.Certificate { return s.core.trust }

// Connections is how many connections were opened so far. Transport opens none.
func (s Server) Connections() int { return int(s.core.connections.Load()) }

// ClearFaults removes every fault.
func (s Server) ClearFaults() {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	s.core.faults = nil
}

// Faults lists the faults in order of injection, the last thousand that are used up too.
func (s Server) Faults() []ArmedFault {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return Each(s.core.faults, func(f *ArmedFault) ArmedFault { return *f })
}

// Requests returns the requests that are kept, oldest first, with the attempts of each call
// numbered. Their headers and bodies must not be changed.
func (s Server) Requests() []Record {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	attempts := make(map[string]int)
	return Each(s.core.requests, func(r *Record) Record {
		record := *r
		record.Attempt = 1
		if r.key != "" {
			attempts[r.key]++
			record.Attempt = attempts[r.key]
		}
		return record
	})
}

// Deliveries returns the deliveries that are kept, oldest first. Their bodies must not be
// changed.
func (s Server) Deliveries() []Delivery {
	s.core.RunDue()
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return append([]Delivery{}, s.core.deliveries...)
}

// ResetRecords forgets every request and delivery, and starts to number attempts anew. The
// vendor's state stays.
func (s Server) ResetRecords() {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	s.core.requests, s.core.deliveries = nil, nil
}
