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

// checkGate refuses what could not be asked, without showing it: it may hold a
// password.
func (j *job) checkGate() error {
	u, err := url.Parse(j.gate)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("-gate, or RECOVER_GATE_URL: want an http or https URL")
	}
	_, _, err = j.login("RECOVER_GATE")
	return err
}

// receiverIsUp asks the receiver's health URL. Its errors go into journals and
// reports, and so do not show the URL.
func (j *job) receiverIsUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, gateTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, j.gate, nil) //nolint:gosec // to ask the URL of the command line is what this is for
	if err != nil {
		return errors.New("the health URL is malformed")
	}
	if login := req.URL.User; login != nil {
		password, _ := login.Password()
		req.SetBasicAuth(login.Username(), password)
	}
	if user, password, _ := j.login("RECOVER_GATE"); user != "" {
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
	if j.gate == "" {
		return ctx.Err()
	}
	wait, cancel := context.WithTimeout(ctx, j.maxWait)
	defer cancel()
	for {
		err := j.receiverIsUp(ctx)
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
