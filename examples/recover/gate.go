package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// errNotReady: the receiver is down, or says so.
var errNotReady = errors.New("the receiver is not ready")

// gateTimeout is how long a healthy receiver may take to say so.
const gateTimeout = 5 * time.Second

// gateOf makes the gate that asks the receiver's health URL. The URL may hold a
// password, and errors of a gate go into journals and reports: they do not show it.
func (j *job) gateOf(healthURL string) (func(context.Context) error, error) {
	u, err := url.Parse(healthURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("-gate, or RECOVER_GATE_URL: want an http or https URL")
	}
	user, password, err := j.login("RECOVER_GATE")
	if user == "" {
		user = u.User.Username()
		password, _ = u.User.Password()
	}
	return func(ctx context.Context) error { return receiverIsUp(ctx, u, user, password) }, err
}

func receiverIsUp(ctx context.Context, u *url.URL, user, password string) error {
	ctx, cancel := context.WithTimeout(ctx, gateTimeout)
	defer cancel()
	req := (&http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}}).WithContext(ctx)
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	// A client would follow redirects, and quote URLs in its errors.
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("the health URL does not answer: %w", err)
	}
	resp.Body.Close() //nolint:errcheck,gosec // nothing was read
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("the health URL answered %d", resp.StatusCode)
	}
	return nil
}

// waitForReceiver is the gate of Ceffu's part: it asks until the receiver is
// ready or the max wait ends.
func (j *job) waitForReceiver(ctx context.Context) error {
	if j.gate == nil {
		return ctx.Err()
	}
	wait, cancel := context.WithTimeout(ctx, j.maxWait)
	defer cancel()
	for {
		err := j.gate(ctx)
		if err == nil {
			return nil
		}
		end, _ := wait.Deadline()
		j.progress.show(recovery.Progress{Step: "waiting for the receiver", Until: end})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.Done():
			return fmt.Errorf("%w, and was not for %v: %w", errNotReady, j.maxWait, err)
		case <-time.After(time.Second):
		}
	}
}
