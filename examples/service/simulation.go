package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// simulate starts a Celcoin whose receiver was down from three hours ago to one
// hour ago, and which delivers a webhook every two seconds until ctx ends.
func simulate(ctx context.Context, s *settings, receiver net.Addr, log *slog.Logger) (end func(), err error) {
	const missed = 250 // of each entity
	now := time.Now()
	server, err := celcointest.Start(celcointest.WithSeed(uint64(now.UnixNano())))
	if err != nil {
		return nil, fmt.Errorf("service: simulation: %w", err)
	}
	dir, err := os.MkdirTemp("", "service")
	end = func() {
		server.Close()
		_ = os.RemoveAll(dir) // the system's to clean up
	}
	_, port, _ := net.SplitHostPort(receiver.String()) // of a listener
	for _, e := range s.entities {
		err = errors.Join(err,
			server.Subscribe(e, "http://127.0.0.1:"+port+"/webhooks/celcoin", s.user, s.password),
			server.AddMissed(e, missed, now.Add(-3*time.Hour), now.Add(-time.Hour)))
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("service: simulation: %w", err)
	}
	credentials := server.Credentials()
	s.baseURL, s.clientID, s.clientSecret = server.URL, credentials.ClientID, credentials.ClientSecret
	if s.sqliteFile == "service.db" {
		s.sqliteFile = filepath.Join(dir, s.sqliteFile) // what it knows is of no use to the next simulation
	}
	log.Info("no CELCOIN_ variable is set: Celcoin is simulated, with webhooks that were missed; login and password of both addresses are demo unless set",
		slog.Int("missed", missed*len(s.entities)))
	go func() {
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-time.After(2 * time.Second):
				server.Emit(celcointest.Webhook{Entity: s.entities[n%len(s.entities)]})
			}
		}
	}()
	return end, nil
}
